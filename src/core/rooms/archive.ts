import { messageTexts as texts } from '#mappings/texts/messages.ts';
import type { ArchivedEvent, ArchivePage, ArchiveQuery, Marks } from '#src/core/index.ts';
import type { Log } from '#src/lib/log.ts';
import { Ring } from '#src/lib/ring.ts';
import type { Clock } from '#src/lib/time/clock.ts';
import type { Context } from '#src/model/capabilities.ts';
import type { HistoryWish } from '#src/model/event.ts';
import { Failure } from '#src/model/failure.ts';
import type { AccountKey, XmppId } from '#src/model/ids.ts';
import { type Place, placeKey, placeTransport } from '#src/model/place.ts';
import { type Batch, openBatch, type Store } from '#src/store/index.ts';
import type { Archived } from '#src/store/rows/archive/archive.ts';
import type { Statement } from '#src/store/unit.ts';
import { type Archivable, bodyOf, correctedBody, eventOf, numberOf, textOf, tombstone, within } from './archived.ts';
import { openKeepers } from './keepers.ts';

export type ArchiveParts = {
  readonly store: Pick<Store, 'archive' | 'visibility' | 'unit'>;
  readonly clock: Clock;
  readonly log: Log;
  /** Writes what `cut` gives with all that belongs to it, in one unit. Rejects as `Store.unit`. */
  together(): Promise<unknown>;
  /** Since when (ms) an account's user may be another: what is older is not theirs to see. */
  visibleFrom(account: AccountKey): number | undefined;
  /**
   * Whether what is said on a transport is kept, how many a client that joins is shown by default, and whether its
   * network speaks of earlier messages.
   */
  settings(transport: string): { readonly record: boolean; readonly replay: number; readonly refers: boolean };
};

/** Something that was said, to be kept: by whom (`sayer`), as whom, and which message it is about. */
export type Entry = {
  readonly event: Archivable;
  readonly by: string;
  readonly nick: string;
  readonly marks: Marks;
  readonly about: Archived | undefined;
};

/** Ids that a page is narrowed to, both included. */
export type IdRange = { readonly from?: number; readonly to?: number };

export type Archive = {
  /**
   * Keeps what was said and returns its id, or `undefined` where nothing is kept. It is written with the next batch, with
   * what it changes of the message that it is about.
   */
  record(entry: Entry): string | undefined;
  /** The same for what was said some time ago: under an id of that time. Never rejects. */
  recordLate(entry: Entry, seenBy: Iterable<AccountKey>): Promise<string | undefined>;
  /**
   * A message by what it is called: its stanza-id, or the id that it was sent with. Synchronous for the latest. With
   * `account` only what that may see; of several that were sent with one id that of `author`. Never rejects.
   */
  recall(
    place: Place,
    id: string,
    account?: AccountKey,
    author?: string,
  ): Archived | undefined | Promise<Archived | undefined>;
  /** Lets accounts read a message, by the id that it was sent with and who sent it, and returns that if it is there. */
  disclose(place: Place, to: readonly AccountKey[], id: string, by: string): Promise<ArchivedEvent | undefined>;
  /** Whether what is said in the place is kept. */
  records(place: Place): boolean;
  /** The account entered or left the place: what is said in between is for it to see. */
  entered(account: AccountKey, place: Place): void;
  left(account: AccountKey, place: Place): void;
  /** Whether what is said there is kept for an account that is in the place. What nobody keeps of a shared one is not kept. */
  remembers(account: AccountKey, place: Place, on: boolean): void;
  /**
   * What a client that joins is shown, the oldest first: of what its account has seen, never what others recorded.
   * Never rejects: without history a room is still a room.
   */
  history(place: Place, account: AccountKey, wish: HistoryWish): Promise<readonly ArchivedEvent[]>;
  /** Throws `Failure('item-not-found')` for an id that is not there (XEP-0059). */
  page(place: Place, account: AccountKey, query: ArchiveQuery, range?: IdRange): Promise<ArchivePage>;
  /** The id since which an account is in a place, if what is said there is kept for it. */
  keptSince(account: AccountKey, place: Place): number | undefined;
  /** The messages with these ids, in order. Throws `Failure('item-not-found')` unless the account may see all of them. */
  pick(place: Place, account: AccountKey, ids: readonly string[]): Promise<ArchivePage>;
  /** What is known of a message by its stanza-id, as far as the account may see it. Nothing where that cannot be read. */
  about(place: Place, account: AccountKey, id: string): Promise<Context>;
  /** Takes out what waits, to be written in one unit with more. */
  cut: Batch<Kept>['cut'];
  /** The id that an archived message was sent with, by its stanza-id. */
  sentAs(place: Place, id: string): Promise<XmppId | undefined>;
  /** Resolves once everything that was recorded is written. */
  flush(): Promise<void>;
};

