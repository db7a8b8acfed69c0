/** A homeserver's memory: users, rooms and what happens in them. */
export type Json = Record<string, unknown>;

export type FakeEvent = {
  readonly event_id: string;
  readonly room_id: string;
  readonly sender: string;
  readonly type: string;
  readonly state_key?: string;
  readonly origin_server_ts: number;
  content: Json;
  readonly redacts?: string;
  readonly unsigned?: Json;
  /** What its sender's client calls it, and which device that is. */
  readonly transaction?: { readonly id: string; readonly device: string | undefined };
};

export type FakeRoom = {
  readonly id: string;
  /** The homeserver that has it. */
  readonly server: string;
  readonly alias: string | undefined;
  readonly events: FakeEvent[];
  readonly state: Map<string, FakeEvent>;
};

export type FakeRoomFacts = {
  readonly rule?: string;
  readonly alias?: string;
  readonly server?: string;
  /** Its id names no server, as those of version 12. */
  readonly nameless?: boolean;
  /** More of what its making says. */
  readonly content?: Json;
};

export const SERVER = 'hs.example';

/** What is refused, as the client-server API has it. */
export class Refusal extends Error {
  readonly status: number;
  readonly body: Json;
  constructor(status: number, errcode: string, more: Json = {}) {
    super(errcode);
    this.status = status;
    this.body = { errcode, error: errcode, ...more };
  }
}

const serverOf = (id: string): string => id.slice(id.indexOf(':') + 1);

export class FakeState {
  readonly users = new Map<string, { name: string; avatar?: string }>();
  readonly rooms = new Map<string, FakeRoom>();
  readonly media = new Map<string, { readonly type: string; readonly bytes: Buffer }>();
  readonly transactions = new Map<string, string>();
  /** The names by which application services have asked to be called. */
  readonly pings: string[] = [];
  /** Why it does not reach who asks for that. */
  pingRefusal: [status: number, errcode: string, more?: Json | undefined] | undefined;
  /** What is answered to who asks for the directories of rooms and people, where there are none. */
  directory: readonly [status: number, errcode: string] | undefined;
  /** Bytes of a file that is taken, and whether that is told: at the path of now, at that of before, or nowhere. */
  uploads: { most: number; told?: string | undefined } = { most: 50 * 1024 * 1024, told: 'now' };
  now = 0;
  /** Other homeservers that cannot be reached, each with what ours knows of their users' devices. */
  readonly unreachable = new Map<string, 'cached' | 'unknown'>();
  /** Whether who registers a ghost may have a device with it, as at homeservers without an authentication service. */
  givesDevices = false;
  /** Events of a page of a room's history at most. */
  historyPage = 1000;
  #count = 0;
  readonly #news: (event: FakeEvent) => void;

  /** Hears of each event. */
  constructor(news: (event: FakeEvent) => void) {
    this.#news = news;
  }

  nextId = (): number => ++this.#count;
  #events = 0;

  /** A room by its id or alias. */
  room(name: string): FakeRoom {
    const found = this.rooms.get(name) ?? [...this.rooms.values()].find(({ alias }) => alias === name);
    if (!found) throw new Refusal(404, 'M_NOT_FOUND');
    return found;
  }

  create(name: string, creator: string, more: FakeRoomFacts = {}): FakeRoom {
    const { server = SERVER, alias, nameless } = more;
    const id = nameless ? `!${name}` : `!${name}:${server}`;
    const room: FakeRoom = { id, server, alias, events: [], state: new Map() };
    this.rooms.set(room.id, room);
    const created = this.add(room, creator, 'm.room.create', { room_version: '11', ...more.content }, '');
    // The id of such a room is that of the event that made it.
    if (nameless) Object.assign(created, { event_id: `$${name}` });
    this.member(room, creator, creator, 'join');
    this.add(room, creator, 'm.room.power_levels', { users: { [creator]: 100 } }, '');
    this.add(room, creator, 'm.room.join_rules', { join_rule: more.rule ?? 'public' }, '');
    if (more.alias !== undefined) this.add(room, creator, 'm.room.canonical_alias', { alias: more.alias }, '');
    return room;
  }

