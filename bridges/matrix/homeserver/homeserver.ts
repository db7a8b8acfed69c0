import type { MatrixClient } from 'matrix-bot-sdk';
import { texts } from '#bridges/matrix/texts.ts';
import type { Json } from '#bridges/matrix/wire/event.ts';
import { objectOf } from '#bridges/matrix/wire/event.ts';
import { failureOf } from '#bridges/matrix/wire/failures.ts';
import { sizeText } from '#mappings/files.ts';
import type { Host } from '#src/bridge.ts';
import type { FetchInit } from '#src/lib/http/fetch.ts';
import { backoff } from '#src/lib/time/backoff.ts';
import { Failure } from '#src/model/failure.ts';
import { loadSdk, parsed, type SdkCall, type SdkRefusal } from './sdk.ts';

/** One call of the client-server API. */
export type Call = {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Segments below the base, each as it is. */
  readonly path: readonly string[];
  readonly query?: Readonly<Record<string, string | number | readonly string[] | undefined>>;
  readonly body?: Json;
  /** The user in whose name it is made, where the token may act for several. */
  readonly as?: string | undefined;
  /** It can be made twice: a request with a transaction id of ours, a question, or what only sets something. */
  readonly repeatable?: boolean;
  /** Milliseconds, if not as usual. */
  readonly timeout?: number;
  /** The most bytes of the answer. */
  readonly maxBytes?: number;
  readonly signal?: AbortSignal;
  /** How often it is made where it may be made again, if not as usual: whoever asks tries again by themselves. */
  readonly tries?: number;
  /** It is answered when there is news. */
  readonly waits?: boolean;
};

/** A homeserver as one token reaches it. Everything rejects with a `Failure`. */
export type Homeserver = {
  /** Makes a call below `/_matrix/client` and resolves with the object that is answered. */
  call(call: Call): Promise<Json>;
  /** The same, with whatever JSON is answered. What is none is no answer of the homeserver. */
  json(call: Call): Promise<unknown>;
  /** The bytes behind a path below `/_matrix`, as they come. */
  bytes(call: Call): Promise<Response>;
  /** Puts a file into the media repository, and resolves with its address. */
  upload(content: NonNullable<FetchInit['body']>, about: UploadFacts): Promise<string>;
};

export type UploadFacts = {
  readonly name?: string | undefined;
  readonly type?: string | undefined;
  readonly size?: number | undefined;
  readonly as?: string | undefined;
};

export type HomeserverOptions = {
  readonly host: Pick<Host, 'fetch' | 'clock' | 'signal'>;
  readonly url: string;
  /** Who named the homeserver. */
  readonly namedBy: 'operator' | 'account';
  readonly timeout: number;
  token(): string;
  /** How often a call that may be made again is made. */
  readonly tries?: number;
};

/** The longest answer that is read, unless a call says otherwise. */
const USUAL_SIZE = 16 * 1024 * 1024;
const MINUTE = 60_000;
/** The most bytes of a file whose size nobody has told; Synapse takes 50 MiB unless its operator says otherwise. */
const MOST_UNTOLD = 50 * 1024 * 1024;
/** A pause that the homeserver asks for is waited for here up to so long; beyond it the failure says so. */
const LONGEST_WAIT = 5_000;

