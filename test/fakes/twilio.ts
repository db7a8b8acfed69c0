import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { operationOf, strayNames } from './twilio-contract.ts';
import { ACCOUNT, type FakeMessage, magic, page, ROOT, render, renderMedia, sidOf, TOKEN } from './twilio-messages.ts';
import { encoded, inbound, type Params, signature, statusOf } from './twilio-webhooks.ts';

export { ACCOUNT, TOKEN } from './twilio-messages.ts';
export { inbound, signature } from './twilio-webhooks.ts';

/** What befalls a request. What is about work done holds for requests that send a text. */
export type Fault =
  | { readonly kind: 'refuse'; readonly status: number; readonly code: number }
  /** The work is done, and the answer is an error or the end of the line. */
  | { readonly kind: 'done-then'; readonly status: number | 'break' }
  /** Nothing is done, and the line breaks. */
  | { readonly kind: 'break' }
  /** The callbacks of these come before the answer. */
  | { readonly kind: 'early'; readonly statuses: readonly string[] }
  /** It takes so many milliseconds before the work is done, and then until it is answered. */
  | { readonly kind: 'slow'; readonly before: number; readonly after: number }
  /** The work is done, and the answer is nothing that anybody could read. */
  | { readonly kind: 'garbage' };

/** What befalls requests as they come, where `faults` says nothing. */
export type Whims = {
  create(): Fault | undefined;
  list(): Fault | undefined;
  /** A message is there. What this resolves with is waited for before the answer. */
  created(message: FakeMessage): void | Promise<void>;
  /** Whether a message stands in lists by now. */
  listed(message: FakeMessage): boolean;
};

/** Where a bridge waits for webhooks: what it is called, and where it really is. */
export type Hook = { readonly url: string; readonly real: string };
export type Answered = { readonly status: number; readonly body: string };

export type Twilio = AsyncDisposable & {
  readonly api: string;
  /** Milliseconds since 1970 as the fake has them. */
  now: number;
  readonly messages: readonly FakeMessage[];
  readonly hooks: Hook[];
  readonly faults: Fault[];
  whims: Whims | undefined;
  /** Requests that are read and not answered. */
  readonly open: number;
  /** Texts that were asked for and are neither sent nor refused yet, whether anybody waits for that or not. */
  readonly working: number;
  /** Somebody writes on a phone. The webhooks are called one after the other; resolves with their answers. */
  receive(text: {
    from: string;
    to: string;
    body: string;
    media?: readonly { type: string; bytes: Buffer }[];
  }): Promise<readonly Answered[]>;
  /** A message of ours fares on. Resolves with the answer to the callback. */
  fare(sid: string, status: string, code?: number): Promise<Answered | undefined>;
  /** Posts any webhook, signed unless told otherwise. */
  post(hook: Hook, params: Params, headers?: Record<string, string>): Promise<Answered>;
  /** So many times a file that is asked for is not ready yet. */
  unready: number;
  /** What people call themselves, by their phone. */
  readonly profiles: Map<string, string>;
  /** While it is on, webhooks are lost on their way. */
  silent: boolean;
  /** The most entries of a page. */
  pageSize: number;
  /** While it is on, each page says that it is followed by itself. */
  endless: boolean;
  /** Pages of messages that were read. */
  readonly pages: number;
  /** From now on texts are read and nothing is done. The returned function does it all. */
  hold(): () => void;
  /** From now on connections are refused, and there are none. The returned function ends that. */
  leave(): Promise<() => Promise<void>>;
  /** Resolves with what `look` finds, looked for after each thing that happens. */
  when<T>(look: () => T | undefined | false): Promise<T>;
};

const BASIC = `Basic ${Buffer.from(`${ACCOUNT}:${TOKEN}`).toString('base64')}`;

