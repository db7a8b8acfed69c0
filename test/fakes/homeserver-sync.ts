import type { FakeEvent, FakeRoom, FakeState, Json } from './homeserver-state.ts';
import type { KeyServer } from './key-server.ts';

/** What users' own clients are told: events of rooms by their place in all that happened, and what is no event. */
type Entry =
  | { readonly kind: 'event'; readonly event: FakeEvent }
  | { readonly kind: 'ephemeral'; readonly room: string; readonly edu: Json }
  | { readonly kind: 'data'; readonly user: string; readonly room: string; readonly type: string }
  | { readonly kind: 'presence'; readonly event: Json }
  | { readonly kind: 'keys'; readonly user: string }
  | { readonly kind: 'device'; readonly user: string };

type Asked = {
  readonly user: string;
  readonly device: string;
  readonly since: number | undefined;
  readonly full: boolean;
  /** The most events of one timeline. */
  readonly limit: number;
};

/** What has happened, as `/sync` tells it (client-server API §11.1). Positions are `s` and a number. */
export class SyncLog {
  readonly #state: FakeState;
  readonly #keys: KeyServer;
  readonly #entries: Entry[] = [];
  readonly #at = new WeakMap<FakeEvent, number>();
  readonly #data = new Map<string, Json>();

  constructor(state: FakeState, keys: KeyServer) {
    this.#state = state;
    this.#keys = keys;
  }

  get end(): number {
    return this.#entries.length;
  }

  add(entry: Entry): void {
    this.#entries.push(entry);
    if (entry.kind === 'event') this.#at.set(entry.event, this.end);
  }

  position = (event: FakeEvent): number => this.#at.get(event) ?? 0;

  /** `room` is empty for what is of the whole account. */
  data = (user: string, room: string, type: string): Json | undefined => this.#data.get(`${user} ${room} ${type}`);

  setData(user: string, room: string, type: string, content: Json): void {
    this.#data.set(`${user} ${room} ${type}`, content);
    this.add({ kind: 'data', user, room, type });
  }

  /** What a user is told, and whether that is anything. */
  tell(asked: Asked): { readonly body: Json; readonly isNews: boolean } {
    const { user, device, since = 0 } = asked;
    const fresh = this.#entries.slice(since);
    const join: Record<string, Json> = {};
    const invite: Record<string, Json> = {};
    const leave: Record<string, Json> = {};
    for (const room of this.#state.rooms.values()) {
      const own = room.state.get(`m.room.member ${user}`);
      const isNew = own !== undefined && this.position(own) > since;
      const { membership } = own?.content ?? {};
      if (membership === 'join') {
        const told = this.#joined(asked, room, fresh);
        if (told) join[room.id] = told;
      } else if (membership === 'invite' && isNew) invite[room.id] = { invite_state: { events: stripped(room, user) } };
      else if (isNew && asked.since !== undefined && (membership === 'leave' || membership === 'ban')) {
        const events = room.events.filter(
          (one) => this.position(one) > since && this.position(one) <= this.position(own),
        );
        leave[room.id] = { state: { events: [] }, timeline: { events: events.map((one) => shown(one, asked)) } };
      }
    }
    const data = this.#dataSince(user, '', asked.since);
    const presence = fresh.flatMap((one) => (one.kind === 'presence' && one.event.sender !== user ? one.event : []));
    const changed = fresh.flatMap((one) => (one.kind === 'keys' ? one.user : []));
    const letters = this.#keys.inbox(user, device, since, this.end);
    const isNews = [join, invite, leave].some((rooms) => Object.keys(rooms).length > 0);
    return {
      isNews: isNews || data.length + presence.length + changed.length + letters.length > 0,
      body: {
        next_batch: `s${this.end}`,
        rooms: { join, invite, leave },
        account_data: { events: data },
        presence: { events: presence },
        to_device: { events: letters },
        device_lists: { changed: [...new Set(changed)], left: [] },
        device_one_time_keys_count: this.#keys.counts(user, device),
        device_unused_fallback_key_types: ['signed_curve25519'],
      },
    };
  }

  #joined(asked: Asked, room: FakeRoom, fresh: readonly Entry[]): Json | undefined {
    const { user, since = 0, full, limit } = asked;
    const own = room.state.get(`m.room.member ${user}`);
    const before = (own?.unsigned?.prev_content as Json | undefined)?.membership;
    const isNew = since === 0 || (own !== undefined && this.position(own) > since && before !== 'join');
    const news = isNew ? room.events : room.events.filter((one) => this.position(one) > since);
    const timeline = limit === 0 ? [] : news.slice(-limit);
    const limited = timeline.length < news.length;
    const ephemeral = fresh.flatMap((one) => (one.kind === 'ephemeral' && one.room === room.id ? one.edu : []));
    const data = this.#dataSince(user, room.id, isNew ? undefined : since);
    if (!isNew && !full && news.length + ephemeral.length + data.length === 0) return undefined;
    const first = room.events.length - timeline.length;
    const told = new Set(timeline);
    const speakers = new Set([...timeline.map(({ sender }) => sender), user]);
    const state = [...room.state.values()].filter(
      (one) =>
        !told.has(one) &&
        (one.type === 'm.room.member'
          ? speakers.has(one.state_key ?? '')
          : isNew || full || this.position(one) > since),
    );
    return {
      state: { events: state },
      timeline: { events: timeline.map((one) => shown(one, asked)), limited, prev_batch: String(first) },
      ephemeral: { events: ephemeral },
      account_data: { events: data },
      unread_notifications: { notification_count: this.#unread(user, room) },
    };
  }

  #dataSince(user: string, room: string, since: number | undefined): Json[] {
    const entries = this.#entries.slice(since ?? 0);
    const types = entries.flatMap((one) =>
      one.kind === 'data' && one.user === user && one.room === room ? one.type : [],
    );
    return [...new Set(types)].map((type) => ({ type, content: this.data(user, room, type) ?? {} }));
  }

  #unread(user: string, room: FakeRoom): number {
    const read = room.events.findIndex(
      ({ event_id }) => event_id === this.data(user, room.id, 'm.fully_read')?.event_id,
    );
    const words = ['m.room.message', 'm.room.encrypted'];
    return room.events.slice(read + 1).filter(({ type, sender }) => words.includes(type) && sender !== user).length;
  }
}

/** §11.1.4.2: what somebody who is invited may see of a room. */
function stripped(room: FakeRoom, user: string): Json[] {
  const own = room.state.get(`m.room.member ${user}`);
  const types = ['m.room.create', 'm.room.name', 'm.room.join_rules', 'm.room.canonical_alias', 'm.room.encryption'];
  const kept = [...room.state.values()].filter(
    ({ type, state_key }) =>
      types.includes(type) || (type === 'm.room.member' && (state_key === user || state_key === own?.sender)),
  );
  return kept.map(({ type, state_key, sender, content }) => ({ type, state_key, sender, content }));
}

/** Only the device that has sent an event learns its transaction (§11.6.1). */
export function shown(event: FakeEvent, to: { readonly user: string; readonly device?: string }): Json {
  const { transaction, ...told } = event;
  const isOwn = transaction && event.sender === to.user && transaction.device === to.device;
  const own = isOwn ? { transaction_id: transaction.id } : {};
  return { ...told, unsigned: { ...event.unsigned, ...own } };
}
