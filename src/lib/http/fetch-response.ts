import type { IncomingMessage } from 'node:http';
import type { Transform } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate, createZstdDecompress } from 'node:zlib';
import type { Refuse } from './fetch.ts';

type Limits = {
  /** Bytes of the decoded body. */
  readonly most: number;
  readonly refuse: Refuse;
  /** What an error while reading means. */
  explain(error: unknown): Error;
  /** Gives it up, also while it is read. */
  readonly stop: AbortSignal;
};

/** RFC 9110 §8.4.1, RFC 7932, RFC 8878. We ask for none of them, and servers use them all the same. */
const CODINGS: Readonly<Record<string, () => Transform>> = {
  gzip: createGunzip,
  'x-gzip': createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
  zstd: createZstdDecompress,
};

/** RFC 9110 §6.4.1: answers that never have a body. */
const BODILESS = new Set([204, 205, 304]);

/** An answer as the platform has it. The body is decoded and counted while it is read; what is left open is cut. */
export function decoded(answer: IncomingMessage, method: string, limits: Limits): Response {
  const status = answer.statusCode ?? 0;
  if (status < 200 || status > 599) {
    answer.destroy();
    throw limits.refuse('bad-answer', `The answer has the status ${status}.`);
  }
  const headers = headersOf(answer);
  if (method === 'HEAD' || BODILESS.has(status)) {
    // Read to its end, which is here: the connection may be kept.
    answer.resume();
    return new Response(null, { status, headers });
  }
  const coding = (headers.get('content-encoding') ?? 'identity').trim().toLowerCase();
  const open = CODINGS[coding];
  if (!open && coding !== 'identity') {
    answer.destroy();
    throw limits.refuse('bad-answer', 'The answer is encoded in a way that is not known here.');
  }
  const told = Number(headers.get('content-length') ?? 0);
  if (!open && told > limits.most) {
    answer.destroy();
    throw limits.refuse('too-large', `The answer has ${told} bytes, and at most ${limits.most} are read.`);
  }
  if (open) for (const name of ['content-encoding', 'content-length']) headers.delete(name);
  return new Response(webStream(counted(answer, open?.(), limits)), { status, headers });
}

function headersOf({ rawHeaders }: IncomingMessage): Headers {
  const headers = new Headers();
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) headers.append(rawHeaders[at] ?? '', rawHeaders[at + 1] ?? '');
  return headers;
}

async function* counted(answer: IncomingMessage, decoder: Transform | undefined, limits: Limits) {
  // `compose` and `pipeline` would hide which of the two has failed.
  answer.on('error', (error) => decoder?.destroy(error));
  const plain = decoder ? answer.pipe(decoder) : answer;
  // The request itself may be over by now, and would hear of it no more.
  const abort = () => answer.destroy(new Error('given up'));
  limits.stop.addEventListener('abort', abort, { once: true });
  if (limits.stop.aborted) abort();
  let size = 0;
  try {
    for await (const chunk of plain as AsyncIterable<Uint8Array>) {
      size += chunk.byteLength;
      if (size > limits.most) throw limits.refuse('too-large', `The answer has more than ${limits.most} bytes.`);
      yield chunk;
    }
  } catch (error) {
    throw size > limits.most ? error : limits.explain(error);
  } finally {
    limits.stop.removeEventListener('abort', abort);
    decoder?.destroy();
    // One that was read to its end leaves its connection to the next.
    if (!answer.complete) answer.destroy();
  }
}

/** What a generator yields, as the platform reads it. Cancelling ends the generator. */
function webStream(chunks: AsyncGenerator<Uint8Array>): ReadableStream<Uint8Array> {
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await chunks.next();
      if (done) controller.close();
      else controller.enqueue(value);
    },
    async cancel() {
      await chunks.return(undefined);
    },
  });
}
