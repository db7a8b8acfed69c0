import { closeSync, existsSync, fsyncSync, linkSync, openSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { Worker } from 'node:worker_threads';
import { StoreRefused, StoreUnavailable } from '#src/store/unit.ts';
import type { CareMessage, CareTask } from './care.worker.ts';

/** Hears how far a copy is, in pages of the file. */
export type CopyProgress = (done: number, total: number) => void;

/** What takes a while with a whole SQLite file, each in a thread of its own: nobody waits for it. */
export type Care = AsyncDisposable & {
  check(full: boolean): Promise<readonly string[]>;
  copy(to: string, progress: CopyProgress): Promise<void>;
};

export function openCare(file: string): Care {
  const running = new Set<Worker>();

  function run(task: CareTask, progress: CopyProgress = () => undefined): Promise<readonly string[]> {
    const url = new URL(import.meta.resolve('#src/store/sqlite/care.worker.ts'));
    const worker = new Worker(url, { workerData: task, execArgv: [] });
    running.add(worker);
    const { promise, resolve, reject } = Promise.withResolvers<readonly string[]>();
    worker.on('message', (message: CareMessage) => {
      if ('wrong' in message) resolve(message.wrong);
      else if ('failed' in message) reject(new StoreUnavailable(message.failed));
      else progress(message.done, message.total);
    });
    worker.on('error', reject);
    worker.on('exit', () => {
      running.delete(worker);
      reject(new StoreUnavailable('it is closed'));
    });
    return promise;
  }

  return {
    check: (full) => run({ do: 'check', file, full }),
    copy: (to, progress) => copyTo(to, (part) => run({ do: 'copy', file, to: part }, progress)),
    async [Symbol.asyncDispose]() {
      await Promise.all([...running].map((worker) => worker.terminate()));
    },
  };
}

/** Under another name until it is whole and on the disk. Rejects with StoreRefused where a name is taken. */
async function copyTo(to: string, copy: (part: string) => Promise<readonly string[]>): Promise<void> {
  if (existsSync(to)) throw new StoreRefused(`${to}: is there already, and nothing is written over it`);
  const part = `${to}.part`;
  createPart(part);
  try {
    const wrong = await copy(part);
    if (wrong.length > 0) throw new StoreUnavailable(`the copy is damaged: ${wrong[0]}`);
    sync(part);
    // Unlike a rename, a link fails where the name was taken meanwhile.
    linkSync(part, to);
  } finally {
    rmSync(part, { force: true });
  }
  sync(dirname(to));
}

/** For its owner alone from the first byte. */
function createPart(part: string): void {
  try {
    closeSync(openSync(part, 'wx', 0o600));
  } catch (error) {
    throw new StoreRefused(
      existsSync(part)
        ? `${part}: a copy is being made there, or was broken off: remove it then`
        : `${part}: cannot be written (${error instanceof Error ? error.message : error})`,
    );
  }
}

/** What was written to a file, or the names in a folder, are on the disk afterwards. */
export function sync(path: string): void {
  const opened = openSync(path, 'r');
  try {
    fsyncSync(opened);
  } finally {
    closeSync(opened);
  }
}
