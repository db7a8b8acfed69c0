import { Failure } from '#src/model/failure.ts';

/** What the SDK asks its client for, as far as we let it. */
type SdkRequest = {
  readonly method: string;
  readonly uri: string;
  readonly username?: string;
  readonly password?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly params?: object;
  readonly data?: object;
};

/** An answer as the SDK reads it. */
type Answered = { readonly statusCode: number; readonly body: string; readonly headers: Headers };

export type TwilioHttp = {
  request(asked: SdkRequest): Promise<Answered>;
};

/** An answer to a request of ours is never longer. */
const MOST_BYTES = 4 * 1024 * 1024;

/** The HTTP client of the SDK over `fetch`: to `api` whatever host the SDK names, within `timeout` milliseconds. */
export function twilioHttp(api: string, timeout: number, stop: AbortSignal): TwilioHttp {
  return {
    async request({ method, uri, username = '', password = '', headers = {}, params, data }) {
      const asked = new URL(uri);
      const url = new URL(api + asked.pathname + asked.search);
      for (const [key, value] of fieldsOf(params)) url.searchParams.append(key, value);
      const body = data === undefined ? undefined : new URLSearchParams(fieldsOf(data)).toString();
      const credentials = Buffer.from(`${username}:${password}`).toString('base64');
      const signal = AbortSignal.any([stop, AbortSignal.timeout(timeout)]);
      try {
        const response = await fetch(url, {
          method: method.toUpperCase(),
          headers: { ...headers, Authorization: `Basic ${credentials}` },
          ...(body !== undefined && { body }),
          // Credentials do not follow a redirect.
          redirect: 'manual',
          signal,
        });
        return { statusCode: response.status, body: await limitedText(response), headers: response.headers };
      } catch (error) {
        throw broken(error, stop.aborted);
      }
    },
  };
}

const fieldsOf = (values: object = {}): [string, string][] =>
  Object.entries(values).flatMap(([key, value]) =>
    (Array.isArray(value) ? value : [value]).map((one): [string, string] => [key, String(one)]),
  );

async function limitedText(response: Response): Promise<string> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of response.body ?? []) {
    size += part.length;
    if (size > MOST_BYTES) throw new Error('an answer without end');
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}

/** Errors of a connection that was never there: nothing can have been done. */
const NEVER = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);

function broken(error: unknown, stopping: boolean): Failure {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  if (stopping) return new Failure('stopping', { certain: false, cause: error });
  return new Failure('remote-server-timeout', { certain: NEVER.has(code), cause: error });
}
