import type { KeyNews } from '#bridges/matrix/crypto/machine.ts';
import type { Homeserver } from '#bridges/matrix/homeserver/homeserver.ts';
import { type Json, listOf, objectOf, textOf, textsOf } from '#bridges/matrix/wire/event.ts';
import { isId } from '#bridges/matrix/wire/ids.ts';
import { backoff } from '#src/lib/time/backoff.ts';
import type { Clock } from '#src/lib/time/clock.ts';
import { tokenBucket } from '#src/lib/time/token-bucket.ts';
import { Failure, type FailureCode } from '#src/model/failure.ts';

/** What a sync says of a room that its user is in (client-server API §11.1). */
export type OwnRoomNews = {
  readonly id: string;
  readonly state: readonly unknown[];
  readonly timeline: readonly unknown[];
  /** Something is missing before the timeline: it begins at `before`. */
  readonly limited: boolean;
  readonly before: string | undefined;
  readonly ephemeral: readonly Json[];
  readonly accountData: readonly Json[];
  readonly unread: number | undefined;
  /** The user has marked it as unread in another client, or not any more (MSC2867); nothing where that is as it was. */
  readonly marked: boolean | undefined;
};

/** What a sync says of a room that it does not name. */
export const nothingOf = (id: string): OwnRoomNews => ({
  ...{ id, state: [], timeline: [], limited: false, before: undefined, ephemeral: [], accountData: [] },
  ...{ unread: undefined, marked: undefined },
});

export type SyncNews = {
  readonly since: string | undefined;
  readonly next: string;
  readonly joined: readonly OwnRoomNews[];
  readonly invited: readonly { readonly id: string; readonly state: readonly unknown[] }[];
  readonly left: readonly OwnRoomNews[];
  readonly accountData: readonly Json[];
  readonly presence: readonly Json[];
  readonly keys: KeyNews;
};

export type SyncParts = {
  readonly server: Homeserver;
  readonly clock: Clock;
  /** Where an earlier run has stopped. */
  readonly since: string | undefined;
  /** Ends it. */
  readonly signal: AbortSignal;
  /** Takes everything in; what is not durable when it resolves is told again after a restart. */
  take(news: SyncNews): Promise<void>;
  /** While this is true nothing more is asked for. */
  waits(): Promise<void> | undefined;
  /** The homeserver has not answered for some time, since then; or does again. Never rejects. */
  reached(since: number | undefined): Promise<void>;
};

/** Milliseconds that the homeserver may wait for something to tell, and how long an answer may take beyond that. */
const POLL = 30_000;
const PATIENCE = 120_000;
/** Milliseconds without an answer after which the user is told. */
export const OUTAGE = 300_000;
/** How many answers are taken in: one that comes at once, time after time, has nothing to tell. */
const PACE = { burst: 30, per_second: 5 };
/** The most bytes of one answer: the first of a large account. */
const MOST = 256 * 1024 * 1024;

const FILTER = JSON.stringify({
  room: {
    state: { lazy_load_members: true },
    timeline: { limit: 50, lazy_load_members: true },
    account_data: { types: ['m.fully_read', 'm.marked_unread'] },
  },
  account_data: { types: ['m.direct', 'm.ignored_user_list'] },
});

