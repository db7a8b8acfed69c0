import { ACCOUNT_CALLS, type FakeAccounts } from './homeserver-accounts.ts';
import { type FakeEvent, type FakeRoom, type FakeState, type Json, Refusal, SERVER } from './homeserver-state.ts';
import { shown as shownTo } from './homeserver-sync.ts';

export type FakeCall = {
  readonly method: string;
  readonly path: readonly string[];
  readonly query: URLSearchParams;
  readonly bytes: Buffer;
  readonly type: string;
  readonly user: string;
  /** The device whose token it has: an account's own client, and no application service. */
  readonly device?: string;
};
export type Answered = { readonly body: unknown } | { readonly type: string; readonly bytes: Buffer };

type Work = {
  readonly state: FakeState;
  readonly accounts: FakeAccounts;
  readonly call: FakeCall;
  readonly body: Json;
  /** The parts of the path that vary. */
  readonly at: readonly string[];
  note(line: string): void;
};
type Answer = (work: Work) => Answered;

const ok = (body: unknown = {}): Answered => ({ body });
/** The field by which the bridge finds its own again is nobody's business. */
const shown = ({ 'org.isthmus.id': _, ...content }: Json): string => JSON.stringify(content);
/** A ghost as conversations call it. */
export const short = (user: string): string =>
  user.replace(/^@_xmpp_(.+)=40a\.example:hs\.example$/, '$1').replace(':hs.example', '');
const roomName = (room: FakeRoom): string => room.alias?.replace(`:${SERVER}`, '') ?? room.id.replace(`:${SERVER}`, '');

function assertIn({ state, call }: Work, room: FakeRoom): void {
  if (state.membership(room, call.user) !== 'join') throw new Refusal(403, 'M_FORBIDDEN');
}

/** Puts somebody else's membership where the caller has the level for it. */
const put =
  (membership: string, level: number): Answer =>
  (work) => {
    const { state, call, body, at, note } = work;
    const room = state.room(at[0] ?? '');
    assertIn(work, room);
    if (state.level(room, call.user) < level) throw new Refusal(403, 'M_FORBIDDEN');
    const { user_id: user, reason } = body as { user_id: string; reason?: string };
    if (membership === 'invite') state.assertReached(user);
    note(
      `${short(call.user)} ${call.path.at(-1)} ${roomName(room)} ${short(user)}${reason === undefined ? '' : `: ${reason}`}`,
    );
    state.member(room, call.user, user, membership, reason === undefined ? {} : { reason });
    return ok();
  };

