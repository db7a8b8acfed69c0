import { randomInt, randomUUID } from 'node:crypto';
import type { Host } from '#src/bridge.ts';
import type { FileRef } from '#src/model/event.ts';
import { Failure } from '#src/model/failure.ts';
import type { AccountKey } from '#src/model/ids.ts';
import type { Answer, Letter, Request } from './wire.ts';

/** Bytes that go in one request: a line has them in base64. */
const CHUNK = 32 * 1024;

type Line = {
  readonly media: Host['media'];
  /** The most bytes of a file that the loft keeps. */
  readonly maxBytes: number;
  /** Gives it up. */
  readonly signal: AbortSignal;
  readonly account: AccountKey;
  ask(request: Request): Promise<Answer>;
};

type WireFile = NonNullable<Extract<Letter, { type: 'message' }>['files']>[number];

/**
 * Gives files to the loft, and resolves with what a letter says of them. One chunk after the other is read, hidden and
 * answered. Rejects with a `Failure`, which is certain: no letter tells of them.
 */
export async function keepFiles(line: Line, files: readonly FileRef[]): Promise<WireFile[]> {
  const kept: WireFile[] = [];
  for (const file of files) kept.push(await keepFile(line, file).catch(certain));
  return kept;
}

async function keepFile({ media, maxBytes, signal, account, ask }: Line, file: FileRef): Promise<WireFile> {
  const { content, name, type } = await media.open(file, { maxBytes, signal, account });
  const key = randomInt(1, 256);
  let id: string | undefined;
  let size = 0;
  for await (const chunk of content) {
    for (let at = 0; at < chunk.byteLength; at += CHUNK) {
      const data = Buffer.from(chunk.subarray(at, at + CHUNK).map((byte) => byte ^ key)).toString('base64');
      const answer = await ask({ do: 'keep', tag: randomUUID(), ...(id !== undefined && { of: id }), data });
      [id] = answer.ids ?? [];
    }
    size += chunk.byteLength;
  }
  if (id === undefined) throw new Failure('not-acceptable', { text: 'There is nothing in this file.' });
  const { url: _, thumbnail: __, description: ___, ...rest } = file;
  return { ...rest, kept: { id, key }, name, type, size };
}

function certain(error: unknown): never {
  if (!(error instanceof Failure) || error.certain) throw error;
  throw new Failure(error.code, { text: error.words, cause: error });
}