/** Reads what happens, until the signal; rejects with the `Failure` that ends it, such as that of a token that is void. */
export async function follow({ server, clock, since, signal, take, waits, reached }: SyncParts): Promise<void> {
  const wait = backoff({ min: 1_000, max: 60_000, random: Math.random });
  const pace = tokenBucket(PACE, clock);
  let at = since;
  let first = true;
  let tries = 0;
  let silent: number | undefined;
  let isTold = false;
  while (!signal.aborted) {
    await waits();
    try {
      at = await next();
      first = false;
      tries = 0;
      silent = undefined;
      if (isTold) await reached(undefined);
      isTold = false;
      if (pace.take(1) > 0) continue;
      await pause(pace.wait());
      pace.take(1);
    } catch (error) {
      if (signal.aborted) return;
      const ms = pauseAfter(error);
      silent ??= clock.now();
      // It begins now, however long it takes to tell the user.
      const pausing = pause(ms);
      if (!isTold && clock.now() - silent >= OUTAGE) {
        isTold = true;
        await reached(silent);
      }
      await pausing;
    }
  }

  /**
   * Takes in what has happened since `at`, and resolves with the place after it. A function of its own: what was told is in
   * nobody's way while the next answer is waited for, which is most of the time.
   */
  async function next(): Promise<string | undefined> {
    const query = {
      filter: FILTER,
      since: at,
      // Of rooms in which nothing has happened the state is not told again.
      full_state: first ? 'true' : undefined,
      timeout: first ? 0 : POLL,
      set_presence: 'offline',
    };
    const call = {
      method: 'GET',
      path: ['v3', 'sync'],
      query,
      timeout: POLL + PATIENCE,
      maxBytes: MOST,
      tries: 1,
      waits: true,
    } as const;
    const news = readSync(await server.call({ ...call, signal }), at);
    // What was asked for before the pause.
    await waits();
    if (signal.aborted) return at;
    await take(news);
    return news.next;
  }

  /** Milliseconds until it is asked again. Throws what ends it. */
  function pauseAfter(error: unknown): number {
    if (!(error instanceof Failure)) throw error;
    if (isUnknownPlace(error) && at !== undefined) {
      at = undefined;
      first = true;
      return 0;
    }
    if (!isPassing(error)) throw error;
    return error.retryAfter ?? wait(tries++);
  }

  async function pause(ms: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const cancel = clock.after(ms, resolve);
    signal.addEventListener('abort', () => resolve(), { once: true });
    await promise.finally(cancel);
  }
}

/** A place that the homeserver does not know any more, as after it was set back: what there is now is the past. */
const isUnknownPlace = ({ code }: Failure): boolean => code === 'not-acceptable';

/** Its user is not let in any more, or it would be the same another time. */
const FINAL: readonly FailureCode[] = ['not-registered', 'not-permitted', 'not-acceptable', 'internal', 'stopping'];

const isPassing = ({ code }: Failure): boolean => !FINAL.includes(code);

function readSync(body: Json, since: string | undefined): SyncNews {
  const next = textOf(body.next_batch);
  if (next === undefined) throw new Failure('remote-server-timeout');
  const rooms = objectOf(body.rooms);
  const lists = objectOf(body.device_lists);
  const counts = objectOf(body.device_one_time_keys_count) as Readonly<Record<string, number>>;
  const fallbacks =
    body.device_unused_fallback_key_types ?? body['org.matrix.msc2732.device_unused_fallback_key_types'];
  return {
    since,
    next,
    joined: roomsIn(rooms.join),
    invited: entriesIn(rooms.invite).map(([id, room]) => ({
      id,
      state: listOf(objectOf(objectOf(room).invite_state).events),
    })),
    left: roomsIn(rooms.leave),
    accountData: eventsIn(body.account_data),
    presence: eventsIn(body.presence),
    keys: {
      events: listOf(objectOf(body.to_device).events),
      changed: textsOf(lists.changed),
      left: textsOf(lists.left),
      counts,
      ...(fallbacks !== undefined && { fallbacks: textsOf(fallbacks) }),
    },
  };
}

const eventsIn = (value: unknown): readonly Json[] => listOf(objectOf(value).events).map(objectOf);

/** What is told of rooms, by their ids. Under what is none there is no room. */
const entriesIn = (value: unknown): [string, unknown][] =>
  Object.entries(objectOf(value)).filter(([id]) => id.startsWith('!') && isId(id));

function roomsIn(value: unknown): OwnRoomNews[] {
  return entriesIn(value).map(([id, told]) => {
    const room = objectOf(told);
    const timeline = objectOf(room.timeline);
    const { notification_count: count } = objectOf(room.unread_notifications);
    const unread = typeof count === 'number' ? count : undefined;
    const accountData = eventsIn(room.account_data);
    const mark = accountData.findLast(({ type }) => type === 'm.marked_unread');
    const marked = mark && objectOf(mark.content).unread === true;
    return {
      id,
      state: listOf(objectOf(room.state).events),
      timeline: listOf(timeline.events),
      limited: timeline.limited === true,
      before: textOf(timeline.prev_batch),
      ephemeral: eventsIn(room.ephemeral),
      accountData,
      unread: marked ? Math.max(unread ?? 0, 1) : unread,
      marked,
    };
  });
}
