import type { ServerResponse } from 'node:http';
import type { Answered, FakeCall } from './homeserver-calls.ts';
import { type FakeState, type Json, Refusal, SERVER } from './homeserver-state.ts';
import { SyncLog } from './homeserver-sync.ts';
import { KeyServer } from './key-server.ts';

/** What befalls the next sync. */
export type SyncFault =
  | { readonly kind: 'refuse'; readonly status: number; readonly body: Json }
  | { readonly kind: 'html'; readonly status: number }
  | { readonly kind: 'redirect'; readonly to: string }
  /** It is read, and the line ends; or it is never answered. */
  | { readonly kind: 'break' }
  | { readonly kind: 'silence' }
  /** So many bytes more than there is to tell. */
  | { readonly kind: 'large'; readonly bytes: number }
  /** What was told before comes once more, as what is new. */
  | { readonly kind: 'repeat' }
  /** It is told later, as it is now. */
  | { readonly kind: 'late' }
  /** Before what is new in each room stands what nobody can read. */
  | { readonly kind: 'poison'; readonly events: readonly unknown[] };

/** `over`: its session has ended, and its token is not renewed. */
type Device = {
  readonly user: string;
  readonly id: string;
  token: string;
  refresh?: string;
  expires: boolean;
  over?: true;
};
type Parked = { readonly call: FakeCall; readonly response: ServerResponse };
/** How a device reads: it waits for news, has some to read, or was not answered as it should be. */
type Follower = { state: 'waits' | 'reads' | 'failed'; seen: number; parked?: Parked };

/** Users' own clients: their logins, keys and syncs. `heard` is told after each change of who waits for what. */
export class FakeAccounts {
  readonly keys = new KeyServer();
  readonly log: SyncLog;
  readonly faults: SyncFault[] = [];
  /** Syncs that are told later. */
  late: (() => void)[] = [];
  /** Logins get tokens that are renewed, and that end after an hour. */
  renewing = false;
  /** Whose every token is said to be. */
  claimed: string | undefined;
  /** Passwords are none of the homeserver's business. */
  delegated = false;
  /** Where the authentication service is by which they are made. */
  oauth: string | undefined;
  /** The most events of one timeline. */
  limit = 50;
  /** Places of syncs before this one are not known any more. */
  oldest = 0;
  /** While it is so nobody is told anything. */
  held = false;
  readonly #heard: () => void;
  readonly #devices: Device[] = [];
  readonly #browsed = new Map<string, string>();
  readonly #followers = new Map<string, Follower>();
  #waking = false;

  constructor(state: FakeState, heard: () => void) {
    this.#heard = heard;
    this.log = new SyncLog(state, this.keys);
  }

