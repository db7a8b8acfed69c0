import type { IncomingMessage, request } from 'node:http';
import type { Socket } from 'node:net';
import { type FetchRequest, firstRequest, nextRequest } from './fetch-request.ts';
import { decoded } from './fetch-response.ts';
import type { Connect } from './net.ts';

export type FetchInit = {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  /** Milliseconds until the last byte of the answer, 30 000 at most and if left out. */
  readonly timeout?: number;
  /** The most bytes of the body once it is decoded. 1 MiB if left out. */
  readonly maxBytes?: number;
  /** How many redirects are followed, 3 at most and if left out. */
  readonly redirects?: number;
  /** Gives the request up, also while the body is read. */
  readonly signal?: AbortSignal;
  /** The operator named this host: the address rules are for those that others name. They hold for redirects elsewhere. */
  readonly chosenByOperator?: boolean;
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
const REDIRECTS = new Set([301, 302, 303, 307, 308]);

/**
 * Fetches what others name (SECURITY rule 8): http and https only, the checked address is the one connected to, every
 * hop of a redirect is checked, no credentials go along, nothing is kept between requests.
 */
export function openFetch({ connect, refuse }: Options): Fetch {
  return async (url, init = {}) => {
    const deadline = AbortSignal.timeout(Math.min(init.timeout ?? MOST_TIME, MOST_TIME));
    const stop = AbortSignal.any([deadline, ...(init.signal ? [init.signal] : [])]);
    const explain = (cause: unknown): Error => {
      if (deadline.aborted) return refuse('too-slow', 'The answer took too long.', cause);
      if (stop.aborted) return refuse('aborted', 'The request was given up.', cause);
      return refuse('bad-answer', 'The connection broke before the answer was whole.', cause);
    };
    const ask = async (request: FetchRequest): Promise<IncomingMessage> => {
      // Loaded where it is used: few gateways fetch anything, and it takes 5 MB.
      const http = await import('node:http');
      const socket = await dial(request, connect, stop).catch((error: unknown) => {
        throw stop.aborted ? explain(error) : error;
      });
      return send(http.request, request, { socket, stop }).catch((error: unknown) => {
        throw explain(error);
      });
    };
    const limits = { most: init.maxBytes ?? USUAL_SIZE, refuse, explain };
    const hops = Math.min(init.redirects ?? MOST_REDIRECTS, MOST_REDIRECTS);
    let request = firstRequest(url, init, refuse);
    for (let hop = 0; ; hop++) {
      const answer = await ask(request);
      const { statusCode: status = 0, headers } = answer;
      if (!REDIRECTS.has(status) || headers.location === undefined) return decoded(answer, request.method, limits);
      answer.destroy();
      if (hop >= hops) throw refuse('too-many-redirects', `${request.url.host} redirects too often.`);
      request = nextRequest(request, { status, location: headers.location }, refuse);
    }
  };
}

function dial({ url, trusted }: FetchRequest, connect: Connect, stop: AbortSignal): Promise<Socket> {
  const secure = url.protocol === 'https:';
  return connect(
    {
      // The URL parser has made one spelling of all that an address can have.
      host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
      port: url.port === '' ? (secure ? 443 : 80) : Number(url.port),
      ...(secure && { tls: { verify: true } }),
      ...(!trusted && { chosenByUser: {} }),
      timeout: MOST_TIME,
    },
    stop,
  );
}

/** One request on a connection of its own, which the end of the answer closes. */
function send(
  open: typeof request,
  { url, method, headers, body }: FetchRequest,
  { socket, stop }: { readonly socket: Socket; readonly stop: AbortSignal },
) {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const outgoing = open({
    // With any `agent`, `false` included, Node would open a connection of its own, and to an address of its own.
    createConnection: () => socket,
    method,
    host: url.hostname,
    path: url.pathname + url.search,
    headers: {
      'Accept-Encoding': 'identity',
      ...headers,
      Host: url.host,
      Connection: 'close',
      ...(body !== undefined && { 'Content-Length': Buffer.byteLength(body) }),
    },
  });
  const abort = () => outgoing.destroy(stop.reason);
  stop.addEventListener('abort', abort, { once: true });
  if (stop.aborted) abort();
  outgoing.on('error', reject);
  outgoing.on('response', (answer) => resolve(answer));
  outgoing.on('upgrade', () => outgoing.destroy(new Error('an answer that nobody asked for')));
  outgoing.on('close', () => stop.removeEventListener('abort', abort));
  outgoing.end(body);
  return promise;
}
