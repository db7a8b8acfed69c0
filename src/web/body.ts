import type { Clock } from '#src/lib/time/clock.ts';
import { Failure } from '#src/model/failure.ts';

/** How long a body may take from the first byte to the last, in milliseconds. */
export const BODY_TIME = 10_000;

/** A body that did not come in time. */
export class SlowBody extends Error {}

/**
 * The bytes of a request's body, counted while they come. Rejects with `Failure('too-large')` above `most` and with
 * `SlowBody`; what is left is not read.
 */
export async function readBody(request: Request, most: number, clock: Clock): Promise<Uint8Array<ArrayBuffer>> {
  if (Number(request.headers.get('Content-Length') ?? 0) > most) throw tooLarge(most);
  const reader = request.body?.getReader();
  if (!reader) return new Uint8Array();
  const late = Promise.withResolvers<never>();
  const cancel = clock.after(BODY_TIME, () => late.reject(new SlowBody('a body took too long')));
  try {
    return await Promise.race([collect(reader, most), late.promise]);
  } catch (error) {
    // What is not read any more is let go of; the connection ends with the answer.
    reader.cancel().catch(() => undefined);
    throw error;
  } finally {
    cancel();
  }
}

async function collect(reader: ReadableStreamDefaultReader<Uint8Array>, most: number) {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for (let { done, value } = await reader.read(); !done; { done, value } = await reader.read()) {
    if (!value) continue;
    size += value.byteLength;
    if (size > most) throw tooLarge(most);
    chunks.push(value);
  }
  const whole = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.byteLength;
  }
  return whole;
}

const tooLarge = (most: number) => new Failure('too-large', { text: `At most ${most} bytes are read here.` });
