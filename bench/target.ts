import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';

/** Where a target finds the load servers, and what it must be ready for. */
export type Setting = {
  readonly xmppPort: number;
  readonly ircPort: number;
  /** How many users there will be. */
  readonly users: number;
  /** A folder of its own. */
  readonly dir: string;
  /** Where to leave a CPU profile; none is taken without. */
  readonly profile?: string | undefined;
  /** The file in which the costly rounds of its event loop are noted (`load/loop-rounds.ts`); none are without. */
  readonly rounds?: string | undefined;
};

/** A gateway that can be put under load. */
export type Target = {
  readonly name: string;
  readonly title: string;
  /** Whether it keeps what is private on the disk until it has arrived. */
  readonly journals?: boolean;
  /** Why it cannot be run here; undefined when it can. */
  missing(): string | undefined;
  version(): string;
  start(setting: Setting): Promise<Running>;
};

export type Running = {
  readonly pid: number;
  /** What it has printed, the newest 20,000 characters. */
  output(): string;
  /** How it ended, once it has. */
  ended(): string | undefined;
  stop(): Promise<void>;
};

/** Milliseconds that a target has to stop. */
const FAREWELL = 15_000;

/** Starts a process. It is ended with the one that measures, whatever ends that. */
export function startProcess(file: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Running {
  const child = spawn(file, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  const gone = once(child, 'close').catch(() => undefined);
  const output = collect(child);
  const kill = () => void child.kill('SIGKILL');
  process.on('exit', kill);
  void gone.then(() => process.off('exit', kill));
  return {
    pid: child.pid ?? 0,
    output,
    ended: () =>
      child.exitCode === null && child.signalCode === null ? undefined : `${child.exitCode ?? child.signalCode}`,
    async stop() {
      child.kill('SIGTERM');
      await Promise.race([gone, delay(FAREWELL, undefined, { ref: false })]);
      kill();
      await gone;
    },
  };
}

function collect(child: ChildProcess): () => string {
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (more: string) => {
      text = (text + more).slice(-20_000);
    });
  }
  return () => text;
}