/** A client of a homeserver, on that of matrix-bot-sdk, that tries again what may be tried again. */
export function openHomeserver(options: HomeserverOptions): Homeserver {
  const { host, url: base, namedBy, timeout, token, tries = 3 } = options;
  const wait = backoff({ min: 200, max: 5_000, random: Math.random });
  let client: MatrixClient | undefined;

  /** Asks once. Rejects with a `Failure` for a refusal. */
  async function once(call: Call, content?: SdkCall['content'], size?: number): Promise<Response> {
    const { method, path, query = {}, body, as, maxBytes = USUAL_SIZE } = call;
    const endpoint = `/_matrix/${path.map(segment).join('/')}`;
    const sdk = await loadSdk();
    if (client?.accessToken !== token()) client = sdk.open(base, token());
    const limits = {
      ...{ namedBy, redirects: 0, maxBytes, waits: call.waits },
      ...(size !== undefined && { size }),
      signal: call.signal ? AbortSignal.any([call.signal, host.signal]) : host.signal,
    };
    const asked = { method, endpoint, query, body, as, content, timeout: call.timeout ?? timeout };
    try {
      return await sdk.call(client, asked, (url, init) => host.fetch(url, { ...init, ...limits }));
    } catch (error) {
      if (call.signal?.aborted && call.signal.reason instanceof Failure) throw call.signal.reason;
      if (!isRefusal(error)) throw error;
      throw failureOf(error.statusCode, error.body, !isRepeatable(call));
    }
  }

  async function answered(call: Call): Promise<unknown> {
    const body = parsed(await (await once(call)).text());
    // A proxy in between that answers for it.
    if (body === undefined) throw new Failure('remote-server-timeout', { certain: isRepeatable(call) });
    return body;
  }

  async function json(given: Call): Promise<unknown> {
    const whole = { ...given, path: ['client', ...given.path] };
    for (let attempt = 0; ; attempt++) {
      try {
        return await answered(whole);
      } catch (error) {
        const pause = pauseAfter(error, attempt, whole);
        if (pause === undefined) throw error;
        await new Promise<void>((done) => {
          host.clock.after(pause, done);
        });
      }
    }
  }

  /** Milliseconds until another try, where there is to be one. */
  function pauseAfter(error: unknown, attempt: number, given: Call): number | undefined {
    if (
      !(error instanceof Failure) ||
      attempt + 1 >= (given.tries ?? tries) ||
      host.signal.aborted ||
      given.signal?.aborted
    )
      return undefined;
    // It was turned away unseen.
    const limited = error.code === 'too-fast';
    if (!limited && !(isRepeatable(given) && error.code === 'remote-server-timeout')) return undefined;
    const pause = Math.max(error.retryAfter ?? 0, limited && error.retryAfter !== undefined ? 0 : wait(attempt));
    return pause <= LONGEST_WAIT ? pause : undefined;
  }

  return {
    call: async (given) => objectOf(await json(given)),
    json,
    bytes: (given) => once(given),
    async upload(content, { name, type = 'application/octet-stream', size, as }) {
      const path = ['media', 'v3', 'upload'];
      const call = {
        method: 'POST',
        path,
        query: { filename: name },
        as,
        timeout: 10 * MINUTE,
        repeatable: true,
      } as const;
      // Synapse takes nothing whose length it is not told.
      const body = size === undefined && content instanceof ReadableStream ? await whole(content) : content;
      const { content_uri: mxc } = objectOf(parsed(await (await once(call, { body, type }, size)).text()));
      if (typeof mxc !== 'string') throw new Failure('remote-server-timeout');
      return mxc;
    },
  };
}

/** The same homeserver, for what is given up by a signal: with its reason, where that is a `Failure`. */
export const until = (server: Homeserver, signal: AbortSignal): Homeserver => ({
  ...server,
  call: (call) => server.call({ ...call, signal }),
  json: (call) => server.json({ ...call, signal }),
  bytes: (call) => server.bytes({ ...call, signal }),
});

/** All of a stream, in memory. Rejects with a `Failure` where that is too much. */
async function whole(content: ReadableStream<Uint8Array>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of content) {
    size += chunk.byteLength;
    if (size > MOST_UNTOLD) throw new Failure('too-large', { text: texts.fileUntold(sizeText(MOST_UNTOLD)) });
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

const isRefusal = (error: unknown): error is SdkRefusal => Object.hasOwn(Object(error), 'statusCode');

/** A segment of a path as it is. Throws a `Failure` for those that lead elsewhere. */
function segment(text: string): string {
  if (/^\.{1,2}$/.test(text) || !text.isWellFormed()) throw new Failure('item-not-found');
  return encodeURIComponent(text);
}

const isRepeatable = ({ method, repeatable }: Call): boolean => repeatable ?? method !== 'POST';
