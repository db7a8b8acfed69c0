import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePorts } from './ports.ts';
import { PortTaken, type ServerCommand, type ServerProcess, startProcess } from './process.ts';

/** A real server on 127.0.0.1 with a folder of its own; disposing of it ends the server and removes the folder. */
export interface RunningServer<Ports> extends AsyncDisposable {
  readonly ports: Ports;
  /** Its folder: configuration, data, log. */
  readonly dir: string;
  /** The process id of the newest start. */
  pid(): number;
  /** What it wrote since its newest start. */
  output(): string;
  /** Ends it at once (SIGKILL), as a crash does. Its data stays. */
  kill(): Promise<void>;
  /** Asks it to end (SIGTERM), as an operator does, and waits until it has. */
  stop(): Promise<void>;
  /** Ends it if it runs, and starts it again with the same ports and data. */
  restart(): Promise<void>;
}

/** What one kind of server needs in order to start. */
export interface Recipe<Name extends string> {
  readonly name: string;
  readonly portNames: readonly Name[];
  /** Ports that must be these; the others are chosen. */
  readonly ports?: Partial<Record<Name, number>> | undefined;
  /** A folder that exists already and is kept; without it a temporary one is made. */
  readonly dir?: string | undefined;
  /** Writes the configuration into the folder and says how to start. */
  prepare(dir: string, ports: Record<Name, number>): Promise<Omit<ServerCommand, 'name'>>;
}

const tries = 5; // a free port can be taken between asking and using it

/** Starts a server by its recipe and resolves when it accepts connections. Throws an Error with the server's own words. */
export async function run<Name extends string>(recipe: Recipe<Name>): Promise<RunningServer<Record<Name, number>>> {
  const dir = recipe.dir ?? (await mkdtemp(join(tmpdir(), `isthmus-${recipe.name}-`)));
  const removeDir = async () => {
    // maxRetries: a server that was ended a moment ago may have left a file behind while the folder was read
    if (recipe.dir === undefined) await rm(dir, { recursive: true, force: true, maxRetries: 3 });
  };
  try {
    const { ports, command, process } = await first(recipe, dir);
    return running(dir, ports, command, process, removeDir);
  } catch (error) {
    await removeDir();
    throw error;
  }
}

async function first<Name extends string>(recipe: Recipe<Name>, dir: string) {
  for (let attempt = 1; ; attempt++) {
    const ports = await choose(recipe);
    const command = { ...(await recipe.prepare(dir, ports)), name: recipe.name };
    try {
      return { ports, command, process: await startProcess(command) };
    } catch (error) {
      if (!(error instanceof PortTaken) || attempt === tries) throw error;
    }
  }
}

async function choose<Name extends string>({ portNames, ports }: Recipe<Name>): Promise<Record<Name, number>> {
  const free = await freePorts(portNames.length);
  return Object.fromEntries(portNames.map((name, i) => [name, ports?.[name] ?? free[i]])) as Record<Name, number>;
}

function running<Ports>(
  dir: string,
  ports: Ports,
  command: ServerCommand,
  started: ServerProcess,
  removeDir: () => Promise<void>,
): RunningServer<Ports> {
  let process = started;
  return {
    ports,
    dir,
    pid: () => process.pid,
    output: () => process.output(),
    kill: () => process.kill(),
    stop: () => process.stop(),
    restart: async () => {
      await process.kill();
      process = await startProcess(command);
    },
    [Symbol.asyncDispose]: async () => {
      await process.kill();
      await removeDir();
    },
  };
}
