import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/** How to start a program that listens on ports of 127.0.0.1. */
export interface ServerCommand {
  readonly name: string;
  readonly path: string;
  readonly args: readonly string[];
  /** More variables of its environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** The server is ready when all of these accept a connection and its output contains every line of `ready`. */
  readonly ports: readonly number[];
  /** What it writes when it is ready: somebody else's server on the same port would accept connections too. */
  readonly ready: readonly string[];
  /** In the server's output: a port is taken, try others. */
  readonly portTaken: RegExp;
}

/** A started server process. */
export interface ServerProcess extends AsyncDisposable {
  readonly pid: number;
  /** What it wrote to its standard output and error, the newest 64 KiB. */
  output(): string;
  /** Ends it with SIGKILL by its process id and waits until it is gone. Harmless when it has ended. */
  kill(): Promise<void>;
  /** Asks it to end (SIGTERM) and waits until it is gone. */
  stop(): Promise<void>;
}

/** One of the ports asked for is used by somebody else. */
export class PortTaken extends Error {}

const startLimit = 90_000; // milliseconds; a loaded machine needs many seconds, a healthy one less than one
const pollInterval = 15; // milliseconds between two attempts to connect
const keptOutput = 65_536; // characters

/** Starts a server and resolves when it accepts connections. Throws PortTaken, or an Error with the server's own words. */
export async function startProcess(command: ServerCommand): Promise<ServerProcess> {
  const child = launch(command);
  const output = collect(child);
  const gone = new Promise<void>((resolve) => child.once('close', () => resolve()));
  let failure: Error | undefined;
  child.once('error', (error) => {
    failure = error;
  });

  const end = async (signal: 'SIGKILL' | 'SIGTERM') => {
    if (child.pid === undefined) return;
    child.kill(signal); // false when it has ended by itself
    await gone;
  };
  const kill = () => end('SIGKILL');
  const check = () => {
    if (failure) throw failure;
    if (command.portTaken.test(output())) throw new PortTaken(`${command.name}: a port is taken`);
    if (child.exitCode !== null || child.signalCode !== null) throw new Error('it ended');
  };

  try {
    await untilReady(() => missing(command, output()), check);
  } catch (error) {
    await kill();
    if (error instanceof PortTaken) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`${command.name} did not start: ${reason}. It said:\n${output().trim() || '(nothing)'}`);
  }
  return { pid: child.pid ?? 0, output, kill, stop: () => end('SIGTERM'), [Symbol.asyncDispose]: kill };
}

async function untilReady(readiness: () => Promise<string | undefined>, check: () => void): Promise<void> {
  const deadline = performance.now() + startLimit;
  for (;;) {
    const missing = await readiness();
    check();
    if (missing === undefined) return;
    if (performance.now() > deadline) throw new Error(`${missing} for ${startLimit / 1000} s`);
    await delay(pollInterval);
  }
}

/** What is missing until the server is ready; undefined when it is. */
async function missing({ ready, ports }: ServerCommand, output: string): Promise<string | undefined> {
  const line = ready.find((line) => !output.includes(line));
  if (line !== undefined) return `it has not said "${line}"`;
  for (const port of ports) if (!(await accepts(port))) return `it has not opened port ${port}`;
  return undefined;
}

function launch({ path, args, env }: ServerCommand): ChildProcess {
  // An own process group keeps Ctrl-C in a terminal from reaching the servers: whoever started them ends them, in order.
  // Where Linux offers it the kernel ends them too when the process that started them was killed.
  const guard = '/usr/bin/setpriv';
  const guarded = existsSync(guard);
  const [file, ...rest] = guarded ? [guard, '--pdeathsig', 'KILL', path, ...args] : [path, ...args];
  return spawn(file ?? path, rest, {
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
    env: { ...process.env, ...env },
  });
}

function collect(child: ChildProcess): () => string {
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (chunk: string) => {
      text = (text + chunk).slice(-keptOutput);
    });
  }
  return () => text;
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    const answer = (yes: boolean) => {
      socket.destroy();
      resolve(yes);
    };
    socket.once('connect', () => answer(true));
    socket.once('error', () => answer(false));
  });
}
