import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Setting } from './setting.ts';

/** A gateway's process. */
export type Child = {
  readonly pid: number;
  /** Resolves with its exit code; null where a signal has ended it. */
  readonly ended: Promise<number | null>;
  signal(signal: NodeJS.Signals): void;
  /** Ends it with SIGKILL, unless it has ended. Resolves when it is gone. */
  kill(): Promise<void>;
  /** The most memory that it has had, in bytes. NaN where the machine does not tell. */
  peak(): number;
};

export type ChildOptions = {
  /** The point at which it ends itself, as `POINT:N`. */
  readonly at?: string;
  /** The largest file that it may write until `prlimit` raises it, in blocks of 512 bytes. */
  readonly fileBlocks?: number;
  /** The program that is started; the sources as they are if left out. */
  readonly program?: string;
};

const GATEWAY = join(import.meta.dirname, 'gateway.ts');

/** Starts a gateway. What it logs is added to a file in its folder. */
export function startChild(setting: Setting, { at, fileBlocks, program: own = GATEWAY }: ChildOptions = {}): Child {
  const file = join(setting.dir, 'setting.json');
  writeFileSync(file, JSON.stringify(setting));
  const log = openSync(logOf(setting.dir), 'a');
  // One process after the other compiles the same.
  const env = {
    ...process.env,
    NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE ?? join(setting.dir, 'compiled'),
    ...(at !== undefined && { ISTHMUS_CRASH_AT: at }),
  };
  const command = [process.execPath, own, file];
  // A soft limit, which whoever owns the process may raise again.
  const limited =
    fileBlocks === undefined ? command : ['sh', '-c', `ulimit -S -f ${fileBlocks}; exec "$@"`, 'sh', ...command];
  const [program = '', ...args] = limited;
  const child = spawn(program, args, { env, stdio: ['pipe', log, log] });
  const ended = once(child, 'exit').then(([code]) => code as number | null);
  return {
    pid: child.pid ?? 0,
    ended,
    signal: (signal) => void child.kill(signal),
    async kill() {
      if (running(child)) child.kill('SIGKILL');
      await ended;
    },
    peak: () => peakOf(child.pid ?? 0),
  };
}

const running = ({ exitCode, signalCode }: ChildProcess): boolean => exitCode === null && signalCode === null;

export const logOf = (dir: string): string => join(dir, 'gateway.log');

/** proc_pid_status(5): VmHWM, the peak resident set size. */
function peakOf(pid: number): number {
  if (process.platform !== 'linux') return Number.NaN;
  const [, kilobytes] = /^VmHWM:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kilobytes) * 1024;
}

/** What gateways have logged as a bug or an error, each kind of line once. */
export function complaints(dir: string): readonly string[] {
  const lines = readFileSync(logOf(dir), 'utf8')
    .split('\n')
    .filter((line) => line !== '');
  const found = new Map<string, number>();
  for (const line of lines) {
    const text = complaintOf(line);
    if (text !== undefined) found.set(text, (found.get(text) ?? 0) + 1);
  }
  return [...found].map(([text, count]) => `${count} x ${text}`);
}

/** pino's number for errors. */
const ERROR = 50;

function complaintOf(line: string): string | undefined {
  if (!line.startsWith('{')) return line.slice(0, 300);
  const { level, msg, err } = JSON.parse(line) as { level: number; msg: string; err?: { message?: string } };
  return level < ERROR ? undefined : `${msg}${err?.message === undefined ? '' : `: ${err.message}`}`;
}
