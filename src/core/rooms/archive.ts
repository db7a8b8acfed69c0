import type { ArchivedMessage, ArchivePage, ArchiveQuery } from '#src/core/index.ts';
import type { Clock } from '#src/lib/clock.ts';
import type { Log } from '#src/lib/log.ts';
import type { Context } from '#src/model/capabilities.ts';
import type { Event, HistoryWish, Message } from '#src/model/event.ts';
import { Failure } from '#src/model/failure.ts';
import type { AccountKey, XmppId } from '#src/model/ids.ts';
import { type Place, placeKey, placeTransport } from '#src/model/place.ts';
import { type Batch, openBatch, type Store } from '#src/store/index.ts';
import type { Archived } from '#src/store/rows/archive.ts';
import type { Statement } from '#src/store/unit.ts';

export type ArchiveParts = {
  readonly store: Pick<Store, 'archive' | 'visibility' | 'unit'>;
  readonly clock: Clock;
  readonly log: Log;
  /** Whether the messages of a transport are kept, and how many a client that joins is shown by default. */
  settings(transport: string): { readonly record: boolean; readonly replay: number };
};

export type Archive = {
  /** Keeps a message and returns its id, or `undefined` where nothing is kept. It is written with the next batch. */
  record(event: Event<Message>, nick: string, id: XmppId | undefined): string | undefined;
  /** The account entered or left the place: what is said in between is for it to see. */
  entered(account: AccountKey, place: Place): void;
  left(account: AccountKey, place: Place): void;
  /**
   * What a client that joins is shown, the oldest first: of what its account has seen, never what others recorded.
    Never rejects: without
   * history a room is still a room.
   */
  history(place: Place, account: AccountKey, wish: HistoryWish): Promise<readonly ArchivedMessage[]>;
  /** Throws `Failure('item-not-found')` for an id that is not there (XEP-0059). */
  page(place: Place, account: AccountKey, query: ArchiveQuery): Promise<ArchivePage>;
  /** The messages with these ids, in order. Throws `Failure('item-not-found')` unless the account may see all of them. */
  pick(place: Place, account: AccountKey, ids: readonly string[]): Promise<ArchivePage>;
  /** What is known of a message by its stanza-id, as far as the account may see it. Nothing where that cannot be read. */
  about(place: Place, account: AccountKey, id: string): Promise<Context>;
  /** Takes out what waits, to be written in one unit with more. */
  cut: Batch<Archived>['cut'];
  /** The id that an archived message was sent with, by its stanza-id. */
  sentAs(place: Place, id: string): Promise<XmppId | undefined>;
  /** Resolves once everything that was recorded is written. */
  flush(): Promise<void>;
};

/** Rows that a client gets at a time. */
const PAGE = 100;
/** How many messages back something is still fresh. */
const FRESH = 10;

