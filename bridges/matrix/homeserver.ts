import type { Host } from '#src/bridge.ts';
import { backoff } from '#src/lib/backoff.ts';
import type { FetchInit } from '#src/lib/fetch.ts';
import { Failure } from '#src/model/failure.ts';
import type { Json } from './wire/event.ts';
import { objectOf } from './wire/event.ts';
import { failureOf } from './wire/failures.ts';

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
};

/** A homeserver as one token reaches it. Everything rejects with a `Failure`. */
export type Homeserver = {
  /** Makes a call below `/_matrix/client` and resolves with the object that is answered. */
  call(call: Call): Promise<Json>;
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
/** A pause that the homeserver asks for is waited for here up to so long; beyond it the failure says so. */
const LONGEST_WAIT = 5_000;

/** A client of a homeserver that tries again what may be tried again. */
export function openHomeserver(options: HomeserverOptions): Homeserver {
  const { host, url: base, namedBy, timeout, token, tries = 3 } = options;
  const wait = backoff({ min: 200, max: 5_000, random: Math.random });

  const headers = (more: Readonly<Record<string, string>> = {}) => ({ Authorization: `Bearer ${token()}`, ...more });
  const usual = { namedBy, redirects: 0 } as const;

  async function once({ method, path, query, body, as, ...call }: Call): Promise<Response> {
    const url = `${base}/_matrix/${path.map(segment).join('/')}${queryOf({ ...query, user_id: as })}`;
    return host.fetch(url, {
      ...usual,
      method,
      headers: headers(body && { 'Content-Type': 'application/json' }),
      ...(body && { body: JSON.stringify(body) }),
      timeout: call.timeout ?? timeout,
      maxBytes: call.maxBytes ?? USUAL_SIZE,
      signal: call.signal ? AbortSignal.any([call.signal, host.signal]) : host.signal,
    });
  }

  async function answered(call: Call): Promise<Json> {
    const response = await once(call);
    const text = await response.text();
    const body = parsed(text);
    if (!response.ok) throw failureOf(response.status, body, !isRepeatable(call));
    // A proxy in between that answers for it.
    if (body === undefined) throw new Failure('remote-server-timeout', { certain: isRepeatable(call) });
    return objectOf(body);
  }

  async function call(given: Call): Promise<Json> {
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
    if (!(error instanceof Failure) || attempt + 1 >= tries || host.signal.aborted || given.signal?.aborted)
      return undefined;
    // It was turned away unseen.
    const limited = error.code === 'too-fast';
    if (!limited && !(isRepeatable(given) && error.code === 'remote-server-timeout')) return undefined;
    const pause = Math.max(error.retryAfter ?? 0, limited && error.retryAfter !== undefined ? 0 : wait(attempt));
    return pause <= LONGEST_WAIT ? pause : undefined;
  }

  return {
    call,
    async bytes(given) {
      const response = await once(given);
      if (response.ok) return response;
      throw failureOf(response.status, parsed(await response.text()));
    },
    async upload(content, { name, type, size, as }) {
      const query = queryOf({ filename: name, user_id: as });
      const response = await host.fetch(`${base}/_matrix/media/v3/upload${query}`, {
        ...usual,
        method: 'POST',
        headers: headers({ 'Content-Type': type ?? 'application/octet-stream' }),
        body: content,
        ...(size !== undefined && { size }),
        timeout: 10 * MINUTE,
        signal: host.signal,
      });
      const body = parsed(await response.text());
      if (!response.ok) throw failureOf(response.status, body);
      const { content_uri: mxc } = objectOf(body);
      if (typeof mxc !== 'string') throw new Failure('remote-server-timeout');
      return mxc;
    },
  };
}

/** A segment of a path as it is. Throws a `Failure` for those that lead elsewhere. */
function segment(text: string): string {
  if (/^\.{1,2}$/.test(text) || !text.isWellFormed()) throw new Failure('item-not-found');
  return encodeURIComponent(text);
}

const isRepeatable = ({ method, repeatable }: Call): boolean => repeatable ?? method !== 'POST';

function queryOf(query: NonNullable<Call['query']>): string {
  const given = Object.entries(query).flatMap(([name, value]): [string, string][] =>
    value === undefined ? [] : [value].flat().map((one) => [name, String(one)]),
  );
  return given.length === 0 ? '' : `?${new URLSearchParams(given)}`;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
