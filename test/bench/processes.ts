import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

/** What a process tree holds at one moment. */
export interface Usage {
  /** Resident memory of all its processes, in bytes; pages they share are counted in each. */
  readonly rss: number;
  /** CPU seconds of those processes since each began. */
  readonly cpu: number;
}

const none: Usage = { rss: 0, cpu: 0 };
/** Linux counts CPU time in hundredths of a second, whatever the kernel's own clock. */
const ticksPerSecond = 100;

/** Memory and CPU time of a process and its children; what has ended counts as nothing. */
export function usageOf(pid: number): Usage {
  return process.platform === 'linux' ? usageOnLinux(pid) : usageByPs(pid);
}

function usageOnLinux(pid: number): Usage {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    const rss = Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) * 1024;
    // The name in brackets may hold anything; utime and stime are the 12th and 13th word behind it.
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const words = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const cpu = (Number(words[11]) + Number(words[12])) / ticksPerSecond;
    return childrenOf(pid).map(usageOnLinux).reduce(add, { rss, cpu });
  } catch {
    return none;
  }
}

function childrenOf(pid: number): number[] {
  return readdirSync(`/proc/${pid}/task`).flatMap((task) => {
    const text = readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').trim();
    return text === '' ? [] : text.split(' ').map(Number);
  });
}

const add = (left: Usage, right: Usage): Usage => ({ rss: left.rss + right.rss, cpu: left.cpu + right.cpu });

/** Elsewhere (macOS): one call of ps for all processes. `time` is [hours:]minutes:seconds. */
function usageByPs(pid: number): Usage {
  const lines = execFileSync('ps', ['-axo', 'pid=,ppid=,rss=,time='], { encoding: 'utf8' }).trim().split('\n');
  const rows = lines.map((line) => line.trim().split(/\s+/));
  const wanted = new Set([String(pid)]);
  // Children may stand before their parents: look again until nothing is new.
  for (let size = 0; size !== wanted.size; ) {
    size = wanted.size;
    for (const [own = '', parent = ''] of rows) if (wanted.has(parent)) wanted.add(own);
  }
  return rows
    .filter(([own = '']) => wanted.has(own))
    .map(([, , rss, time = '']) => ({ rss: Number(rss) * 1024, cpu: secondsOf(time) }))
    .reduce(add, none);
}

const secondsOf = (time: string): number => time.split(':').reduce((sum, part) => sum * 60 + Number(part), 0);
