import { readdirSync, readFileSync } from 'node:fs';

/** Clock ticks a second in /proc: USER_HZ is 100 on every Linux that Node runs on. */
const HERTZ = 100;

/** The text of a file in /proc; undefined when the process has ended. */
function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return undefined;
  }
}

/** The process and its descendants. */
export function processTree(root: number): number[] {
  const tree = [root];
  for (const pid of tree) {
    for (const task of tasks(pid)) {
      for (const child of (read(`/proc/${pid}/task/${task}/children`) ?? '').split(' ')) {
        if (Number(child) > 0) tree.push(Number(child));
      }
    }
  }
  return tree;
}

function tasks(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/task`);
  } catch {
    return [];
  }
}

/** User and system seconds of the process tree so far, with those of children that have ended. */
export const cpuSeconds = (root: number): number =>
  processTree(root).reduce((sum, pid) => sum + secondsIn(`/proc/${pid}/stat`), 0);

/** The same of the main thread of a process alone. */
export const mainThreadSeconds = (pid: number): number => secondsIn(`/proc/${pid}/task/${pid}/stat`, 2);

function secondsIn(path: string, count = 4): number {
  const stat = read(path);
  // proc(5): the name in brackets may hold spaces; behind it, utime to cstime are fields 12 to 15.
  const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ') ?? [];
  return fields.slice(11, 11 + count).reduce((ticks, field) => ticks + Number(field), 0) / HERTZ;
}

/** Resident memory of the process tree, in MB (10^6 bytes). */
export function residentMegabytes(root: number): number {
  let kib = 0;
  for (const pid of processTree(root))
    kib += Number(/^VmRSS:\s+(\d+)/m.exec(read(`/proc/${pid}/status`) ?? '')?.[1] ?? 0);
  return (kib * 1024) / 1e6;
}

/** The value below which a share of the sorted values lies. */
export function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  return sorted.length % 2 === 1
    ? (sorted[Math.floor(middle)] ?? Number.NaN)
    : ((sorted[middle - 1] ?? Number.NaN) + (sorted[middle] ?? Number.NaN)) / 2;
}
