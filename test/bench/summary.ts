import { type Measured, type Party, parties } from './measure.js';

/** The runs of a contestant by its name, in the order of the rounds. */
export type Results = ReadonlyMap<string, readonly Measured[]>;

/** The middle value, of an even number the lower one of the two in the middle. */
export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor((values.length - 1) / 2)] ?? Number.NaN;
}

/** What the runs of one contestant come to: seconds, CPU seconds (medians) and bytes (the greatest peak). */
export interface Summary {
  readonly seconds: number;
  readonly fastest: number;
  readonly slowest: number;
  readonly cpu: Readonly<Record<Party, number>>;
  readonly peak: Readonly<Record<Party, number>>;
  readonly peakTogether: number;
}

const byParty = (of: (party: Party) => number): Record<Party, number> =>
  Object.fromEntries(parties.map((party) => [party, of(party)])) as Record<Party, number>;

/** Median, spread and peaks of some runs. */
export function summarize(runs: readonly Measured[]): Summary {
  const seconds = runs.map((one) => one.seconds);
  return {
    seconds: median(seconds),
    fastest: Math.min(...seconds),
    slowest: Math.max(...seconds),
    cpu: byParty((party) => median(runs.map(({ cpu }) => cpu[party]))),
    peak: byParty((party) => Math.max(...runs.map(({ peak }) => peak[party]))),
    peakTogether: Math.max(...runs.map(({ peakTogether }) => peakTogether)),
  };
}

/** The stages one after the other, round by round, as if they were one contestant; undefined where one is missing. */
export function inTurn(results: Results, names: readonly string[]): readonly Measured[] | undefined {
  const stages = names.map((name) => results.get(name) ?? []);
  const rounds = Math.min(...stages.map((runs) => runs.length));
  if (rounds === 0) return undefined;
  return Array.from({ length: rounds }, (_, round) => {
    const runs = stages.flatMap((stage) => stage.slice(round, round + 1));
    return {
      seconds: runs.reduce((sum, { seconds }) => sum + seconds, 0),
      peak: byParty((party) => Math.max(...runs.map(({ peak }) => peak[party]))),
      peakTogether: Math.max(...runs.map(({ peakTogether }) => peakTogether)),
      cpu: byParty((party) => runs.reduce((sum, { cpu }) => sum + cpu[party], 0)),
    };
  });
}