  add(
    room: FakeRoom,
    sender: string,
    type: string,
    content: Json,
    stateKey?: string,
    transaction?: FakeEvent['transaction'],
  ): FakeEvent {
    const before = stateKey === undefined ? undefined : room.state.get(`${type} ${stateKey}`);
    const event: FakeEvent = {
      event_id: `$e${++this.#events}`,
      room_id: room.id,
      sender,
      type,
      origin_server_ts: this.now,
      content,
      ...(stateKey !== undefined && { state_key: stateKey }),
      ...(transaction !== undefined && { transaction }),
      ...(before && { unsigned: { prev_content: before.content } }),
      ...(type === 'm.room.redaction' && { redacts: String(content.redacts) }),
    };
    room.events.push(event);
    if (stateKey !== undefined) room.state.set(`${type} ${stateKey}`, event);
    if (type === 'm.room.redaction')
      for (const one of room.events) if (one.event_id === event.redacts) one.content = {};
    this.#news(event);
    return event;
  }

  member(room: FakeRoom, sender: string, user: string, membership: string, more: Json = {}): FakeEvent {
    const known = this.users.get(user);
    const looks =
      membership === 'join' || membership === 'invite' ? { displayname: known?.name, avatar_url: known?.avatar } : {};
    const content = JSON.parse(JSON.stringify({ membership, ...looks, ...more })) as Json;
    return this.add(room, sender, 'm.room.member', content, user);
  }

  /** Somebody has a picture from now on, or none any more; every room of theirs is told. */
  look(user: string, avatar: string | undefined): void {
    const { name } = this.users.get(user) ?? { name: '' };
    this.users.set(user, { name, ...(avatar && { avatar }) });
    for (const room of this.rooms.values())
      if (this.membership(room, user) === 'join') this.member(room, user, user, 'join');
  }

  membership = (room: FakeRoom, user: string): string =>
    String(room.state.get(`m.room.member ${user}`)?.content.membership ?? 'leave');

  joined = (room: FakeRoom): string[] =>
    [...room.state.values()].flatMap(({ type, state_key, content }) =>
      type === 'm.room.member' && content.membership === 'join' && state_key !== undefined ? state_key : [],
    );

  /** Throws a `Refusal` for a room of which the homeserver has to hear of another one, where none that has it is named. */
  assertKnown(room: FakeRoom, via: readonly string[]): void {
    const isOwn = ({ type, state_key = '', content }: FakeEvent): boolean =>
      type === 'm.room.member' && state_key.endsWith(`:${SERVER}`) && content.membership !== 'leave';
    if ([...room.state.values()].some(isOwn) || via.includes(room.server)) return;
    throw new Refusal(404, 'M_UNKNOWN');
  }

  /** Throws the `Refusal` of Synapse where something is asked of a homeserver that cannot be reached. */
  assertReached(id: string): void {
    if (this.unreachable.has(serverOf(id))) throw new Refusal(502, 'M_UNKNOWN');
  }

  /** Of what is asked of users, what can be, and the homeservers for which that failed (client-server API §11.12). */
  reached<T>(asked: Readonly<Record<string, T>>, isKnown = false): { asked: Record<string, T>; failures: Json } {
    const isFar = ([user]: readonly [string, T]): boolean => {
      const known = this.unreachable.get(serverOf(user));
      return known !== undefined && !(isKnown && known === 'cached');
    };
    const all = Object.entries(asked);
    const failures = all.filter(isFar).map(([user]) => [serverOf(user), { status: 503 }]);
    return { asked: Object.fromEntries(all.filter((one) => !isFar(one))), failures: Object.fromEntries(failures) };
  }

  level(room: FakeRoom, user: string): number {
    const { users, users_default } = (room.state.get('m.room.power_levels ')?.content ?? {}) as {
      users?: Record<string, number>;
      users_default?: number;
    };
    return users?.[user] ?? users_default ?? 0;
  }
}
