import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import pg from 'pg';
import { pathOf } from '#src/process/cli/demo/servers/available.ts';
import { freePorts } from '#src/process/cli/demo/servers/ports.ts';

const run = promisify(execFile);

/** A real PostgreSQL on 127.0.0.1 with a data directory of its own. */
export type Postgres = AsyncDisposable & {
  /** The URL of a new, empty database. */
  database(): Promise<string>;
  /** Ends the server at once, as a power cut would end its processes, and resolves when it is gone. */
  stop(): Promise<void>;
  /** Starts it again at the same port with what it has. */
  start(): Promise<void>;
};

/** PostgreSQL refuses to run as root: there it runs as the user that its package has made. */
async function owner(): Promise<{ uid: number; gid: number } | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const [uid, gid] = await Promise.all(['-u', '-g'].map(async (flag) => (await run('id', [flag, 'postgres'])).stdout));
  return { uid: Number(uid), gid: Number(gid) };
}

/** Starts a server. `fsync` off makes it faster, and is right wherever the machine itself does not fail. */
export async function startPostgres({ fsync = false } = {}): Promise<Postgres> {
  const bin = dirname(pathOf('postgresql'));
  const as = await owner();
  const dir = mkdtempSync(join(tmpdir(), 'isthmus-postgres-'));
  if (as) chownSync(dir, as.uid, as.gid);
  const data = join(dir, 'data');
  const flags = ['-A', 'trust', '-U', 'isthmus', '-E', 'UTF8', '--locale=C', '--no-sync'];
  await run(join(bin, 'initdb'), ['-D', data, ...flags], { ...as, cwd: dir });
  const [port = 0] = await freePorts(1);
  const url = (name: string) => `postgres://isthmus@127.0.0.1:${port}/${name}`;
  let server: { pid: number; gone: Promise<unknown> } | undefined;

  const start = async () => {
    const settings = { port, listen_addresses: '127.0.0.1', unix_socket_directories: dir, fsync: fsync ? 'on' : 'off' };
    const options = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
    const child = spawn(join(bin, 'postgres'), ['-D', data, ...options], {
      ...as,
      cwd: dir,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let said = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-10_000);
    });
    server = { pid: child.pid ?? 0, gone: once(child, 'exit') };
    while (!(await answers(url('postgres')))) {
      if (child.exitCode !== null) throw new Error(`PostgreSQL has ended:\n${said}`);
      await delay(20);
    }
  };
  const stop = async () => {
    const running = server;
    server = undefined;
    if (!running) return;
    // SIGQUIT: its processes end at once, and recover at the next start.
    process.kill(running.pid, 'SIGQUIT');
    await running.gone;
  };
  await start();
  let databases = 0;
  return {
    stop,
    start,
    async database() {
      const name = `store${++databases}`;
      await asked(url('postgres'), `create database ${name}`);
      return url(name);
    },
    async [Symbol.asyncDispose]() {
      await stop();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

/** The rows that a statement returns, over a connection of its own. */
export async function asked(url: string, sql: string): Promise<readonly Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

const answers = (url: string): Promise<boolean> =>
  asked(url, 'select 1').then(
    () => true,
    () => false,
  );
