import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { FakeAccounts } from './homeserver-accounts.ts';
import { answerCall, type FakeCall, short } from './homeserver-calls.ts';
import { type FakeEvent, FakeState, type Json, Refusal } from './homeserver-state.ts';

export { SERVER } from './homeserver-state.ts';
export const AS_TOKEN = 'as-secret';
export const HS_TOKEN = 'hs-secret';

/** What befalls the next call that changes something. */
export type Fault =
  | { readonly kind: 'refuse'; readonly status: number; readonly body: Json }
  | { readonly kind: 'html'; readonly status: number }
  /** The work is done, and the answer is an error or the end of the line. */
  | { readonly kind: 'done-then'; readonly status: number | 'break' };

/** A transaction as it was sent, and how it was answered once it was. */
export type Sent = { readonly id: string; readonly body: Json; status: number | undefined };

export type FakeHomeserver = AsyncDisposable & {
  readonly url: string;
  readonly state: FakeState;
  /** Users' own clients. */
  readonly accounts: FakeAccounts;
  readonly faults: Fault[];
  /** Calls that are read and never answered: those whose method and path have one of these in them. */
  readonly silent: Set<string>;
  /** How many of them there were. */
  ignored: number;
  /** Such calls are answered 200 with a page, as by a proxy in between that signs people in. */
  readonly garbled: Set<string>;
  /** Such calls are refused with M_FORBIDDEN; `forbade` counts them. */
  readonly forbidden: Set<string>;
  readonly forbade: number;
  /** Calls that are done when they come, and answered at `answerLate`. */
  readonly slow: Set<string>;
  /** Answers all of them, or those that have that in them. */
  answerLate(part?: string): void;
  readonly late: number;
  /** What the application service has done, in order, as lines; what only asks is none. */
  readonly done: string[];
  /** Where transactions go, as far as it is known. */
  hooks: string[];
  readonly sent: readonly Sent[];
  /** Requests that are read and not answered, and transactions that are not answered. */
  readonly open: number;
  /** Sends a transaction to all hooks. What is not answered 200 is sent again, unless told otherwise. */
  push(body: Json, id?: string): Promise<Sent>;
  /** Sends what nobody has as an event: typing, receipts, presence. */
  ephemeral(edu: Json): Promise<Sent>;
  /** Events wait from now on. The returned function sends them as one transaction, in the order that `shuffle` gives. */
  gather(): (shuffle?: (events: Json[]) => Json[]) => Promise<Sent>;
  /** From now on messages of ghosts are read and not done. The returned function does and answers all. */
  hold(): () => void;
  readonly held: number;
  /** What is held is not done, and its lines end. */
  drop(): void;
  when<T>(look: () => T | undefined | false): Promise<T>;
  /** Resolves once nothing is under way. */
  idle(): Promise<void>;
  /** Resolves once nothing is under way but clients that wait for news, and have read all that there is. */
  quiet(): Promise<void>;
};