/** Opens it at a port; at any that is free if left out. */
export async function twilioServer(port = 0): Promise<Twilio> {
  const messages: FakeMessage[] = [];
  const watchers = new Set<() => void>();
  const hooks: Hook[] = [];
  const faults: Fault[] = [];
  let held: (() => void)[] | undefined;
  let open = 0;
  let working = 0;
  let pages = 0;
  const tell = (): void => {
    for (const watch of [...watchers]) watch();
  };

  const server = createServer((request, response) => {
    open += 1;
    response.once('close', () => {
      open -= 1;
      tell();
    });
    void serve(request, response);
  });
  const listen = async (at: number): Promise<void> => {
    server.listen(at, '127.0.0.1');
    await once(server, 'listening');
  };
  await listen(port);
  const api = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', api);
    const parts: Buffer[] = [];
    for await (const part of request as AsyncIterable<Buffer>) parts.push(part);
    const body = Buffer.concat(parts).toString('utf8');
    if (url.pathname.startsWith('/cdn/')) return cdn(url, request, response);
    if (request.headers.authorization !== BASIC) return refuse(response, 401, 20003);
    const known = operationOf(request.method ?? '', url.pathname);
    // Stricter than the real one, which leaves out what it does not know.
    if (known && strayNames(known, { url, body: new URLSearchParams(body) }).length > 0)
      return refuse(response, 400, 20001);
    if (request.method === 'POST' && url.pathname === `${ROOT}/Messages.json`) {
      const work = async (): Promise<void> => {
        working += 1;
        await create(new URLSearchParams(body), response);
        working -= 1;
      };
      if (!held) return work();
      held.push(() => void work());
      return tell();
    }
    if (request.method === 'GET') return list(url, response);
    return refuse(response, 404, 20404);
  }

  async function create(form: URLSearchParams, response: ServerResponse): Promise<void> {
    const fault = faults.shift() ?? fake.whims?.create();
    if (fault?.kind === 'slow') await delay(fault.before);
    if (fault?.kind === 'refuse') return refuse(response, fault.status, fault.code);
    if (fault?.kind === 'break') return void response.destroy();
    const [from, to] = [form.get('From') ?? '', form.get('To') ?? ''];
    const code = magic(from, to);
    if (code !== undefined) return refuse(response, 400, code);
    const message: FakeMessage = {
      ...asked(form),
      sid: sidOf('SM'),
      direction: 'outbound-api',
      from,
      to,
      media: [],
      created: fake.now,
      status: 'queued',
      error: null,
    };
    messages.unshift(message);
    if (fault?.kind === 'early') for (const status of fault.statuses) await fake.fare(message.sid, status);
    await fake.whims?.created(message);
    if (fault?.kind === 'slow') await delay(fault.after);
    done(message, fault, response);
    tell();
  }

  /** The answer to work that was done. */
  function done(message: FakeMessage, fault: Fault | undefined, response: ServerResponse): void {
    if (fault?.kind === 'garbage') response.writeHead(201).end('<html>');
    else if (fault?.kind === 'done-then' && fault.status === 'break') response.destroy();
    else if (fault?.kind === 'done-then') refuse(response, Number(fault.status), 20500);
    else json(response, 201, { ...render(message), status: 'queued' });
  }

  async function list(url: URL, response: ServerResponse): Promise<void> {
    const fault = fake.whims?.list();
    if (fault?.kind === 'slow') await delay(fault.before + fault.after);
    if (fault?.kind === 'refuse') refuse(response, fault.status, fault.code);
    else if (fault?.kind === 'break') response.destroy();
    else if (fault?.kind === 'garbage') response.writeHead(200).end('<html>');
    else find(url, response);
  }

  function find(url: URL, response: ServerResponse): void {
    if (url.pathname === `${ROOT}/Messages.json`) {
      const want = (name: string) => url.searchParams.get(name);
      const after = Date.parse(want('DateSent>') ?? '') || 0;
      const found = messages.filter(
        (one) =>
          (want('To') ?? one.to) === one.to &&
          (want('From') ?? one.from) === one.from &&
          (after === 0 || (one.created >= after && (one.direction === 'inbound' || one.status !== 'queued'))) &&
          (fake.whims?.listed(one) ?? true),
      );
      pages += 1;
      const whole = page('messages', found, url, { show: render, most: fake.pageSize });
      return json(response, 200, fake.endless ? { ...whole, next_page_uri: url.pathname + url.search } : whole);
    }
    const [, sid, mediaSid] = /\/Messages\/(\w+?)(?:\/Media(?:\/(\w+))?)?(?:\.json)?$/.exec(url.pathname) ?? [];
    const message = messages.find((one) => one.sid === sid);
    if (!message) return refuse(response, 404, 20404);
    const list = message.media.map((one) => renderMedia(message, one));
    if (url.pathname.endsWith('/Media.json'))
      return json(response, 200, page('media_list', list, url, { show: (one) => one }));
    const about = list.find(({ uri }) => uri === url.pathname);
    if (about) return json(response, 200, about);
    if (mediaSid !== undefined && fake.unready > 0) {
      fake.unready -= 1;
      refuse(response, 404, 20404);
      return tell();
    }
    if (mediaSid !== undefined) return void response.writeHead(307, { location: `${api}/cdn/${mediaSid}` }).end();
    return json(response, 200, render(message));
  }

  /** Where files really are: whoever shows credentials there has given them away. */
  function cdn(url: URL, request: IncomingMessage, response: ServerResponse): void {
    const file = messages.flatMap(({ media }) => media).find(({ sid }) => url.pathname === `/cdn/${sid}`);
    if (!file || request.headers.authorization !== undefined) return void response.writeHead(400).end();
    response.writeHead(200, { 'content-type': file.type }).end(file.bytes);
  }

  async function post({ url, real }: Hook, params: Params, headers: Record<string, string> = {}): Promise<Answered> {
    const response = await fetch(real, {
      method: 'POST',
      headers: {
        'content-type': 'application/x-www-form-urlencoded; charset=UTF-8',
        'x-twilio-signature': signature(url, params),
        ...headers,
      },
      body: encoded(params),
    });
    return { status: response.status, body: await response.text() };
  }

  const fake: Twilio = {
    api,
    now: 1_700_000_000_000,
    messages,
    hooks,
    faults,
    whims: undefined,
    silent: false,
    profiles: new Map(),
    unready: 0,
    pageSize: 1000,
    endless: false,
    get pages() {
      return pages;
    },
    get open() {
      return open;
    },
    get working() {
      return working;
    },
    async receive({ from, to, body, media = [] }) {
      const message: FakeMessage = {
        sid: sidOf(media.length > 0 ? 'MM' : 'SM'),
        direction: 'inbound',
        from,
        to,
        body,
        service: null,
        mediaUrls: [],
        media: media.map((one) => ({ ...one, sid: sidOf('ME') })),
        callback: undefined,
        created: fake.now,
        status: 'received',
        error: null,
      };
      messages.unshift(message);
      const answers: Answered[] = [];
      if (!fake.silent)
        for (const hook of hooks) answers.push(await post(hook, inbound(message, api, fake.profiles.get(from))));
      tell();
      return answers;
    },
    async fare(sid, status, code) {
      const message = messages.find((one) => one.sid === sid);
      if (!message) throw new Error(`there is no message ${sid}`);
      message.status = status;
      message.error = code ?? null;
      if (message.callback === undefined || fake.silent) return undefined;
      const hook = hooks.find(({ url }) => message.callback?.startsWith(new URL('.', url).href));
      const real = hook
        ? new URL('.', hook.real).href + message.callback.slice(new URL('.', hook.url).href.length)
        : '';
      return post({ url: message.callback, real }, statusOf(message));
    },
    post,
    hold() {
      held = [];
      return () => {
        const ready = held ?? [];
        held = undefined;
        for (const work of ready) work();
      };
    },
    async leave() {
      const { port: at } = server.address() as AddressInfo;
      const gone = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await gone;
      return () => listen(at);
    },
    when: (look) =>
      new Promise((done) => {
        const watch = (): void => {
          const found = look();
          if (found === undefined || found === false) return;
          watchers.delete(watch);
          done(found);
        };
        watchers.add(watch);
        watch();
      }),
    async [Symbol.asyncDispose]() {
      if (!server.listening) return;
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  return fake;
}

const asked = (form: URLSearchParams) => ({
  body: form.get('Body') ?? '',
  service: form.get('MessagingServiceSid'),
  mediaUrls: form.getAll('MediaUrl'),
  callback: form.get('StatusCallback') ?? undefined,
});

const json = (response: ServerResponse, status: number, body: object): void =>
  void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));

const refuse = (response: ServerResponse, status: number, code: number): void =>
  json(response, status, { code, message: 'No.', more_info: '', status });
