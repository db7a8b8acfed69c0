import { createConnection, type Socket } from 'node:net';
import { dirname, join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import type { Config } from '#src/config.ts';
import { openOffline } from '#src/process/offline.ts';
import {
  type AnswerOf,
  type ArgsOf,
  type OperationName,
  type OperationProgress,
  operate,
} from '#src/process/operations.ts';

/**
 * Where the gateway of a config listens for its commands: the setting, else beside the store's file, else, for a store
 * that is a server, beside the config.
 */
export function controlPath({ control, store }: Pick<Config, 'control' | 'store'>, configFile: string): string {
  if (control !== undefined) return resolve(control);
  const [, file] = /^sqlite:(.+)$/.exec(store) ?? [];
  return resolve(file === undefined ? join(dirname(configFile), 'isthmus.sock') : `${file}.sock`);
}

/** What the gateway answered with an error, in words for the operator. */
export class ControlRefused extends Error {}

/** A line to the gateway, and the lines that come back: how far it is, and then the answer or why there is none. */
export type ControlAsk = { readonly name: string; readonly args: unknown };
export type ControlReply =
  | { readonly progress: readonly [done: number, total: number] }
  | { readonly answer: unknown }
  | { readonly error: string };

type Call = <N extends OperationName>(name: N, args: ArgsOf<N>, progress?: OperationProgress) => Promise<AnswerOf<N>>;
/** Operations by their names: in the gateway if it runs, else on the store itself. */
export type Desk = AsyncDisposable & { readonly running: boolean; readonly call: Call };

/** Finds the gateway at its socket. Calls reject with a ControlRefused, whose message is for the operator. */
export async function findGateway(config: Config, configFile: string): Promise<Desk | undefined> {
  const path = controlPath(config, configFile);
  const found = await connect(path);
  if (!found) return undefined;
  found.destroy();
  const call: Call = async (name, args, progress = () => undefined) =>
    (await ask(path, { name, args }, progress)) as AnswerOf<typeof name>;
  return { running: true, call, [Symbol.asyncDispose]: async () => undefined };
}

/**
 * Finds the gateway, or takes the lock of its store. Rejects with StoreRefused where neither is to be had, and calls reject
 * with a ControlRefused, Failure or StoreRefused, whose messages are for the operator.
 */
export async function openDesk(config: Config, configFile: string): Promise<Desk> {
  const found = await findGateway(config, configFile);
  if (found) return found;
  const { operations, [Symbol.asyncDispose]: close } = await openOffline(config);
  const call: Call = async (name, args, progress = () => undefined) =>
    (await operate(operations, { name, args }, progress)) as AnswerOf<typeof name>;
  return { running: false, call, [Symbol.asyncDispose]: close };
}

/** Nobody listens there: no such file, one that a killed process has left, or none that we may use. */
const ABSENT = new Set(['ENOENT', 'ECONNREFUSED', 'ENOTSOCK']);

function connect(path: string): Promise<Socket | undefined> {
  const { promise, resolve: found, reject } = Promise.withResolvers<Socket | undefined>();
  const socket = createConnection(path);
  socket.once('connect', () => found(socket));
  socket.on('error', (error: NodeJS.ErrnoException) =>
    ABSENT.has(error.code ?? '') ? found(undefined) : reject(new ControlRefused(`${path}: ${error.message}`)),
  );
  return promise;
}

async function ask(path: string, asked: ControlAsk, progress: OperationProgress): Promise<unknown> {
  const socket = await connect(path);
  if (!socket) throw new ControlRefused('the gateway has stopped');
  try {
    socket.write(`${JSON.stringify(asked)}\n`);
    for await (const line of createInterface({ input: socket })) {
      const reply = JSON.parse(line) as ControlReply;
      if ('answer' in reply) return reply.answer;
      if ('error' in reply) throw new ControlRefused(reply.error);
      progress(...reply.progress);
    }
  } finally {
    socket.destroy();
  }
  throw new ControlRefused('the gateway has stopped before it answered');
}
