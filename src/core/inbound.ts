import type { Lanes } from '#src/lib/lanes.ts';
import type { Draft, Event, EventKind, EventOf } from '#src/model/event.ts';
import { Failure } from '#src/model/failure.ts';
import { newEventId, splitAccount, type XmppId } from '#src/model/ids.ts';
import { type Place, placeKey } from '#src/model/place.ts';
import type { Statement, Store } from '#src/store/index.ts';
import type { Archive } from './archive.ts';
import { authorOf, type Ids, type Linked } from './ids.ts';
import type { XmppSide } from './index.ts';
import { points, translate } from './pointing.ts';
import type { Rooms } from './rooms.ts';

export type InboundParts = {
  readonly lanes: Lanes;
  readonly rooms: Rooms;
  readonly ids: Ids;
  readonly archive: Pick<Archive, 'cut'>;
  readonly store: Pick<Store, 'unit'>;
  readonly xmpp: XmppSide;
  now(): number;
  /** Takes what a contact says of itself; resolves once it is durable. */
  person(event: EventOf<'contact'> | EventOf<'presence'>): void | Promise<void>;
  /** What XMPP carries of a draft, in pieces. */
  degrade(draft: Draft): readonly Draft[];
  /** Whether the network is answered for such an event only once it is durable. */
  journaled(place: Place, kind: EventKind): boolean;
  /** Hears of what was told before and is not shown again. */
  repeated(draft: Draft): void;
};

/** The way of an event from a network to XMPP. */
export type Inbound = {
  /**
   * Shows what comes, and resolves once `statements` and all that the drafts made durable are written, in one unit.
   * Synchronous when nothing has to be.
   */
  accept(drafts: readonly Draft[], statements?: readonly Statement[]): void | Promise<void>;
};

/** accept: pieces, id and time, lane, room or person. */
export function openInbound({
  lanes,
  rooms,
  ids,
  archive,
  store,
  xmpp,
  now,
  degrade,
  ...parts
}: InboundParts): Inbound {
  /** Places whose events wait for a look into the store; while there are none, nothing is put behind them. */
  let looking = 0;
  /** The last unit: whoever has nothing to add to it waits for it. */
  let last: Promise<void> = Promise.resolve();

  const journaled = ({ ids: named, place, kind }: Draft): boolean =>
    named !== undefined && named.length > 0 && parts.journaled(place, kind);

  function take(draft: Draft): void | Promise<void> {
    const repeated = ids.repeated(draft, journaled(draft));
    const go = (again: boolean) => (again ? parts.repeated(draft) : show(draft));
    return repeated instanceof Promise ? repeated.then(go) : go(repeated);
  }

  function show(draft: Draft): void | Promise<void> {
    const pieces = degrade(draft);
    if (!pieces.some(points)) return pieces.length === 0 ? undefined : tell(draft, pieces);
    return Promise.all(pieces.map(known)).then((found) => tell(draft, found.flat()));
  }

  /** Nobody can be told that a network speaks of a message that nobody knows, so it is left out. */
  async function known(piece: Draft): Promise<readonly Draft[]> {
    try {
      return await translate(piece, ids, 'xmpp');
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      return [];
    }
  }

  function tell(draft: Draft, pieces: readonly Draft[]): void {
    const events = pieces.map(
      (piece): Event => ({ ...piece, id: newEventId(), at: piece.at ?? now(), live: piece.live ?? true }),
    );
    link(draft, events);
    for (const event of events) deliver(event);
  }

  function link({ ids: foreign, place, from }: Draft, events: readonly Event[]): void {
    const [first] = events;
    if (foreign === undefined || foreign.length === 0 || first === undefined) return;
    const linked: Linked = {
      event: first.id,
      place: placeKey(place),
      at: first.at,
      author: authorOf(from),
      xmpp: [],
      foreign: [],
    };
    ids.link(linked, { xmpp: events.map(({ id }) => id as string as XmppId), foreign });
  }

  function deliver(event: Event): void {
    const { place } = event;
    if (place.kind === 'shared' || place.kind === 'room') return rooms.apply(event);
    if (event.kind === 'presence' || event.kind === 'contact')
      return lanes.run(placeKey(place), () => parts.person(event));
    // RFC 6121 §8.5.2: the server chooses the resource of a message to a bare JID.
    const to = [{ jid: splitAccount(place.account).user }];
    lanes.run(placeKey(place), () => xmpp.deliver(event, to));
  }

  /** Takes a draft after those that came before it in its place. At once where nothing has to be looked up. */
  function inOrder(draft: Draft): Promise<void> | undefined {
    const end = Promise.withResolvers<void>();
    let done = false;
    looking++;
    const finish = (): void => {
      looking--;
      done = true;
      end.resolve();
    };
    const fail = (error: unknown): void => {
      looking--;
      end.reject(error);
    };
    lanes.run(`in ${placeKey(draft.place)}`, () => {
      try {
        const work = take(draft);
        return work ? work.then(finish, fail) : finish();
      } catch (error) {
        return fail(error);
      }
    });
    return done ? undefined : end.promise;
  }

  /** Resolves when everything before it in the places' lanes is done; at once where they are idle. */
  function shown(drafts: readonly Draft[]): Promise<unknown> | undefined {
    const open: Promise<void>[] = [];
    for (const key of new Set(drafts.map(({ place }) => placeKey(place)))) {
      let done = false;
      const end = Promise.withResolvers<void>();
      lanes.run(key, () => {
        done = true;
        end.resolve();
      });
      if (!done) open.push(end.promise);
    }
    return open.length === 0 ? undefined : Promise.all(open);
  }

  function commit(statements: readonly Statement[]): Promise<void> {
    const cuts = [archive.cut(), ids.cut()];
    const all = [...cuts.flatMap((cut) => cut.statements), ...statements];
    if (all.length === 0) return last;
    const written = store.unit(all).then(
      () => undefined,
      (error: unknown) => {
        for (const cut of cuts) cut.restore();
        throw error;
      },
    );
    // Its own caller hears of a failure; who comes later does not wait for what will never be.
    last = written.catch(() => undefined);
    return written;
  }

  return {
    accept(drafts, statements = []) {
      const open: Promise<unknown>[] = [];
      for (const draft of drafts) {
        const plain = looking === 0 && draft.ids === undefined && !points(draft);
        const work = plain ? show(draft) : inOrder(draft);
        if (work) open.push(work);
      }
      const durable = statements.length > 0 || drafts.some(journaled);
      if (open.length === 0 && !durable) return;
      return settled(drafts, open, durable ? statements : undefined);
    },
  };

  /** What happens in busy lanes is durable with the unit, and what was cut in the meantime was written before it. */
  async function settled(
    drafts: readonly Draft[],
    open: readonly Promise<unknown>[],
    statements: readonly Statement[] | undefined,
  ): Promise<void> {
    if (open.length > 0) await Promise.all(open);
    if (!statements) return;
    const waiting = shown(drafts);
    if (waiting) await waiting;
    await commit(statements);
  }
}