/** What is answered, by method and path; `*` is any one part. */
const CALLS: Readonly<Record<string, Answer>> = {
  'GET client versions': () => ok({ versions: ['v1.11'] }),
  'POST client v3 register'({ state, body, note }) {
    const user = `@${body.username}:${SERVER}`;
    // Client-server API v1.17: what homeservers with a MAS answer who wants a device with it.
    if (body.inhibit_login !== true && !state.givesDevices) throw new Refusal(400, 'M_APPSERVICE_LOGIN_UNSUPPORTED');
    if (state.users.has(user)) throw new Refusal(400, 'M_USER_IN_USE');
    state.users.set(user, { name: String(body.username) });
    if (body.username !== '_xmpp_bot') note(`${short(user)} register`);
    return ok({ user_id: user });
  },
  'GET client v3 profile *'({ state, at }) {
    state.assertReached(at[0] ?? '');
    const found = state.users.get(at[0] ?? '');
    if (!found) throw new Refusal(404, 'M_NOT_FOUND');
    return ok({ displayname: found.name, avatar_url: found.avatar });
  },
  'PUT client v3 profile * displayname'({ state, at, body, note }) {
    const user = at[0] ?? '';
    if (body.displayname !== 'XMPP') note(`${short(user)} name ${body.displayname}`);
    const known = state.users.get(user);
    state.users.set(user, { ...known, name: String(body.displayname) });
    for (const room of state.rooms.values())
      if (state.membership(room, user) === 'join') state.member(room, user, user, 'join');
    return ok();
  },
  'PUT client v3 profile * avatar_url'({ state, at, body, note }) {
    const user = at[0] ?? '';
    note(`${short(user)} avatar ${body.avatar_url}`);
    state.look(user, String(body.avatar_url));
    return ok();
  },
  'POST client v3 join *'({ state, call, at, note }) {
    const room = state.room(at[0] ?? '');
    // Both names: the one of today, and that of before v1.12.
    for (const name of ['via', 'server_name']) state.assertKnown(room, call.query.getAll(name));
    const membership = state.membership(room, call.user);
    if (membership === 'join') return ok({ room_id: room.id });
    const open = room.state.get('m.room.join_rules ')?.content.join_rule === 'public';
    if (membership === 'ban' || (!open && membership !== 'invite')) throw new Refusal(403, 'M_FORBIDDEN');
    note(`${short(call.user)} join ${roomName(room)}`);
    state.member(room, call.user, call.user, 'join');
    return ok({ room_id: room.id });
  },
  'POST client v3 rooms * leave'({ state, call, at, body, note }) {
    const room = state.room(at[0] ?? '');
    if (state.membership(room, call.user) === 'leave') throw new Refusal(403, 'M_FORBIDDEN');
    note(`${short(call.user)} leave ${roomName(room)}${body.reason === undefined ? '' : `: ${body.reason}`}`);
    state.member(room, call.user, call.user, 'leave', body);
    return ok();
  },
  'POST client v3 rooms * invite': put('invite', 0),
  'POST client v3 rooms * kick': put('leave', 50),
  'POST client v3 rooms * ban': put('ban', 50),
  'POST client v3 rooms * unban': put('leave', 50),
  'POST client v3 createRoom'({ state, call, body, note }) {
    const invited = (body.invite ?? []) as string[];
    note(`${short(call.user)} create ${body.is_direct === true ? 'direct' : 'room'} ${invited.map(short).join(' ')}`);
    const room = state.create(`direct${state.rooms.size}`, call.user, {
      rule: 'invite',
      content: (body.creation_content ?? {}) as Json,
    });
    for (const one of (body.initial_state ?? []) as Json[])
      state.add(room, call.user, String(one.type), one.content as Json, String(one.state_key));
    // The room is there, whoever cannot be invited.
    for (const user of invited) state.assertReached(user);
    for (const user of invited) state.member(room, call.user, user, 'invite', { is_direct: body.is_direct });
    return ok({ room_id: room.id });
  },
  'PUT client v3 rooms * send * *'(work) {
    const { state, call, body, at, note } = work;
    const [id = '', type = '', transaction = ''] = at;
    const room = state.room(id);
    assertIn(work, room);
    const key = `${call.user} ${call.device ?? ''} ${transaction}`;
    const known = state.transactions.get(key);
    if (known !== undefined) return ok({ event_id: known });
    note(`${short(call.user)} send ${roomName(room)} ${type} ${shown(body)}`);
    const { event_id } = state.add(room, call.user, type, body, undefined, { id: transaction, device: call.device });
    state.transactions.set(key, event_id);
    return ok({ event_id });
  },
  'PUT client v3 rooms * redact * *'(work) {
    const { state, call, body, at, note } = work;
    const [id = '', target = '', transaction = ''] = at;
    const room = state.room(id);
    assertIn(work, room);
    const key = `${call.user} ${call.device ?? ''} ${transaction}`;
    const known = state.transactions.get(key);
    if (known !== undefined) return ok({ event_id: known });
    const own = room.events.some((one) => one.event_id === target && one.sender === call.user);
    if (!own && state.level(room, call.user) < 50) throw new Refusal(403, 'M_FORBIDDEN');
    note(
      `${short(call.user)} redact ${roomName(room)} ${target}${body.reason === undefined ? '' : `: ${body.reason}`}`,
    );
    const about = { ...body, redacts: target };
    const { event_id } = state.add(room, call.user, 'm.room.redaction', about, undefined, {
      id: transaction,
      device: call.device,
    });
    state.transactions.set(key, event_id);
    return ok({ event_id });
  },
  'GET client v3 rooms * state'(work) {
    const room = work.state.room(work.at[0] ?? '');
    // Who was in a room may ask what it was like then.
    if (!room.state.has(`m.room.member ${work.call.user}`)) throw new Refusal(403, 'M_FORBIDDEN');
    return ok([...room.state.values()]);
  },
  'GET client v3 rooms * state * *'(work) {
    const [id = '', type, key] = work.at;
    const found = work.state.room(id).state.get(`${type} ${key}`);
    if (!found) throw new Refusal(404, 'M_NOT_FOUND');
    return ok(work.call.query.get('format') === 'event' ? found : found.content);
  },
  'PUT client v3 rooms * state * *'(work) {
    const { state, call, body, at, note } = work;
    const [id = '', type = '', key = ''] = at;
    const room = state.room(id);
    assertIn(work, room);
    if (state.level(room, call.user) < 50) throw new Refusal(403, 'M_FORBIDDEN');
    if (type === 'm.room.member') state.assertReached(key);
    note(`${short(call.user)} state ${roomName(room)} ${type}${key === '' ? '' : `/${key}`} ${shown(body)}`);
    return ok({ event_id: state.add(room, call.user, type, body, key).event_id });
  },
  'PUT client v3 rooms * typing *'({ state, call, body, at, note }) {
    note(`${short(call.user)} typing ${roomName(state.room(at[0] ?? ''))} ${body.typing}`);
    return ok();
  },
  'POST client v3 rooms * read_markers'({ state, accounts, call, body, at, note }) {
    const { 'm.fully_read': event } = body;
    if (call.device !== undefined) accounts.log.setData(call.user, at[0] ?? '', 'm.fully_read', { event_id: event });
    note(`${short(call.user)} read ${roomName(state.room(at[0] ?? ''))} ${shown(body)}`);
    return ok();
  },
  'PUT client v3 presence * status'({ call, body, note }) {
    note(`${short(call.user)} presence ${shown(body)}`);
    return ok();
  },
  'GET client v3 rooms * event *'({ state, at }) {
    const [id = '', event] = at;
    const { events, server } = state.room(id);
    const found = events.find((one) => one.event_id === event);
    // The state of a room of another homeserver comes without what was there at the time: who might see it is not known.
    if (!found || (server !== SERVER && found.type === 'm.room.create')) throw new Refusal(404, 'M_NOT_FOUND');
    return ok(found);
  },
  'GET client v3 rooms * messages'(work) {
    const { state, call, at } = work;
    const room = state.room(at[0] ?? '');
    assertIn(work, room);
    const wish = Number(call.query.get('limit') ?? 10);
    const [limit, back] = [Math.min(wish, state.historyPage), call.query.get('dir') === 'b'];
    const from = Number(call.query.get('from') ?? (back ? room.events.length : 0));
    // `to` is what a sync has begun at.
    const to = Number(call.query.get('to')?.slice(1) ?? 0);
    const hidden = hiddenFrom(room, call.user);
    const isWanted = (one: FakeEvent): boolean => work.accounts.log.position(one) > to && !hidden.has(one);
    const wanted = room.events.map((one) => (isWanted(one) ? [shownTo(one, call)] : []));
    const chunk = back
      ? wanted
          .slice(Math.max(0, from - limit), from)
          .toReversed()
          .flat()
      : wanted.slice(from, from + limit).flat();
    const end = back ? from - limit : from + limit;
    const over = back ? end <= 0 : end >= room.events.length;
    return ok({ chunk, start: String(from), ...(!over && { end: String(end) }) });
  },
  'GET client v3 rooms * context *'({ state, at }) {
    const [id = '', event] = at;
    const index = state.room(id).events.findIndex((one) => one.event_id === event);
    if (index < 0) throw new Refusal(404, 'M_NOT_FOUND');
    return ok({ start: String(index), end: String(index + 1) });
  },
  'GET client v1 rooms * timestamp_to_event'({ state, call, at }) {
    const [time, back] = [Number(call.query.get('ts')), call.query.get('dir') === 'b'];
    const { events } = state.room(at[0] ?? '');
    const isThere = (one: FakeEvent): boolean => (back ? one.origin_server_ts <= time : one.origin_server_ts >= time);
    const found = back ? events.findLast(isThere) : events.find(isThere);
    if (!found) throw new Refusal(404, 'M_NOT_FOUND');
    return ok({ event_id: found.event_id, origin_server_ts: found.origin_server_ts });
  },
  'GET client v3 joined_rooms': ({ state, call }) =>
    ok({
      joined_rooms: [...state.rooms.values()]
        .filter((room) => state.membership(room, call.user) === 'join')
        .map(({ id }) => id),
    }),
  'GET client v3 directory room *'({ state, at }) {
    state.assertReached(at[0] ?? '');
    const { id, server } = state.room(at[0] ?? '');
    return ok({ room_id: id, servers: [server] });
  },
  'POST client v1 appservice * ping'({ state, at }) {
    state.pings.push(at[0] ?? '');
    if (state.pingRefusal) throw new Refusal(...state.pingRefusal);
    return ok({ duration_ms: 1 });
  },
  'GET client v1 room_summary *'({ state, call, at }) {
    const room = state.room(at[0] ?? '');
    state.assertKnown(room, call.query.getAll('via'));
    return ok(summaryOf(state, room));
  },
  'POST client v3 publicRooms'({ state, body }) {
    if (state.directory) throw new Refusal(...state.directory);
    const words = String((body.filter as Json | undefined)?.generic_search_term ?? '').toLowerCase();
    const all = [...state.rooms.values()].filter(({ alias }) => alias?.includes(words));
    const from = Number(body.since ?? 0);
    const limit = Number(body.limit ?? 10);
    const next = from + limit < all.length ? { next_batch: String(from + limit) } : {};
    const chunk = all.slice(from, from + limit).map((room) => summaryOf(state, room));
    return ok({ chunk, total_room_count_estimate: all.length, ...next });
  },
  'POST client v3 user_directory search'({ state, body }) {
    if (state.directory) throw new Refusal(...state.directory);
    const words = String(body.search_term).toLowerCase();
    const found = [...state.users].filter(([id, { name }]) => `${id} ${name}`.toLowerCase().includes(words));
    return ok({ results: found.map(([user_id, { name }]) => ({ user_id, display_name: name })), limited: false });
  },
  'GET client v1 media config': ({ state }) => limitOf(state, 'now'),
  'GET media v3 config': ({ state }) => limitOf(state, 'before'),
  'POST media v3 upload'({ state, call, note }) {
    if (call.bytes.length > state.uploads.most) throw new Refusal(413, 'M_TOO_LARGE');
    const id = `m${state.media.size + 1}`;
    state.media.set(id, { type: call.type, bytes: call.bytes });
    note(`${short(call.user)} upload ${call.type} ${call.bytes.length}`);
    return ok({ content_uri: `mxc://${SERVER}/${id}` });
  },
  'GET client v1 media download * *': ({ state, at }) => fileOf(state, at[1]),
  'GET client v1 media thumbnail * *': ({ state, at }) => fileOf(state, at[1]),
};

