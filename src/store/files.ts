import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { access, type FileHandle, mkdir, open, opendir, rename, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Log } from '#src/lib/log.ts';
import { Failure } from '#src/model/failure.ts';

export type Keep = {
  readonly path: string;
  readonly content: Uint8Array | AsyncIterable<Uint8Array>;
  /** Bytes. */
  readonly most: number;
  readonly log: Log;
};

/** A file that is kept: bytes, and SHA-256 in hexadecimal. */
export type Kept = { readonly size: number; readonly sha256: string };

/** What is not whole yet. */
const PART = '.part';

/**
 * Writes a file, whole or not at all, and resolves with what it is once it is durable. Rejects with a `Failure`
 * where it is too large or the disk is full, and with the stream's own error.
 */
export async function keepFile({ path, content, most, log }: Keep): Promise<Kept> {
  const part = path + PART;
  const chunks = content instanceof Uint8Array ? [content] : content;
  try {
    const file = await open(part, 'wx', 0o600);
    try {
      const kept = await writeAll(file, chunks, most);
      await file.sync();
      await finish(part, path);
      return kept;
    } finally {
      await file.close();
    }
  } catch (error) {
    await removeFile(part);
    if (!isFull(error)) throw error;
    log.error({ err: error }, 'no file can be kept: the disk is full');
    throw new Failure('queue-full', {
      text: { en: 'The gateway has no room left for files.', de: 'Das Gateway hat keinen Platz mehr für Dateien.' },
      cause: error,
    });
  }
}

/** The end of the loop cancels the stream, also after an error. */
async function writeAll(file: FileHandle, chunks: Iterable<Uint8Array> | AsyncIterable<Uint8Array>, most: number) {
  let size = 0;
  const hash = createHash('sha256');
  for await (const chunk of chunks) {
    size += chunk.byteLength;
    if (size > most)
      throw new Failure('too-large', {
        text: {
          en: `At most ${most} bytes can be kept of a file.`,
          de: `Von einer Datei können höchstens ${most} Byte aufgehoben werden.`,
        },
      });
    hash.update(chunk);
    await file.writeFile(chunk);
  }
  return { size, sha256: hash.digest('hex') };
}

async function finish(part: string, path: string): Promise<void> {
  await rename(part, path);
  const folder = await open(dirname(path), constants.O_RDONLY);
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** Removes a file; one that is not there is as good. */
export async function removeFile(path: string): Promise<void> {
  await unlink(path).catch((error: unknown) => {
    if (codeOf(error) !== 'ENOENT') throw error;
  });
}

/** Makes the folder, for its owner alone, and removes what belongs to nothing: the process may have been killed. */
export async function prepareFolder(dir: string, known: (id: string) => Promise<boolean>): Promise<void> {
  await mkdir(dir, { recursive: true, mode: 0o700 });
  await access(dir, constants.W_OK);
  for await (const { name } of await opendir(dir)) {
    // Only what is ours by its name: operators put all kinds of things into folders.
    const [, id, part] = /^([0-9a-f]{64})(\.part)?$/.exec(name) ?? [];
    if (id !== undefined && (part !== undefined || !(await known(id)))) await removeFile(join(dir, name));
  }
}

const isFull = (error: unknown): boolean => ['ENOSPC', 'EDQUOT', 'EFBIG'].includes(codeOf(error));

const codeOf = (error: unknown): string => (error instanceof Error && 'code' in error ? String(error.code) : '');
