/**
 * The numbered steps of a run: everything that changes a file or a server says its name right before it does so. The
 * crash tests count them and kill the process at each one (fault 6). Without a listener, which is how people run it, a
 * step costs a comparison.
 */
let listener: ((name: string) => void) | undefined;

/** Has `heard` called at every step from now on, or nobody. */
export function listenToSteps(heard: ((name: string) => void) | undefined): void {
  listener = heard;
}

/** To be called right before a change: the next step, or the end of the process, follows when the change is made. */
export function step(name: string): void {
  listener?.(name);
}

/** True where someone counts: a write that a kill can tear is then made in two, with a step between the halves. */
export function areStepsHeard(): boolean {
  return listener !== undefined;
}