export async function homeserver(): Promise<FakeHomeserver> {
  const watchers = new Set<() => void>();
  const faults: Fault[] = [];
  const done: string[] = [];
  const silent = new Set<string>();
  const slow = new Set<string>();
  const garbled = new Set<string>();
  const forbidden = new Set<string>();
  let forbade = 0;
  let late: { readonly call: FakeCall; readonly answer: () => void }[] = [];
  const sent: Sent[] = [];
  let gathered: Json[] | undefined;
  let held: (() => void)[] | undefined;
  let heldLines: ServerResponse[] = [];
  let requests = 0;
  let pushing = 0;
  let queue: Promise<unknown> = Promise.resolve();
  let closing = false;
  const tell = (): void => {
    for (const watch of [...watchers]) watch();
  };
  const state: FakeState = new FakeState((event) => {
    accounts.log.add({ kind: 'event', event });
    accounts.wake();
    if (!concerns(event)) return;
    if (gathered) gathered.push(event);
    else void fake.push({ events: [event] });
  });

  const accounts = new FakeAccounts(state, tell);

  /** Homeservers tell of what users of the namespace do, and of rooms in which there are any (application service API, `users`). */
  function concerns({ room_id, sender, state_key = '' }: FakeEvent): boolean {
    const room = state.rooms.get(room_id);
    const ours = (user: string): boolean => user.startsWith('@_xmpp_');
    return ours(sender) || ours(state_key) || (room !== undefined && state.joined(room).some(ours));
  }

  const server = createServer((request, response) => {
    requests += 1;
    response.once('close', closed);
    void serve(request, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  function closed(): void {
    requests -= 1;
    tell();
  }

  /** Nobody waits for what is never answered. */
  function ignore(response: ServerResponse): void {
    response.off('close', closed);
    closed();
  }

  function postpone(call: FakeCall, response: ServerResponse): void {
    ignore(response);
    let head: Parameters<ServerResponse['writeHead']> | undefined;
    const kept = {
      writeHead(...args: Parameters<ServerResponse['writeHead']>) {
        head = args;
        return kept;
      },
      end: (body: unknown) => void late.push({ call, answer: () => response.writeHead(...(head ?? [200])).end(body) }),
    };
    answer(call, kept as unknown as ServerResponse);
  }

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const parts: Buffer[] = [];
    for await (const part of request as AsyncIterable<Buffer>) parts.push(part);
    const at = new URL(request.url ?? '/', url);
    const call: FakeCall = {
      method: request.method ?? 'GET',
      path: at.pathname.split('/').slice(2).map(decodeURIComponent),
      query: at.searchParams,
      bytes: Buffer.concat(parts),
      type: request.headers['content-type'] ?? '',
      user: at.searchParams.get('user_id') ?? '@_xmpp_bot:hs.example',
    };
    try {
      Object.assign(call, caller(request.headers.authorization ?? '', call));
    } catch (error) {
      return refuse(response, error);
    }
    if (isPutOff(call, response)) return;
    if (call.path.at(-1) === 'upload' && request.headers['content-length'] === undefined)
      return end(response, 400, { errcode: 'M_UNKNOWN', error: 'Request must specify a Content-Length' });
    if (call.path.at(-1) === 'sync') return accounts.sync(call, response);
    const work = (): void => answer(call, response);
    if (held && call.path.includes('send')) {
      held.push(work);
      heldLines.push(response);
    } else work();
    tell();
  }

  const isOf = (list: ReadonlySet<string>, { method, path, user }: FakeCall): boolean =>
    [...list].some((one) => `${method} ${path.join('/')}$ ${short(user)}`.includes(one));

  /** Whether it is not answered, or not yet. */
  function isPutOff(call: FakeCall, response: ServerResponse): boolean {
    const isLate = isOf(slow, call);
    if (isOf(silent, call)) leaveUnanswered(response);
    else if (isOf(forbidden, call)) forbid(response);
    else if (isOf(garbled, call)) response.writeHead(200, { 'Content-Type': 'text/html' }).end('<html>Please sign in');
    else if (isLate) postpone(call, response);
    else return false;
    return true;
  }

  function leaveUnanswered(response: ServerResponse): void {
    fake.ignored++;
    ignore(response);
  }

  function forbid(response: ServerResponse): void {
    forbade++;
    response.writeHead(403, { 'Content-Type': 'application/json' }).end('{"errcode":"M_FORBIDDEN","error":""}');
  }

  /** Who calls: an application service in the name of its users, a client of an account, or who is about to log in. */
  function caller(authorization: string, { path }: FakeCall): Partial<FakeCall> {
    if (authorization === `Bearer ${AS_TOKEN}`) return {};
    const known = [path.at(-1) ?? '', path.at(-2) ?? ''];
    if (['login', 'refresh', 'auth_metadata'].some((one) => known.includes(one))) return { user: '', device: '' };
    const { user, id } = accounts.device(authorization.replace(/^Bearer /, ''));
    return { user, device: id };
  }

  function answer(call: FakeCall, response: ServerResponse): void {
    const changes = call.method !== 'GET' && !['publicRooms', 'search', 'ping'].includes(call.path.at(-1) ?? '');
    const fault = changes ? faults.shift() : undefined;
    if (fault?.kind === 'refuse') end(response, fault.status, fault.body);
    else if (fault?.kind === 'html') response.writeHead(fault.status, { 'Content-Type': 'text/html' }).end('<html>');
    else work(call, response, fault?.status);
    tell();
  }

  /** Does the work, and answers as it is, or with what it is to look like. */
  function work(call: FakeCall, response: ServerResponse, instead: number | 'break' | undefined): void {
    try {
      const answered = answerCall({ state, accounts, note: (line) => void done.push(line) }, call);
      if (instead === 'break') return void response.destroy();
      if (instead !== undefined) return end(response, instead, {});
      if ('bytes' in answered)
        return void response.writeHead(200, { 'Content-Type': answered.type }).end(answered.bytes);
      end(response, 200, answered.body);
      accounts.wake();
    } catch (error) {
      refuse(response, error);
    }
  }

  function refuse(response: ServerResponse, error: unknown): void {
    if (!(error instanceof Refusal)) throw error;
    end(response, error.status, error.body);
  }

  function end(response: ServerResponse, status: number, body: unknown): void {
    response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));
  }

  async function post(one: Sent): Promise<void> {
    // One after the other, and the same again until it is taken (application service API §4.1.2).
    for (let tries = 0; tries < 50 && !closing; tries++) {
      const statuses = await Promise.all(
        fake.hooks.map(async (hook) => {
          const answered = await fetch(`${hook}/_matrix/app/v1/transactions/${one.id}`, {
            method: 'PUT',
            headers: { Authorization: `Bearer ${HS_TOKEN}`, 'Content-Type': 'application/json' },
            body: JSON.stringify(one.body),
          }).catch(() => undefined);
          return answered?.status ?? 0;
        }),
      );
      if (statuses.every((status) => status === 200)) {
        one.status = 200;
        return;
      }
      await new Promise((next) => setTimeout(next, 20));
    }
    one.status = 0;
  }

  const fake: FakeHomeserver = {
    url,
    state,
    accounts,
    faults,
    silent,
    ignored: 0,
    garbled,
    forbidden,
    get forbade() {
      return forbade;
    },
    slow,
    get late() {
      return late.length + accounts.late.length;
    },
    answerLate(part) {
      const meant = late.filter(({ call }) => part === undefined || isOf(new Set([part]), call));
      late = late.filter((one) => !meant.includes(one));
      const syncs = part === undefined ? accounts.late.splice(0) : [];
      for (const work of [...meant.map((one) => one.answer), ...syncs]) work();
    },
    done,
    hooks: [],
    sent,
    get open() {
      return requests + pushing;
    },
    get held() {
      return held?.length ?? 0;
    },
    async push(body, id = `t${state.nextId()}`) {
      const one: Sent = { id, body, status: undefined };
      sent.push(one);
      pushing += 1;
      const work = queue.then(() => post(one));
      queue = work;
      await work;
      pushing -= 1;
      tell();
      return one;
    },
    ephemeral(edu) {
      if (edu.type === 'm.presence') accounts.log.add({ kind: 'presence', event: edu });
      else accounts.log.add({ kind: 'ephemeral', room: String(edu.room_id), edu });
      accounts.wake();
      return fake.push({ events: [], ephemeral: [edu] });
    },
    gather() {
      const events: Json[] = [];
      gathered = events;
      return (shuffle = (list) => list) => {
        gathered = undefined;
        return fake.push({ events: shuffle(events) });
      };
    },
    drop() {
      held = undefined;
      for (const response of heldLines.splice(0)) response.destroy();
    },
    hold() {
      heldLines = [];
      const waiting: (() => void)[] = [];
      held = waiting;
      return () => {
        held = undefined;
        for (const work of waiting) work();
      };
    },
    when: (look) =>
      new Promise((resolve) => {
        const watch = (): void => {
          const found = look();
          if (found === undefined || found === false) return;
          watchers.delete(watch);
          resolve(found);
        };
        watchers.add(watch);
        watch();
      }),
    idle: async () => void (await fake.when(() => fake.open === 0)),
    quiet: async () => void (await fake.when(() => fake.open === accounts.parked && accounts.quiet)),
    async [Symbol.asyncDispose]() {
      closing = true;
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  return fake;
}