/** Rows that a client gets at a time. */
const PAGE = 100;
/** How many messages back something is still fresh. */
const FRESH = 10;
/** No id is above. */
const MOST_ID = Number.MAX_SAFE_INTEGER;
/** What happened so many ms ago has an id of a time of which nothing waits to be written. */
const WRITTEN = 60_000;
/** Messages that are at hand without a look into the store. */
const RECENT = 300;

/** A row, and what it changes of others. */
type Kept = { readonly row?: Archived; readonly changes: readonly Statement[] };
const NO_CHANGES: readonly Statement[] = [];

/** The archive of rooms: batches off the path of the messages, pages and history on demand. */
export function openArchive({ store, clock, log, settings, visibleFrom, together }: ArchiveParts): Archive {
  const batch = openBatch<Kept>({
    store,
    log,
    what: 'messages of the archive',
    together,
    statements: (kept) => [
      ...store.archive.append(kept.flatMap(({ row }) => row ?? [])),
      ...kept.flatMap(({ changes }) => changes),
    ],
  });
  const { flush } = batch;
  const recent = new Ring<Archived>(RECENT);
  /** Since which id each account is where it is. */
  const since = new Map<string, number>();
  const keepers = openKeepers();

  /** Nothing when the store has been away for so long that it cannot give out ids. */
  function freshId(): number | undefined {
    try {
      return store.archive.nextId(clock.now());
    } catch (err) {
      log.error({ err }, 'a room cannot be archived');
      return undefined;
    }
  }

  const write = (statement: Statement): void => {
    store.unit([statement]).catch((err: unknown) => log.error({ err }, 'who may see what could not be written'));
  };

  /** The number of an id that somebody names. */
  async function known(place: string, id: string | undefined): Promise<number | undefined> {
    if (id === undefined || id === '') return undefined;
    const number = numberOf(id);
    if (number === undefined || !(await store.archive.get(place, number))) throw new Failure('item-not-found');
    return number;
  }

  const from = (account: AccountKey, start?: number): number | undefined => {
    const least = visibleFrom(account);
    return least === undefined ? start : Math.max(least, start ?? 0);
  };

  async function page(place: Place, account: AccountKey, query: ArchiveQuery, range?: IdRange): Promise<ArchivePage> {
    await flush();
    const key = placeKey(place);
    const { end, max } = query;
    const start = from(account, query.start);
    const [after, before, afterId, beforeId] = await Promise.all(
      [query.after, query.before, query.afterId, query.beforeId].map((id) => known(key, id)),
    );
    const { from: first = 1, to: last = MOST_ID } = range ?? {};
    const { rows, complete, count } = await store.archive.page({
      ...{ place: key, account, start, end, afterId, beforeId },
      ...{ after: Math.max(after ?? 0, first - 1), before: Math.min(before ?? MOST_ID, last + 1) },
      newest: query.before !== undefined,
      max: Math.min(max, PAGE),
    });
    return { events: await eventsOf(rows, place), complete, count };
  }

  /** With what they are about as it is now: nobody quotes what was taken back. */
  async function eventsOf(rows: readonly Archived[], place: Place): Promise<readonly ArchivedEvent[]> {
    const ids = new Set(rows.flatMap(({ about }) => about ?? []));
    const found = new Map((await store.archive.all(placeKey(place), [...ids])).map((row) => [row.id, row]));
    return rows.map((row) => eventOf(row, place, row.about === null ? undefined : found.get(row.about)));
  }

  /** A row, if the account may see it. */
  const seen = (place: string, id: number, account: AccountKey): Promise<Archived | undefined> =>
    store.archive
      .page({ place, account, after: id - 1, before: id + 1, max: 1, start: from(account) })
      .then(({ rows: [row] }) => row);

  async function pick(place: Place, account: AccountKey, ids: readonly string[]): Promise<ArchivePage> {
    if (ids.length > PAGE) throw new Failure('policy-violation', { text: texts.mostIds(PAGE) });
    await flush();
    const key = placeKey(place);
    const wanted = [...new Set(ids)].map(Number).sort((a, b) => a - b);
    if (!wanted.every(Number.isSafeInteger)) throw new Failure('item-not-found');
    const found = await Promise.all(wanted.map((id) => seen(key, id, account)));
    const rows = found.filter((row) => row !== undefined);
    if (rows.length < wanted.length) throw new Failure('item-not-found');
    return { events: await eventsOf(rows, place), complete: true, count: rows.length };
  }

  async function history(place: Place, account: AccountKey, wish: HistoryWish): Promise<readonly ArchivedEvent[]> {
    const { record, replay } = settings(placeTransport(place));
    const max = Math.min(wish.stanzas ?? replay, PAGE);
    if (!record || max === 0 || wish.characters === 0) return [];
    try {
      await flush();
      const since = wish.since ?? (wish.seconds === undefined ? undefined : clock.now() - wish.seconds * 1000);
      const start = from(account, since);
      const { rows } = await store.archive.page({ place: placeKey(place), account, max, newest: true, start });
      return within(await eventsOf(rows, place), wish.characters);
    } catch (err) {
      log.error({ err }, 'history could not be read');
      return [];
    }
  }

  async function about(place: Place, account: AccountKey, id: string): Promise<Context> {
    const number = numberOf(id);
    if (!settings(placeTransport(place)).record || number === undefined) return {};
    const key = placeKey(place);
    try {
      await flush();
      const since = { after: number - 1, start: from(account) };
      const { rows } = await store.archive.page({ place: key, account, max: FRESH, ...since });
      const [row] = rows;
      if (row?.id !== number) return {};
      const quote = textOf(row);
      const fresh = rows.length < FRESH;
      return { author: row.fromName ?? row.fromId, fresh, ...(quote !== undefined && { quote }) };
    } catch (err) {
      log.error({ err }, 'the archive could not be read');
      return {};
    }
  }

  const isKept = (place: Place): boolean => settings(placeTransport(place)).record;
  const mayKeep = ({ event: { hints, place } }: Entry): boolean => hints?.store !== false && isKept(place);
  const records = (entry: Entry): boolean =>
    mayKeep(entry) && (entry.event.place.kind !== 'shared' || keepers.any(placeKey(entry.event.place)));
  /** Who is there, and for whom nothing is kept. */
  const forgets = (account: AccountKey, place: string): boolean =>
    since.has(sight(account, place)) && !keepers.has(account, place);

  const covering = (place: string, id: number, to: readonly AccountKey[]): readonly Statement[] =>
    to.map((account) => store.visibility.cover(account, place, id));

  function put({ event, by, nick, marks, about }: Entry, id: number, seen = NO_CHANGES): string {
    const place = placeKey(event.place);
    const named = event.from.kind === 'xmpp' || settings(placeTransport(event.place)).refers;
    const row: Archived = {
      id,
      place,
      at: Math.floor(id / 1000),
      fromId: by,
      fromName: nick,
      kind: event.kind,
      body: bodyOf(event, about && (about.fromName ?? about.fromId)),
      event: event.id,
      xmpp: marks.id ?? (named ? (event.id as string as XmppId) : null),
      foreign: null,
      about: about?.id ?? null,
    };
    recent.add(row);
    batch.put({ row, changes: about ? [...seen, ...changesOf(event, row, about)] : seen });
    return String(id);
  }

  /** What it changes of the message that it is about. */
  function changesOf(event: Archivable, { place, fromId, xmpp }: Archived, about: Archived): readonly Statement[] {
    if (event.kind === 'edit') {
      const body = correctedBody(about.body, event);
      if (about.kind === 'message' && about.fromId === fromId) replace(about, { ...about, body });
      return [store.archive.correct(place, about.id, fromId, body)];
    }
    if (event.kind !== 'retract') return NO_CHANGES;
    const body = tombstone(event, xmpp as XmppId | undefined);
    replace(about, { ...about, kind: 'retracted', body });
    return store.archive.retract(place, about.id, event.by === undefined ? fromId : undefined, body);
  }

  const replace = ({ id }: Archived, row: Archived): void => recent.replace((one) => one.id === id, row);

  /** What was said lately under a stanza-id or, where there is none, under the id that it was sent with. */
  function lately(place: string, id: string): Archived | undefined {
    const number = numberOf(id);
    const numbered = number === undefined ? undefined : recent.find((one) => one.id === number);
    return numbered ?? recent.find((one) => (one.xmpp ?? one.event) === id && one.place === place);
  }

  function stopKeeping(account: AccountKey, key: string): void {
    const to = freshId();
    keepers.set(account, key, false);
    if (to !== undefined) write(store.visibility.close(account, key, to));
  }

  const sight = (account: AccountKey, place: string): string => `${account}\n${place}`;

  function recall(
    place: Place,
    id: string,
    account?: AccountKey,
    author?: string,
  ): Archived | undefined | Promise<Archived | undefined> {
    if (!isKept(place)) return undefined;
    const key = placeKey(place);
    const row = lately(key, id);
    const isIt = row?.place === key && row.kind !== 'edit' && (author === undefined || row.fromId === author);
    return isIt && (account === undefined || row.id >= (since.get(sight(account, key)) ?? Number.POSITIVE_INFINITY))
      ? row
      : looked(place, id, account, author);
  }

  async function looked(
    place: Place,
    id: string,
    account: AccountKey | undefined,
    author: string | undefined,
  ): Promise<Archived | undefined> {
    const key = placeKey(place);
    try {
      await flush();
      const number = numberOf(id);
      const numbered = number === undefined ? undefined : await store.archive.get(key, number);
      const found = numbered ?? (await store.archive.sent(key, id, author));
      // Who came after a message may have seen its correction, which says all of it.
      if (!found || (account !== undefined && !(await seen(key, found.id, account)))) return undefined;
      // XEP-0308 §3: a correction of a correction is one of the first message.
      return found.kind === 'edit' && found.about !== null ? await store.archive.get(key, found.about) : found;
    } catch (err) {
      log.error({ err }, 'the archive could not be read');
      return undefined;
    }
  }

  return {
    record(entry) {
      const id = records(entry) ? freshId() : undefined;
      // A room without an archive is still a room: the message is shown all the same.
      return id === undefined ? undefined : put(entry, id);
    },
    async recordLate(entry, seenBy) {
      const place = placeKey(entry.event.place);
      const all = [...seenBy];
      const seers = all.filter((account) => !forgets(account, place));
      if (!mayKeep(entry) || (seers.length === 0 && all.length > 0)) return undefined;
      try {
        const { at, asked } = entry.event;
        if (clock.now() - at < WRITTEN) await flush();
        const id = await store.archive.freeId(at);
        return put(entry, id, asked ? NO_CHANGES : covering(place, id, seers));
      } catch (err) {
        log.error({ err }, 'what came late could not be archived');
        return undefined;
      }
    },
    recall,
    async disclose(place, to, id, by) {
      const row = await recall(place, id, undefined, by);
      if (!row) return undefined;
      const readers = to.filter((account) => !forgets(account, row.place));
      batch.put({ changes: covering(row.place, row.id, readers) });
      return (await eventsOf([row], place))[0];
    },
    records: isKept,
    keptSince(account, place) {
      const key = placeKey(place);
      return isKept(place) && keepers.has(account, key) ? since.get(sight(account, key)) : undefined;
    },
    entered(account, place) {
      const from = freshId();
      if (from === undefined) return;
      const key = placeKey(place);
      since.set(sight(account, key), from);
      keepers.set(account, key, true);
      write(store.visibility.open(account, key, from));
    },
    left(account, place) {
      const key = placeKey(place);
      since.delete(sight(account, key));
      if (keepers.has(account, key)) stopKeeping(account, key);
    },
    remembers(account, place, on) {
      const key = placeKey(place);
      if (!since.has(sight(account, key)) || keepers.has(account, key) === on) return;
      if (!on) return stopKeeping(account, key);
      const from = freshId();
      if (from === undefined) return;
      keepers.set(account, key, true);
      write(store.visibility.open(account, key, from));
    },
    async sentAs(place, id) {
      if (numberOf(id) === undefined) return undefined;
      const row = await recall(place, id);
      return row && ((row.xmpp ?? row.event) as XmppId);
    },
    history,
    page,
    pick,
    about,
    cut: batch.cut,
    flush,
  };
}
