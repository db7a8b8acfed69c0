import { randomUUID } from 'node:crypto';
import { chmodSync, lstatSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import type { Log } from '#src/lib/log.ts';
import { Failure } from '#src/model/failure.ts';
import { type Operations, operate } from '#src/process/operations.ts';
import { StoreRefused, StoreUnavailable } from '#src/store/index.ts';
import type { ControlAsk, ControlReply } from './control.ts';

/** Bytes of a line that is read, connections at a time, and ms in which the line has to come. */
const LINE = 16 * 1024;
const CONNECTIONS = 8;
const PATIENCE = 10_000;

/** Bytes that the path of a socket may have: unix(7) has 108 with the zero at its end. */
const MOST_PATH = 107;

/**
 * Listens for commands on a Unix socket that only its owner may use. The store's lock is ours, so that whoever left a
 * socket there is gone. Without the socket the gateway does all else: why there is none goes to the log.
 */
export async function openControlSocket(path: string, operations: Operations, log: Log): Promise<AsyncDisposable> {
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    open.add(socket);
    socket.on('close', () => open.delete(socket));
    socket.on('error', (err) => log.debug({ err }, 'a command went away'));
    serve(socket, operations, log);
  });
  server.maxConnections = CONNECTIONS;
  try {
    await listen(server, path);
    log.debug({ path }, 'commands are listened for');
  } catch (err) {
    log.error({ err, path }, 'commands cannot reach this gateway: it has no control socket');
  }
  return {
    async [Symbol.asyncDispose]() {
      for (const socket of open) socket.destroy();
      if (server.listening) await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function listen(server: Server, path: string): Promise<void> {
  const bytes = Buffer.byteLength(path);
  if (bytes > MOST_PATH)
    throw new Error(`its path has ${bytes} bytes, and ${MOST_PATH} are the most: name a shorter one as "control"`);
  if (lstatSync(path, { throwIfNoEntry: false })?.isSocket()) rmSync(path);
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject).once('listening', resolve);
  // The name is made at once: with these rights nobody else can use it, not even for a moment.
  const before = process.umask(0o177);
  try {
    server.listen(path);
  } finally {
    process.umask(before);
  }
  await promise;
  chmodSync(path, 0o600);
}

/** One line, one answer. */
function serve(socket: Socket, operations: Operations, log: Log): void {
  let text = '';
  const reply = (one: ControlReply): void => void socket.write(`${JSON.stringify(one)}\n`);
  socket.setTimeout(PATIENCE, () => socket.destroy());
  const read = (part: string): void => {
    text += part;
    const end = text.indexOf('\n');
    if (end < 0 && text.length > LINE) socket.destroy();
    if (end < 0) return;
    socket.off('data', read).resume().setTimeout(0);
    answer(text.slice(0, end), operations, (done, total) => reply({ progress: [done, total] }))
      .then(reply, (error: unknown) => reply({ error: wordsFor(error, log) }))
      .finally(() => socket.end());
  };
  socket.setEncoding('utf8').on('data', read);
}

async function answer(line: string, operations: Operations, progress: (done: number, total: number) => void) {
  const { name, args }: ControlAsk = asked(line);
  return { answer: await operate(operations, { name, args }, progress) };
}

function asked(line: string): ControlAsk {
  const found: unknown = line.length > LINE ? undefined : JSON.parse(line);
  if (typeof found === 'object' && found !== null && 'name' in found && typeof found.name === 'string')
    return { name: found.name, args: 'args' in found ? found.args : undefined };
  throw new TypeError('this is no request');
}

/** What the operator reads. All else is a bug: logged with an id. */
function wordsFor(error: unknown, log: Log): string {
  if (error instanceof StoreUnavailable) return error.reason;
  if (error instanceof Failure || error instanceof StoreRefused) return error.message;
  if (error instanceof TypeError || error instanceof SyntaxError) return error.message;
  const bug = randomUUID().slice(0, 8);
  log.error({ err: error, bug }, 'a bug: an operation failed');
  return `something broke in the gateway: its log knows more under ${bug}`;
}
