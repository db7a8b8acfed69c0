import { authorOf, type Ids, type Linked } from '#src/core/ids.ts';
import type { Commit } from '#src/core/journal/commit.ts';
import type { Rows } from '#src/core/journal/delivery-rows.ts';
import type { Outbox } from '#src/core/journal/outbox.ts';
import type { Rooms } from '#src/core/rooms/rooms.ts';
import type { Lanes } from '#src/lib/lanes.ts';
import type { Draft, Event, EventKind, EventOf } from '#src/model/event.ts';
import { Failure } from '#src/model/failure.ts';
import { newEventId, splitAccount, type XmppId } from '#src/model/ids.ts';
import { type Place, placeKey } from '#src/model/place.ts';
import type { Statement } from '#src/store/index.ts';
import { points, translate } from './reference.ts';

export type InboundParts = {
  readonly lanes: Lanes;
  readonly rooms: Pick<Rooms, 'apply'>;
  readonly ids: Ids;
  /** XMPP, behind what holds back the journaled until it is durable. */
  readonly outbox: Outbox;
  readonly commit: Commit;
  readonly rows: Pick<Rows, 'owner'>;
  now(): number;
  /** Takes what a contact says of itself; resolves once it is durable. */
  person(event: EventOf<'contact'> | EventOf<'presence'>): void | Promise<void>;
  /** What XMPP carries of a draft, in pieces. */
  degrade(draft: Draft): readonly Draft[];
  /** Whether such an event is kept until XMPP has it, and the network is answered for it no sooner. */
  journaled(place: Place, kind: EventKind): boolean;
  /** Hears of what was told before and is not shown again. */
  repeated(draft: Draft): void;
};

/** The way of an event from a network to XMPP. */
export type Inbound = {
  /**
   * Takes what comes, and resolves once `statements` and all that the drafts made durable are written, in one unit.
   * What is journaled is shown after that, everything else at once. Synchronous when nothing has to be durable.
   */
  accept(drafts: readonly Draft[], statements?: readonly Statement[]): void | Promise<void>;
};

/** accept: pieces, id and time, lane, room or person. */
export function openInbound({
  lanes,
  rooms,
  ids,
  outbox,
  commit,
  rows,
  now,
  degrade,
  ...parts
}: InboundParts): Inbound {
  /** Places whose events wait for a look into the store; while there are none, nothing is put behind them. */
  let looking = 0;

  const journaled = ({ place, kind, live }: Draft): boolean => live !== false && parts.journaled(place, kind);

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
    const kept = journaled(draft);
    for (const event of events) {
      if (kept) outbox.expect(event.id);
      deliver(event);
    }
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
    lanes.run(placeKey(place), () => void outbox.deliver(event, to));
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
    await rows.owner();
    await commit.write(statements);
  }
}
