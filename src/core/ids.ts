import { messageTexts } from '#mappings/texts/messages.ts';
import type { Log } from '#src/lib/log.ts';
import { openRecent } from '#src/lib/recent.ts';
import type { Draft } from '#src/model/event.ts';
import { Failure } from '#src/model/failure.ts';
import { type EventId, type ForeignId, type MessageId, splitAccount, type XmppId } from '#src/model/ids.ts';
import type { Party } from '#src/model/party.ts';
import { type Place, placeKey } from '#src/model/place.ts';
import { type Batch, type LinkedEvent, type MessageIds, openBatch, type Store } from '#src/store/index.ts';

/** The ids of one message on both sides. They become more while its pieces land. */
export type Linked = {
  readonly event: EventId;
  readonly place: string;
  readonly at: number;
  readonly author: string;
  readonly xmpp: XmppId[];
  readonly foreign: ForeignId[];
};

export type MoreIds = { readonly xmpp?: readonly XmppId[]; readonly foreign?: readonly ForeignId[] };
type Found = Pick<LinkedEvent, 'author' | 'xmpp' | 'foreign'> & { readonly at?: number };
/** A message by its ids on one side, at least one, who wrote it, and when (ms since 1970) if that was lately. */
export type Known = { readonly author: string; readonly ids: readonly MessageId[]; readonly at: number | undefined };
type Side = 'xmpp' | 'foreign';

export type IdsParts = {
  readonly store: Pick<Store, 'links' | 'unit'>;
  readonly log: Log;
  /** Writes what `cut` gives with all that belongs to it, in one unit. Rejects as `Store.unit`. */
  together(): Promise<unknown>;
  /** The id that the archived message was sent with, by its stanza-id (XEP-0359). */
  archived(place: Place, id: string): Promise<XmppId | undefined>;
};

/** The one place where the ids of both sides meet. */
export type Ids = {
  /** Adds ids to a message. They are found from now on, and written with the next batch. */
  link(linked: Linked, ids: MoreIds): void;
  /** The same, but they are written no sooner than the function that is returned was called. */
  linkUnwritten(linked: Linked, ids: MoreIds): () => void;
  /**
   * Whether the network has told a draft before, under the first of its ids. Looks into the store only where `stored`,
   * else among what was linked lately, at once.
   */
  repeated(draft: Draft, stored: boolean): boolean | Promise<boolean>;
  /**
   * What the message that is called `target` on one side is called on the other: at least one id, with `author` only
   * one of theirs. Synchronous for what was linked lately. Throws or rejects with `Failure('item-not-found')`.
   */
  resolve(at: MessageTarget, to: Side): Known | Promise<Known>;
  cut: Batch<MessageIds>['cut'];
  flush: Batch<MessageIds>['flush'];
};

export type MessageTarget = { readonly place: Place; readonly target: MessageId; readonly author?: string };

/** Messages whose ids are remembered, beside the store. */
const RECENT = 10_000;

/** Who wrote a message, as links tell it: nobody on a network can have the address of an XMPP party (RFC 5122). */
export const authorOf = (from: Party): string => (from.kind === 'network' ? from.id : `xmpp:${from.bare}`);

/** What its user has written in another client is theirs to change from XMPP, too, and the other way round. */
export const writerOf = ({ place, from }: Pick<Draft, 'place' | 'from'>): Party =>
  from.kind === 'network' && from.self && place.kind !== 'shared'
    ? { kind: 'xmpp', bare: splitAccount(place.account).user }
    : from;

/** Nothing is remembered yet. */
export function openIds({ store, log, archived, together }: IdsParts): Ids {
  const recent = openRecent<Linked>(RECENT);
  const batch = openBatch<MessageIds>({
    store,
    log,
    what: 'ids of messages',
    // A network's message whose ids are durable is dropped when it is told again: it has to be owed by then.
    together,
    statements: (rows) => store.links.add(...rows),
  });

  function known({ place, target, author }: MessageTarget, side: Side): Found | undefined {
    const found = recent.get(keyOf(side, placeKey(place), target));
    return author === undefined || found?.author === author ? found : undefined;
  }

  /** What was linked before what is remembered; all that is remembered is written first, so nothing falls between. */
  async function stored({ place, target, author }: MessageTarget, side: Side): Promise<Found | undefined> {
    await batch.flush();
    const key = placeKey(place);
    if (side === 'foreign') return store.links.byForeign(key, target as ForeignId, author);
    const direct = await store.links.byXmpp(key, target as XmppId, author);
    if (direct) return direct;
    // XEP-0461 §3.1, XEP-0444 §4.2: in a room a message is called by the stanza-id that the room gave it.
    const id = await archived(place, target);
    if (id === undefined) return undefined;
    const found = known({ place, target: id, ...(author !== undefined && { author }) }, 'xmpp');
    return found ?? store.links.byXmpp(key, id, author);
  }

  function link(linked: Linked, { xmpp = [], foreign = [] }: MoreIds, put: (row: MessageIds) => void): void {
    const { event, place, at, author } = linked;
    const head = { event, place, at, author };
    if (xmpp.length > 0) put({ ...head, side: 'xmpp', ids: xmpp, first: linked.xmpp.length });
    if (foreign.length > 0) put({ ...head, side: 'foreign', ids: foreign, first: linked.foreign.length });
    linked.xmpp.push(...xmpp);
    linked.foreign.push(...foreign);
    for (const id of xmpp) recent.set(keyOf('xmpp', place, id), linked);
    for (const id of foreign) recent.set(keyOf('foreign', place, id), linked);
  }

  return {
    link: (linked, ids) => link(linked, ids, batch.put),
    linkUnwritten(linked, ids) {
      const rows: MessageIds[] = [];
      link(linked, ids, (row) => rows.push(row));
      return () => {
        for (const row of rows) batch.put(row);
      };
    },
    repeated({ ids, place, from, live }, inStore) {
      const target = ids?.[0];
      if (target === undefined) return false;
      // What a network tells of the past was said by our own, too.
      const at = live === false ? { place, target } : { place, target, author: authorOf(writerOf({ place, from })) };
      if (known(at, 'foreign')) return true;
      return inStore && stored(at, 'foreign').then((found) => found !== undefined);
    },
    resolve(at, to) {
      const side = to === 'foreign' ? 'xmpp' : 'foreign';
      const found = known(at, side);
      if (found) return knownTo(found, to);
      return stored(at, side).then((late) => knownTo(late, to));
    },
    cut: batch.cut,
    flush: batch.flush,
  };
}

const keyOf = (side: Side, place: string, id: string): string => `${side} ${place} ${id}`;

function knownTo(found: Found | undefined, side: Side): Known {
  const ids = found?.[side] ?? [];
  if (!found || ids.length === 0) throw new Failure('item-not-found', { text: messageTexts.aboutUnknown });
  return { author: found.author, ids, at: found.at };
}