/** The archive of rooms: batches off the path of the messages, pages and history on demand. */
export function openArchive({ store, clock, log, settings }: ArchiveParts): Archive {
  const batch = openBatch<Archived>({ store, log, what: 'messages of the archive', statements: store.archive.append });
  const { flush } = batch;

  /** Nothing when the store has been away for so long that it cannot give out ids. */
  function freshId(): number | undefined {
    try {
      return store.archive.nextId();
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
    const number = /^\d{1,16}$/.test(id) ? Number(id) : Number.NaN;
    if (!Number.isSafeInteger(number) || !(await store.archive.get(place, number))) throw new Failure('item-not-found');
    return number;
  }

  async function page(place: Place, account: AccountKey, query: ArchiveQuery): Promise<ArchivePage> {
    await flush();
    const key = placeKey(place);
    const after = await known(key, query.after);
    const before = await known(key, query.before);
    const afterId = await known(key, query.afterId);
    const beforeId = await known(key, query.beforeId);
    const { rows, complete, count } = await store.archive.page({
      place: key,
      account,
      ...(query.start !== undefined && { start: query.start }),
      ...(query.end !== undefined && { end: query.end }),
      ...(afterId !== undefined && { afterId }),
      ...(beforeId !== undefined && { beforeId }),
      ...(after !== undefined && { after }),
      ...(before !== undefined && { before }),
      newest: query.before !== undefined,
      max: Math.min(query.max, PAGE),
    });
    return { messages: rows.map((row) => messageOf(row, place)), complete, count };
  }

  async function pick(place: Place, account: AccountKey, ids: readonly string[]): Promise<ArchivePage> {
    if (ids.length > PAGE) throw new Failure('policy-violation', { text: `At most ${PAGE} ids at a time.` });
    await flush();
    const key = placeKey(place);
    const wanted = [...new Set(ids)].map(Number).sort((a, b) => a - b);
    if (!wanted.every(Number.isSafeInteger)) throw new Failure('item-not-found');
    const found = await Promise.all(
      wanted.map(async (id) => {
        const { rows } = await store.archive.page({ place: key, account, after: id - 1, before: id + 1, max: 1 });
        return rows[0];
      }),
    );
    const rows = found.filter((row) => row !== undefined);
    if (rows.length < wanted.length) throw new Failure('item-not-found');
    return { messages: rows.map((row) => messageOf(row, place)), complete: true, count: rows.length };
  }

  async function history(place: Place, account: AccountKey, wish: HistoryWish): Promise<readonly ArchivedMessage[]> {
    const { record, replay } = settings(placeTransport(place));
    const max = Math.min(wish.stanzas ?? replay, PAGE);
    if (!record || max === 0 || wish.characters === 0) return [];
    try {
      await flush();
      const start = wish.since ?? (wish.seconds === undefined ? undefined : clock.now() - wish.seconds * 1000);
      const range = { place: placeKey(place), account, max, newest: true };
      const { rows } = await store.archive.page(start === undefined ? range : { ...range, start });
      return within(
        rows.map((row) => messageOf(row, place)),
        wish.characters,
      );
    } catch (err) {
      log.error({ err }, 'history could not be read');
      return [];
    }
  }

  async function about(place: Place, account: AccountKey, id: string): Promise<Context> {
    if (!settings(placeTransport(place)).record || !/^\d{1,16}$/.test(id)) return {};
    const key = placeKey(place);
    const number = Number(id);
    try {
      await flush();
      const { rows } = await store.archive.page({ place: key, account, after: number - 1, max: FRESH });
      const [row] = rows;
      if (row?.id !== number) return {};
      const { message, nick } = messageOf(row, place);
      return { quote: message.text, author: nick, fresh: rows.length < FRESH };
    } catch (err) {
      log.error({ err }, 'the archive could not be read');
      return {};
    }
  }

  return {
    record(event, nick, xmpp) {
      if (!settings(placeTransport(event.place)).record) return undefined;
      const id = freshId();
      // A room without an archive is still a room: the message is shown all the same.
      if (id === undefined) return undefined;
      const row: Archived = {
        id,
        place: placeKey(event.place),
        at: event.at,
        fromId: event.from.kind === 'network' ? event.from.id : event.from.bare,
        fromName: nick,
        kind: event.kind,
        body: bodyOf(event),
        event: event.id,
        xmpp: xmpp ?? null,
        foreign: null,
        about: null,
      };
      batch.put(row);
      return String(row.id);
    },
    entered(account, place) {
      const from = freshId();
      if (from !== undefined) write(store.visibility.open(account, placeKey(place), from));
    },
    left(account, place) {
      const to = freshId();
      if (to !== undefined) write(store.visibility.close(account, placeKey(place), to));
    },
    async sentAs(place, id) {
      if (!/^\d{1,16}$/.test(id)) return undefined;
      await flush();
      const row = await store.archive.get(placeKey(place), Number(id));
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

/** The newest that fit into so many characters of text (XEP-0045 §7.2.14). */
function within(
  messages: readonly ArchivedMessage[],
  characters = Number.POSITIVE_INFINITY,
): readonly ArchivedMessage[] {
  let left = characters;
  const first = messages.findLastIndex(({ message }) => (left -= message.text.length) < 0);
  return messages.slice(first + 1);
}

/** What is kept of a message: what it has beside its text, too, so that a file alone is not an empty text later. */
function bodyOf({ text, style, files, replyTo, spoiler, mentions, thread }: Message): string {
  // Most messages are their text.
  const more = files ?? replyTo ?? spoiler ?? mentions ?? thread;
  if (style === 'plain' && more === undefined) return JSON.stringify({ text });
  return JSON.stringify({ text, ...(style !== 'plain' && { style }), files, replyTo, spoiler, mentions, thread });
}

function messageOf({ id, at, fromName, fromId, body, xmpp, event }: Archived, place: Place): ArchivedMessage {
  const { style = 'plain', ...message } = JSON.parse(body) as Omit<Message, 'kind' | 'style'> & Partial<Message>;
  return {
    id: String(id),
    at,
    nick: fromName ?? fromId,
    place,
    message: { ...message, kind: 'message', style },
    // What was shown when it was said had the event's own id where nobody on XMPP had given one.
    xmppId: (xmpp ?? event) as XmppId,
  };
}
