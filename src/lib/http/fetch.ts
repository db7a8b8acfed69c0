import type { Agent, ClientRequest, request as httpRequest, IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { Readable } from 'node:stream';
import type { ReadableStream as WebStream } from 'node:stream/web';
import type { Connect } from '../net.ts';
import { type FetchPool, openFetchPool } from './fetch-pool.ts';
import { type FetchRequest, firstRequest, nextRequest } from './fetch-request.ts';
import { decoded } from './fetch-response.ts';

export type FetchInit = {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** A stream is sent as it comes, and only once: no redirect takes it elsewhere. Its own error is what `fetch` rejects with. */
  readonly body?: string | Uint8Array | ReadableStream<Uint8Array> | undefined;
  /** Bytes of a stream, where they are known: servers like to be told. */
  readonly size?: number | undefined;
  /** Milliseconds until the last byte of the answer, 30 000 if left out, and at most where nobody here named the host. */
  readonly timeout?: number;
  /** The most bytes of the body once it is decoded. 1 MiB if left out. */
  readonly maxBytes?: number;
  /** How many redirects are followed, 3 at most and if left out. */
  readonly redirects?: number;
  /** Gives the request up, also while the body is read. */
  readonly signal?: AbortSignal;
  /**
   * Who named this host, in the config or at a login: the time is the caller's, and connections are kept. The address rules
   * are not for what the operator names. None of this holds for redirects elsewhere.
   */
  readonly namedBy?: 'operator' | 'account' | undefined;
  /** The answer comes when there is news, as of a long poll: it takes none of the connections that all else shares. */
  readonly waits?: boolean | undefined;
};

/** Resolves when the headers of the answer are there. The body is counted, and in time, while it is read. */
export type Fetch = (url: string, init?: FetchInit) => Promise<Response>;

/** Why there is no answer, or no more of it; a connection that fails has reasons of its own. */
export type FetchReason = 'bad-url' | 'bad-answer' | 'too-large' | 'too-slow' | 'too-many-redirects' | 'aborted';

/** Makes the error of a reason, with a text for people. */
export type Refuse = (reason: FetchReason, text: string, cause?: unknown) => Error;

type Options = {
  readonly connect: Connect;
  readonly refuse: Refuse;
};

const MOST_TIME = 30_000;
const MOST_REDIRECTS = 3;
const USUAL_SIZE = 1_048_576;
/** RFC 9110 §9.2.2 */
const REPEATABLE = new Set(['GET', 'HEAD', 'PUT', 'DELETE', 'OPTIONS']);
const REDIRECTS = new Set([301, 302, 303, 307, 308]);

/**
 * Fetches what others name (SECURITY rule 8): http and https only, the checked address is the one connected to, every
 * hop of a redirect is checked, no credentials go along, and only connections to hosts that were named here are kept.
 */
export function openFetch({ connect, refuse }: Options): Fetch & { close(): void } {
  let pool: FetchPool | undefined;

  async function ask(request: FetchRequest, { stop, explain, waits }: Attempt): Promise<IncomingMessage> {
    // Loaded where it is used: few gateways fetch anything, and it takes 5 MB.
    const http = await import('node:http');
    pool ??= openFetchPool(http.Agent);
    const { url, namedBy } = request;
    const how: Line = namedBy
      ? {
          agent: pool.agent(
            `${namedBy} ${url.origin}${waits ? ' waits' : ''}`,
            (signal) => dial(request, connect, signal),
            waits,
          ),
        }
      : await dial(request, connect, stop).then(
          // With any `agent`, `false` included, Node would open a connection of its own, and to an address of its own.
          (socket) => ({ createConnection: () => socket }),
          (error: unknown) => {
            throw stop.aborted ? explain(error) : error;
          },
        );
    const { isDial } = pool;
    return send(http.request, request, { how, stop }).catch((error: unknown) => {
      if (error instanceof SourceError) throw error.cause;
      throw isDial(error) && !stop.aborted ? error : explain(error);
    });
  }

  async function follow(url: string, init: FetchInit = {}): Promise<Response> {
    const time = init.timeout ?? MOST_TIME;
    const deadline = AbortSignal.timeout(init.namedBy ? time : Math.min(time, MOST_TIME));
    const stop = AbortSignal.any([deadline, ...(init.signal ? [init.signal] : [])]);
    const explain = (cause: unknown): Error => {
      if (deadline.aborted) return refuse('too-slow', 'The answer took too long.', cause);
      if (stop.aborted) return refuse('aborted', 'The request was given up.', cause);
      return refuse('bad-answer', 'The connection broke before the answer was whole.', cause);
    };
    const limits = { most: init.maxBytes ?? USUAL_SIZE, refuse, explain, stop };
    const hops = Math.min(init.redirects ?? MOST_REDIRECTS, MOST_REDIRECTS);
    let request = firstRequest(url, init, refuse);
    for (let hop = 0; ; hop++) {
      const answer = await ask(request, { stop, explain, waits: init.waits === true });
      const { statusCode: status = 0, headers } = answer;
      if (!REDIRECTS.has(status) || headers.location === undefined) return decoded(answer, request.method, limits);
      answer.destroy();
      if (hop >= hops) throw refuse('too-many-redirects', `${request.url.host} redirects too often.`);
      request = nextRequest(request, { status, location: headers.location }, refuse);
    }
  }

  /** What was not begun to be sent is let go of: it may be a file. */
  const letGo = async (error: unknown, body: FetchInit['body']): Promise<never> => {
    if (body instanceof ReadableStream && !body.locked) await body.cancel().catch(() => undefined);
    throw error;
  };
  const fetch: Fetch = (url, init) => follow(url, init).catch((error: unknown) => letGo(error, init?.body));
  return Object.assign(fetch, { close: () => pool?.close() });
}

type Attempt = { readonly stop: AbortSignal; readonly waits: boolean; explain(cause: unknown): Error };
/** A connection of its own, which the end of the answer closes, or one of those that are kept. */
type Line = { readonly agent: Agent } | { readonly createConnection: () => Socket };

/** What is sent could not be read: nothing is wrong with who it is sent to. */
class SourceError extends Error {}

function dial({ url, namedBy }: FetchRequest, connect: Connect, stop: AbortSignal): Promise<Socket> {
  const secure = url.protocol === 'https:';
  return connect(
    {
      // The URL parser has made one spelling of all that an address can have.
      host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
      port: url.port === '' ? (secure ? 443 : 80) : Number(url.port),
      ...(secure && { tls: { verify: true } }),
      ...(namedBy !== 'operator' && { chosenByUser: {} }),
      timeout: MOST_TIME,
    },
    stop,
  );
}

type Sending = { readonly how: Line; readonly stop: AbortSignal };

/** A kept connection may have been closed while the request was on its way: what can be asked twice is. */
async function send(open: typeof httpRequest, request: FetchRequest, sending: Sending): Promise<IncomingMessage> {
  const first = attempt(open, request, sending);
  return first.answer.catch((error: unknown) => {
    const again = REPEATABLE.has(request.method) && !(request.body instanceof ReadableStream);
    if (!again || !first.outgoing.reusedSocket || sending.stop.aborted) throw error;
    return attempt(open, request, sending).answer;
  });
}

function attempt(
  open: typeof httpRequest,
  { url, method, headers, body, size }: FetchRequest,
  { how, stop }: Sending,
): { readonly outgoing: ClientRequest; readonly answer: Promise<IncomingMessage> } {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const length = body instanceof ReadableStream || body === undefined ? size : Buffer.byteLength(body);
  const outgoing = open({
    ...how,
    method,
    host: url.hostname,
    path: url.pathname + url.search,
    headers: {
      'Accept-Encoding': 'identity',
      ...headers,
      Host: url.host,
      ...('agent' in how ? {} : { Connection: 'close' }),
      ...(length !== undefined && { 'Content-Length': length }),
    },
  });
  const abort = () => outgoing.destroy(stop.reason);
  stop.addEventListener('abort', abort, { once: true });
  if (stop.aborted) abort();
  outgoing.on('error', reject);
  outgoing.on('response', (answer) => resolve(answer));
  outgoing.on('upgrade', () => outgoing.destroy(new Error('an answer that nobody asked for')));
  outgoing.on('close', () => stop.removeEventListener('abort', abort));
  if (body instanceof ReadableStream) pour(body, outgoing);
  else outgoing.end(body);
  return { outgoing, answer: promise };
}

/** Sends a stream no faster than it is taken. It is read no further once there is an answer, or nobody who takes it. */
function pour(body: ReadableStream<Uint8Array>, outgoing: ClientRequest): void {
  const source = Readable.fromWeb(body as WebStream);
  let over = false;
  const stop = () => {
    over = true;
    source.destroy();
  };
  source.on('error', (cause) => {
    if (!over) outgoing.destroy(new SourceError('what is sent broke', { cause }));
  });
  outgoing.on('close', stop);
  outgoing.on('response', (answer) => {
    if (outgoing.writableEnded) return;
    // RFC 9112 §9.3: what was not sent to its end leaves the connection to nobody else.
    stop();
    answer.on('end', () => outgoing.destroy());
  });
  source.pipe(outgoing);
}
