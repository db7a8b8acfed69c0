import { type MessagePort, parentPort, Worker } from 'node:worker_threads';
import type { Log } from '#src/lib/log.ts';
import { StoreRefused, StoreUnavailable } from './unit.ts';

/** Another thread that answers one message after the other. */
export type StoreThread<Ask, Answer> = AsyncDisposable & { ask(ask: Ask): Promise<Answer> };

/** What comes from the thread: first that it is ready or why it is not, then an answer for each message, in order. */
type Message<Answer> =
  | { readonly ready: true }
  | { readonly refused: string }
  | { readonly answer: Answer }
  | { readonly thrown: Error };

type Waiting<Answer> = { resolve: (answer: Answer) => void; reject: (reason: Error) => void };

/**
 * Starts the worker of that `#` specifier, in a checkout and in the built package alike. Rejects with StoreRefused when
 * the worker says so. Keeps the process alive only while an answer is due.
 */
export async function startThread<Ask, Answer>(
  specifier: string,
  workerData: unknown,
  log: Log,
): Promise<StoreThread<Ask, Answer>> {
  const worker = new Worker(new URL(import.meta.resolve(specifier)), { workerData, execArgv: [] });
  const started = Promise.withResolvers<void>();
  const due: Waiting<Answer>[] = [];
  let broken: Error | undefined;

  const breakDown = (reason: Error) => {
    broken ??= reason;
    started.reject(broken);
    for (const { reject } of due.splice(0)) reject(broken);
  };
  worker.on('message', (message: Message<Answer>) => {
    if ('ready' in message) started.resolve();
    else if ('refused' in message) breakDown(new StoreRefused(message.refused));
    else answered(due.shift(), message);
    if (due.length === 0) worker.unref();
  });
  worker.on('error', (err) => {
    log.error({ err }, 'a thread of the store has stopped');
    breakDown(new StoreUnavailable('its thread has stopped', false));
  });
  worker.on('exit', () => breakDown(new StoreUnavailable('it is closed')));

  try {
    await started.promise;
  } catch (error) {
    await worker.terminate();
    throw error;
  }
  return {
    ask(ask) {
      if (broken) return Promise.reject(broken);
      worker.ref();
      worker.postMessage(ask);
      return new Promise((resolve, reject) => due.push({ resolve, reject }));
    },
    async [Symbol.asyncDispose]() {
      await worker.terminate();
    },
  };
}

function answered<Answer>(waiting: Waiting<Answer> | undefined, message: Message<Answer>): void {
  if ('answer' in message) waiting?.resolve(message.answer);
  else if ('thrown' in message) waiting?.reject(message.thrown);
}

/** The other end: opens what the thread works with, then answers each message. Refusals are told to whoever started it. */
export function serveThread<Ask, Answer>(open: () => (ask: Ask) => Answer): void {
  const port = parentPort;
  if (!port) throw new Error('this file is the start of a worker thread');
  try {
    const answer = open();
    port.on('message', (ask: Ask) =>
      post<Answer>(
        port,
        attempt(() => answer(ask)),
      ),
    );
    post<Answer>(port, { ready: true });
  } catch (error) {
    if (!(error instanceof StoreRefused)) throw error;
    post<Answer>(port, { refused: error.message });
  }
}

function attempt<Answer>(work: () => Answer): Message<Answer> {
  try {
    return { answer: work() };
  } catch (error) {
    return { thrown: error instanceof Error ? error : new Error(String(error)) };
  }
}

const post = <Answer>(port: MessagePort, message: Message<Answer>): void => port.postMessage(message);