  /** Syncs that wait for news. */
  get parked(): number {
    return [...this.#followers.values()].filter(({ parked }) => parked).length;
  }

  /** Whether every client that is there has read all that there is. */
  get quiet(): boolean {
    return [...this.#followers.values()].every(
      ({ state, seen }) => state === 'failed' || (state === 'waits' && (this.held || seen === this.log.end)),
    );
  }

  /** Whether a user's client has asked for what follows all that there is. */
  hasRead(user: string): boolean {
    const own = [...this.#followers.values()].flatMap(({ parked }) => (parked?.call.user === user ? parked : []));
    return own.some(({ call }) => call.query.get('since') === `s${this.log.end}`);
  }

  /** Whose token it is. Throws a `Refusal` for one that is none. */
  device(token: string): Device {
    const found = this.#devices.find((one) => one.token === token && one.token !== '');
    if (!found) throw new Refusal(401, 'M_UNKNOWN_TOKEN');
    if (found.expires) throw new Refusal(401, 'M_UNKNOWN_TOKEN', { soft_logout: true });
    return found;
  }

  /** A device of a user, with what it logs in by: a new one, or one whose tokens before are void from then on. */
  login(user: string, id = `DEVICE${this.#devices.length + 1}`): Device {
    const known = this.#devices.find((one) => one.user === user && one.id === id && one.token !== '');
    if (known) {
      known.token += '+';
      known.expires = false;
      delete known.over;
      return known;
    }
    const device: Device = { user, id, token: `token-${id}`, expires: false };
    if (this.renewing) device.refresh = `refresh-${id}`;
    this.#devices.push(device);
    return device;
  }

  /** A device that another server than this has let in. */
  adopt(user: string, id: string, token: string): void {
    this.#devices.push({ user, id, token, expires: false });
  }

  /** Their tokens are void from now on: for ever, or until they are renewed, which is `refused` once their session is over. */
  end(user: string, softly: boolean, refused = false): void {
    for (const device of this.#devices) {
      if (device.user !== user) continue;
      if (softly) device.expires = true;
      if (refused) device.over = true;
      else device.token = '';
    }
    this.#refuseParked((one) => one === user, softly);
  }

  /** One device of them is logged out. */
  logout(id: string): void {
    for (const device of this.#devices) if (device.id === id) device.token = '';
    this.#refuseParked((_, device) => device === id, false);
  }

  /** What a browser comes back with in which a user has logged in: good for one login. */
  browse(user: string): string {
    const token = `browsed-${this.#browsed.size + 1}`;
    this.#browsed.set(token, user);
    return token;
  }

  /** The login of who comes with such a token. */
  welcome(token: string): Json {
    const user = this.#browsed.get(token);
    if (user === undefined) throw new Refusal(403, 'M_FORBIDDEN');
    this.#browsed.delete(token);
    const { id, token: own } = this.login(user);
    return { user_id: user, device_id: id, access_token: own };
  }

  refresh(refresh: unknown): Json {
    const found = this.#devices.find((one) => one.refresh !== undefined && one.refresh === refresh);
    if (!found) throw new Refusal(401, 'M_UNKNOWN_TOKEN');
    if (found.over) throw new Refusal(403, 'M_FORBIDDEN');
    found.token += '+';
    found.refresh = `${found.refresh}+`;
    found.expires = false;
    return { access_token: found.token, refresh_token: found.refresh, expires_in_ms: 3_600_000 };
  }

  /** Nobody reads any more: whoever comes now has started anew. */
  forgetFollowers(): void {
    this.#followers.clear();
  }

  sync(call: FakeCall, response: ServerResponse): void {
    const follower: Follower = { state: 'waits', seen: -1, parked: { call, response } };
    this.#followers.set(call.device ?? '', follower);
    response.once('close', () => {
      // The client has gone.
      if (follower.parked) this.#followers.delete(call.device ?? '');
      this.#heard();
    });
    if (!this.held) this.#look(follower);
    this.#heard();
  }

  /** Something has happened: whoever waits is told all of this turn at once. */
  wake(): void {
    if (this.#waking || this.held) return;
    this.#waking = true;
    setImmediate(() => {
      this.#waking = false;
      for (const follower of this.#followers.values()) this.#look(follower);
      this.#heard();
    });
  }

  #look(follower: Follower): void {
    const { parked } = follower;
    if (!parked || this.held) return;
    const { call, response } = parked;
    const fault = this.faults[0];
    const token = call.query.get('since') ?? undefined;
    const since = token === undefined ? undefined : Number(token.slice(1));
    const asked = {
      user: call.user,
      device: call.device ?? '',
      since: fault?.kind === 'repeat' ? Math.max(1, (since ?? 1) - 3) : since,
      full: call.query.get('full_state') === 'true',
      limit: this.limit,
    };
    if (!fault && follower.seen === this.log.end) return;
    follower.seen = this.log.end;
    if ((since ?? this.oldest) < this.oldest) {
      this.faults.unshift({ kind: 'refuse', status: 400, body: { errcode: 'M_UNKNOWN', error: '' } });
      return this.#fail(follower, parked, { kind: 'refuse', status: 400, body: { errcode: 'M_UNKNOWN', error: '' } });
    }
    if (fault && fault.kind !== 'repeat' && fault.kind !== 'poison' && fault.kind !== 'late')
      return this.#fail(follower, parked, fault);
    const { body, isNews } = this.log.tell(asked);
    if (!isNews && !fault && call.query.get('timeout') !== '0') return;
    if (fault) this.faults.shift();
    if (fault?.kind === 'poison') poison(body, fault.events);
    delete follower.parked;
    follower.state = fault?.kind === 'late' ? 'failed' : 'reads';
    const text = JSON.stringify(body);
    const answer = (): unknown => response.writeHead(200, { 'Content-Type': 'application/json' }).end(text);
    if (fault?.kind === 'late') this.late.push(answer);
    else answer();
  }

  #fail(
    follower: Follower,
    { call, response }: Parked,
    fault: Exclude<SyncFault, { kind: 'repeat' | 'poison' | 'late' }>,
  ): void {
    this.faults.shift();
    follower.state = 'failed';
    if (fault.kind === 'silence') return;
    delete follower.parked;
    if (fault.kind === 'break') return void response.destroy();
    if (fault.kind === 'redirect') return void response.writeHead(302, { Location: fault.to }).end();
    if (fault.kind === 'html')
      return void response.writeHead(fault.status, { 'Content-Type': 'text/html' }).end('<html>');
    if (fault.kind === 'large') {
      response.writeHead(200, { 'Content-Type': 'application/json' });
      return void response.end(
        JSON.stringify({ next_batch: call.query.get('since') ?? 's0', more: 'x'.repeat(fault.bytes) }),
      );
    }
    response.writeHead(fault.status, { 'Content-Type': 'application/json' }).end(JSON.stringify(fault.body));
  }

  #refuseParked(fits: (user: string, device: string) => boolean, softly: boolean): void {
    for (const [device, follower] of this.#followers) {
      if (!follower.parked || !fits(follower.parked.call.user, device)) continue;
      const body = { errcode: 'M_UNKNOWN_TOKEN', error: '', soft_logout: softly };
      const { parked } = follower;
      this.faults.unshift({ kind: 'refuse', status: 401, body });
      this.#fail(follower, parked, { kind: 'refuse', status: 401, body });
    }
    this.#heard();
  }
}

function poison(body: Json, events: readonly unknown[]): void {
  const { join } = body.rooms as { readonly join: Record<string, { readonly timeline: { events: unknown[] } }> };
  for (const { timeline } of Object.values(join)) timeline.events.unshift(...events);
}

type Work = {
  readonly state: FakeState;
  readonly accounts: FakeAccounts;
  readonly call: FakeCall;
  readonly body: Json;
  readonly at: readonly string[];
  note(line: string): void;
};

const ok = (body: unknown = {}): Answered => ({ body });

/** What accounts ask beside what application services do, as in `homeserver-calls.ts`. The password of all is `secret`. */
export const ACCOUNT_CALLS: Readonly<Record<string, (work: Work) => Answered>> = {
  'POST client v3 login'({ state, accounts, body }) {
    // Its logins are those of a Matrix Authentication Service.
    if (accounts.delegated) throw new Refusal(404, 'M_UNRECOGNIZED');
    if (body.type === 'm.login.token') return ok(accounts.welcome(String(body.token)));
    const { user = '' } = (body.identifier ?? {}) as { user?: string };
    const id = user.startsWith('@') ? user : `@${user}:${SERVER}`;
    if (!state.users.has(id) || body.password !== 'secret') throw new Refusal(403, 'M_FORBIDDEN');
    const { token, refresh, id: device } = accounts.login(id, body.device_id as string | undefined);
    const renewed = refresh === undefined ? {} : { refresh_token: refresh, expires_in_ms: 3_600_000 };
    return ok({ user_id: id, device_id: device, access_token: token, ...renewed });
  },
  'GET client v3 login': ({ accounts }) =>
    ok({
      flows: accounts.delegated
        ? []
        : [{ type: 'm.login.sso' }, { type: 'm.login.token' }, { type: 'm.login.password' }],
    }),
  'GET client v1 auth_metadata'({ accounts: { oauth: url } }) {
    if (url === undefined) throw new Refusal(404, 'M_UNRECOGNIZED');
    return ok({
      ...{ issuer: `${url}/`, token_endpoint: `${url}/token`, device_authorization_endpoint: `${url}/device` },
      ...{ registration_endpoint: `${url}/register`, revocation_endpoint: `${url}/revoke` },
      grant_types_supported: ['authorization_code', 'refresh_token', 'urn:ietf:params:oauth:grant-type:device_code'],
    });
  },
  'POST client v3 logout'({ accounts, call, note }) {
    accounts.logout(call.device ?? '');
    note(`${call.user.replace(`:${SERVER}`, '')} logout`);
    return ok();
  },
  'POST client v3 refresh': ({ accounts, body }) => ok(accounts.refresh(body.refresh_token)),
  'GET client v3 account whoami': ({ call, accounts }) =>
    ok({ user_id: accounts.claimed ?? call.user, device_id: call.device }),
  'POST client v3 keys upload'({ accounts, call, body }) {
    if (body.device_keys) accounts.log.add({ kind: 'keys', user: call.user });
    return ok(accounts.keys.upload(call.user, call.device ?? '', body));
  },
  'POST client v3 keys query'({ state, accounts, body }) {
    const { asked, failures } = state.reached(body.device_keys as Json, true);
    return ok({ ...accounts.keys.query({ device_keys: asked as never }), failures });
  },
  'POST client v3 keys claim'({ state, accounts, body }) {
    const { asked, failures } = state.reached(body.one_time_keys as Json);
    return ok({ ...accounts.keys.claim({ one_time_keys: asked as never }), failures });
  },
  'PUT client v3 sendToDevice * *'({ accounts, call, body, at }) {
    accounts.log.add({ kind: 'device', user: call.user });
    return ok(accounts.keys.send(call.user, at[0] ?? '', body as never));
  },
  'GET client v3 user * account_data *'({ accounts, call, at }) {
    const found = accounts.log.data(call.user, '', at[1] ?? '');
    if (!found) throw new Refusal(404, 'M_NOT_FOUND');
    return ok(found);
  },
  'PUT client v3 user * account_data *'({ accounts, call, body, at, note }) {
    accounts.log.setData(call.user, '', at[1] ?? '', body);
    note(`${call.user.replace(`:${SERVER}`, '')} data ${at[1]} ${JSON.stringify(body).replaceAll(`:${SERVER}`, '')}`);
    return ok();
  },
  'PUT client v3 user * rooms * account_data *'({ state, accounts, call, body, at, note }) {
    const [, id = '', type = ''] = at;
    const room = state.room(id);
    accounts.log.setData(call.user, room.id, type, body);
    note(
      `${call.user.replace(`:${SERVER}`, '')} data ${room.alias?.replace(`:${SERVER}`, '')} ${type} ${JSON.stringify(body)}`,
    );
    return ok();
  },
  'GET client v3 rooms * members'({ state, call, at }) {
    const room = state.room(at[0] ?? '');
    const wanted = call.query.get('membership');
    const members = [...room.state.values()].filter(({ type }) => type === 'm.room.member');
    return ok({ chunk: members.filter(({ content }) => wanted === null || content.membership === wanted) });
  },
  'GET client v1 rooms * hierarchy'({ state, at }) {
    const room = state.room(at[0] ?? '');
    const below = [...room.state.values()].flatMap((one) =>
      one.type === 'm.space.child' && one.state_key !== undefined ? (state.rooms.get(one.state_key) ?? []) : [],
    );
    const rooms = [room, ...below].map((one) => ({
      room_id: one.id,
      name: one.state.get('m.room.name ')?.content.name,
      canonical_alias: one.alias,
      num_joined_members: state.joined(one).length,
      room_type: one.state.get('m.room.create ')?.content.type,
      children_state: [...one.state.values()].filter(({ type }) => type === 'm.space.child'),
    }));
    return ok({ rooms });
  },
};
