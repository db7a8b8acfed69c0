import { createHash } from 'node:crypto';
import type { ByteRange, OpenedFile } from '#src/bridge.ts';
import type { Lending, LentFile } from '#src/core/index.ts';
import { openPlaces } from '#src/lib/places.ts';
import { Failure } from '#src/model/failure.ts';
import { expired, headersOf, isNamed, notThere } from './media-answers.ts';
import { rangeOf } from './media-range.ts';
import { plain } from './status.ts';

/** Files of networks that are open at a time, for all together (SECURITY rule 11). */
const MOST = 1000;

/** Answers /media/lent/TOKEN/NAME with what the network has behind it now. `most`: files of one account that are open at a time. */
export function lentPages(
  lending: Lending,
  most: number,
): (request: Request, token: string, name: string) => Promise<Response> {
  const places = openPlaces({ each: most, all: MOST });

  async function serve(file: LentFile, request: Request, tag: string): Promise<Response> {
    const wanted = wantedOf(file, request, tag);
    if (wanted === 'none') return plain(416, 'The file has no such part.', { 'Content-Range': `bytes */${file.size}` });
    const headers = headersOf(file, tag);
    if (request.method === 'HEAD') {
      if (file.size !== undefined) headers.set('Content-Length', String(file.size));
      return new Response(null, { headers });
    }
    const done = places.take(file.account);
    if (!done) return plain(503, 'Too many files are being fetched.', { 'Retry-After': '5' });
    try {
      return answerOf(await file.open(wanted), { file, headers, done });
    } catch (error) {
      done();
      return failed(error, request);
    }
  }

  return async (request, token, name) => {
    const file = lending.find(token);
    if (file?.kind === 'expired') return expired(request);
    if (!file || !isNamed(file, name)) return notThere();
    const tag = `"${createHash('sha256').update(token).digest('hex').slice(0, 32)}"`;
    return serve(file, request, tag);
  };
}

/** Which bytes are wanted. Where the size is not known, only what has a beginning can be. */
function wantedOf({ size }: LentFile, { headers }: Request, tag: string): ByteRange | 'none' | undefined {
  // RFC 9110 §13.1.5: the part is wanted only of the file that the reader has begun with.
  if ((headers.get('If-Range') ?? tag) !== tag) return undefined;
  const range = headers.get('Range');
  if (size !== undefined) return rangeOf(range, size);
  const [, from, to = ''] = /^bytes=(\d{1,15})-(\d{0,15})$/i.exec((range ?? '').trim()) ?? [];
  if (from === undefined || (to !== '' && Number(to) < Number(from))) return undefined;
  return { start: Number(from), ...(to !== '' && { end: Number(to) }) };
}

type Answer = { readonly file: LentFile; readonly headers: Headers; done(): void };

/** What the network makes of a range may be the whole: then that is the answer (RFC 9110 §14.2). */
function answerOf({ content, range, size }: OpenedFile, { file, headers, done }: Answer): Response {
  const whole = size ?? file.size;
  const length = range ? range.end - range.start + 1 : whole;
  if (range) headers.set('Content-Range', `bytes ${range.start}-${range.end}/${whole ?? '*'}`);
  if (length !== undefined) headers.set('Content-Length', String(length));
  return new Response(watched(content, done), { status: range ? 206 : 200, headers });
}

/** The stream, with `done` called at its end, whichever that is. */
function watched(content: ReadableStream<Uint8Array>, done: () => void): ReadableStream<Uint8Array> {
  const reader = content.getReader();
  return new ReadableStream({
    async pull(controller) {
      try {
        const { done: over, value } = await reader.read();
        if (!over) return controller.enqueue(value);
        controller.close();
        done();
      } catch (error) {
        done();
        throw error;
      }
    },
    async cancel(reason) {
      done();
      await reader.cancel(reason);
    },
  });
}

/** What is no `Failure` is a bug, and is thrown on. */
function failed(error: unknown, request: Request): Response {
  if (!(error instanceof Failure) || error.code === 'internal') throw error;
  if (error.code === 'item-not-found') return notThere();
  if (error.code === 'gone') return expired(request);
  return plain(502, 'The other network does not give the file.');
}
