import { AsyncLocalStorage } from 'node:async_hooks';
import { type ResolveHookSync, registerHooks } from 'node:module';
import type { MatrixClient } from 'matrix-bot-sdk';
import type { Json } from '#bridges/matrix/wire/event.ts';
import { objectOf } from '#bridges/matrix/wire/event.ts';
import type { FetchInit } from '#src/lib/http/fetch.ts';

/** A request as matrix-bot-sdk is asked for it. */
export type SdkCall = {
  readonly method: string;
  /** With the segments of its path encoded. */
  readonly endpoint: string;
  readonly query: Readonly<Record<string, SdkValue>>;
  readonly body?: Json | undefined;
  /** The user in whose name it is made. */
  readonly as: string | undefined;
  readonly timeout: number;
  /** Content that is no JSON: the library takes buffers alone, so it goes past it. */
  readonly content?: { readonly body: NonNullable<FetchInit['body']>; readonly type: string } | undefined;
};
type SdkValue = string | number | readonly string[] | undefined;

/** Sends what the library has made of a call. */
type Send = (url: string, init: FetchInit) => Promise<Response>;

/** An answer that is a refusal, as the library throws it. */
export type SdkRefusal = { readonly statusCode: number; readonly body: Json };

/** The library, with its requests led to whoever makes them. */
export type MatrixSdk = {
  open(url: string, token: string): MatrixClient;
  /** Makes a call. Rejects with an `SdkRefusal`, or with the error of `send`. */
  call(client: MatrixClient, call: SdkCall, send: Send): Promise<Response>;
};

let sdk: Promise<MatrixSdk> | undefined;

/** Loads it, once in a process. */
export function loadSdk(): Promise<MatrixSdk> {
  sdk ??= load();
  return sdk;
}

/** The function of the library that sends is one for the process. */
const senders = new AsyncLocalStorage<Send>();

async function load(): Promise<MatrixSdk> {
  const hooks = registerHooks({ resolve: resolveUsed });
  const library = await import('matrix-bot-sdk').finally(() => hooks.deregister());
  const { LogService, MatrixClient, setRequestFn } = library;
  // Its log names people and rooms.
  LogService.setLogger({ trace: silent, debug: silent, info: silent, warn: silent, error: silent });
  setRequestFn(sendBy);
  return {
    open: (url, token) => new MatrixClient(url, token),
    async call(client, { method, endpoint, query, body, as, timeout, content }, send) {
      // The library reads this before it waits for anything, so one client makes the calls of all ghosts.
      client.impersonateUserId(as as string);
      const given = content ? Buffer.alloc(0) : body;
      const sending: Send = content ? (url, init) => send(url, { ...init, body: content.body }) : send;
      const ask = () => client.doRequest(method, endpoint, { ...query }, given, timeout, false, content?.type);
      return ((await senders.run(sending, ask)) as Answer).response;
    },
  };
}

/** What it loads and is asked for nothing of, which is most of its memory and time: sending, a listener, stores, HTML, encryption. */
const UNUSED = [
  ...['request', 'express', 'morgan', 'lowdb', 'lowdb/adapters/FileSync', 'postgres'],
  ...['sanitize-html', 'html-to-text', 'htmlencode', '@matrix-org/matrix-sdk-crypto-nodejs'],
];
const INSTEAD = { url: 'node:module', format: 'builtin', shortCircuit: true };

const resolveUsed: ResolveHookSync = (name, context, next) =>
  UNUSED.includes(name) && context.parentURL?.includes('/matrix-bot-sdk/') ? INSTEAD : next(name, context);

const silent = (): void => undefined;

/** What the library asks the package `request` for. */
type SdkRequest = {
  readonly uri: string;
  readonly method: string;
  readonly qs: Readonly<Record<string, SdkValue>>;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
  readonly timeout: number;
};
/** Wrapped, for the library takes whatever has an `errcode` for a refusal: also the content of an event. */
type Answer = { readonly response: Response };
type Told = (error: unknown, response?: Partial<SdkRefusal>, answer?: Answer) => void;

function sendBy(request: SdkRequest, told: Told): void {
  const send = senders.getStore();
  if (!send) told(new Error('a request that no transport makes'));
  else answerTo(send, request).then(({ status, answer }) => told(undefined, status, answer), told);
}

async function answerTo(send: Send, { uri, qs, method, headers, body, timeout }: SdkRequest) {
  const response = await send(uri + queryOf(qs), { method, headers, body, timeout });
  if (response.ok) return { status: { statusCode: response.status }, answer: { response } };
  const refusal = objectOf(parsed(await response.text()));
  // Client-server API §2.3: what the header says holds, and the field of the body is the older way.
  const pause = pauseIn(response.headers);
  const asked = pause === undefined ? refusal : { ...refusal, retry_after_ms: pause };
  return { status: { statusCode: response.status, body: asked } };
}

/** Milliseconds that an answer asks to be waited for (RFC 9110 §10.2.3: seconds, or a date, by the clock of who answers). */
function pauseIn(headers: Headers): number | undefined {
  const wish = headers.get('retry-after') ?? '';
  if (/^\d{1,9}$/.test(wish)) return Number(wish) * 1000;
  if (!wish.endsWith(' GMT')) return undefined;
  const pause = Date.parse(wish) - Date.parse(headers.get('date') ?? '');
  return Number.isNaN(pause) ? undefined : Math.max(0, pause);
}

function queryOf(query: SdkRequest['qs']): string {
  const given = Object.entries(query).flatMap(([name, value]): [string, string][] =>
    value === undefined ? [] : [value].flat().map((one) => [name, String(one)]),
  );
  return given.length === 0 ? '' : `?${new URLSearchParams(given)}`;
}

/** What a text says as JSON; nothing for what is none. */
export function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