/** What was said while only who was there might read it, and a user was not (client-server API §11.7). */
function hiddenFrom({ events }: FakeRoom, user: string): ReadonlySet<FakeEvent> {
  let [visibility, inside] = ['shared', false];
  return new Set(
    events.filter((one) => {
      if (one.type === 'm.room.history_visibility') visibility = String(one.content.history_visibility);
      if (one.type === 'm.room.member' && one.state_key === user) inside = one.content.membership === 'join';
      return visibility === 'joined' && !inside;
    }),
  );
}

/** A homeserver of before does not know the path of now, and one of now may tell nothing. */
function limitOf({ uploads }: FakeState, path: string): Answered {
  if (path === 'now' && uploads.told === 'before') throw new Refusal(404, 'M_UNRECOGNIZED');
  return ok(uploads.told === path ? { 'm.upload.size': uploads.most } : {});
}

function fileOf(state: FakeState, id: string | undefined): Answered {
  const found = state.media.get(id ?? '');
  if (!found) throw new Refusal(404, 'M_NOT_FOUND');
  return found;
}

const summaryOf = (state: FakeState, room: FakeRoom): Json => ({
  room_id: room.id,
  ...(room.alias !== undefined && { canonical_alias: room.alias }),
  name: room.state.get('m.room.name ')?.content.name ?? room.alias,
  topic: room.state.get('m.room.topic ')?.content.topic,
  num_joined_members: state.joined(room).length,
  join_rule: room.state.get('m.room.join_rules ')?.content.join_rule,
});

const PATTERNS = Object.entries({ ...CALLS, ...ACCOUNT_CALLS }).map(([pattern, answer]) => ({
  parts: pattern.split(' '),
  answer,
}));

type Answering = Pick<Work, 'state' | 'accounts' | 'note'>;

/** Answers a call, or throws a `Refusal`. */
export function answerCall({ state, accounts, note }: Answering, call: FakeCall): Answered {
  const given = [call.method, ...call.path];
  const fits = (parts: readonly string[]): boolean =>
    parts.length === given.length && parts.every((part, index) => part === '*' || part === given[index]);
  const found = PATTERNS.find(({ parts }) => fits(parts));
  if (!found) throw new Refusal(404, 'M_UNRECOGNIZED');
  const at = given.filter((_, index) => found.parts[index] === '*');
  const body = call.type.startsWith('application/json') ? (JSON.parse(call.bytes.toString('utf8')) as Json) : {};
  return found.answer({ state, accounts, call, body, at, note });
}
