import { featureOf } from '#mappings/parts.ts';
import { messageTexts as texts } from '#mappings/texts/messages.ts';
import type { Origin, XmppSide } from '#src/core/index.ts';
import type { Footing } from '#src/core/standing.ts';
import type { Transport } from '#src/core/transport.ts';
import type { Clock } from '#src/lib/time/clock.ts';
import type { Draft, Event } from '#src/model/event.ts';
import { Failure } from '#src/model/failure.ts';
import { newEventId } from '#src/model/ids.ts';
import { isRoom, placeTransport } from '#src/model/place.ts';
import { GuardFailed, type Statement, type Store, StoreUnavailable } from '#src/store/index.ts';
import type { Reservation } from './budgets.ts';
import type { Journaling } from './journaling.ts';
import { wantsReceipt } from './receipts.ts';
import { type Due, openRepeats } from './repeats.ts';
import { type FreshRow, type Held, journaledId, laneOf, type Piece, stanzaKey } from './rows.ts';
import { cameThrough } from './shelf.ts';

export type IntakeParts = {
  readonly journaling: Pick<Journaling, 'outward' | 'budgets' | 'keeps' | 'delivery' | 'rows' | 'settling'>;
  readonly store: Pick<Store, 'journal' | 'unit'>;
  readonly clock: Clock;
  readonly xmpp: Pick<XmppSide, 'refuse' | 'receipt'>;
  transport(domain: string): Transport;
  asFailure(error: unknown): Failure;
};

/** What a user wrote, in pieces that their network carries. */
export type Writ = {
  readonly draft: Draft;
  readonly pieces: readonly Draft[];
  readonly to: Footing;
  readonly origin: Origin | undefined;
  readonly held?: Held | undefined;
};

/** Where journaled events of users come in. */
export type Intake = {
  /**
   * Takes a stanza whole or not at all; what goes wrong is answered on it. A repeat of what was taken before is not taken
   * twice: what was delivered has its receipt again, what has failed is tried anew or has its error again.
   */
  take(writ: Writ): void;
  /** Whether a repeat of the stanza would be recognised. */
  recognises(draft: Draft, origin: Origin): boolean;
  /**
   * Answers a stanza that is not taken with the failure. A repeat of what was taken before is answered as that: it goes
   * on, now or at the next start, or has its receipt or error again. Resolves then. Never rejects.
   */
  refuse(draft: Draft, origin: Origin, failure: Failure): Promise<void>;
  /** Resolves when nothing is being taken in for that lane of the journal. */
  taken(lane: string): Promise<void>;
  /** Resolves when all that is being taken in now has been; `undefined` if that is nothing. */
  settled(): Promise<unknown> | undefined;
  /** For the stop: resolves when nothing is being taken in. From now on a store that is away is not waited for. */
  idle(): Promise<void>;
};

type Planned = { readonly row: FreshRow; readonly reserved: Reservation };

export function openIntake({ journaling, store, xmpp, ...parts }: IntakeParts): Intake {
  const { delivery, rows } = journaling;
  /** What is being taken in, with the lane that it is for. */
  const open = new Map<Promise<void>, string>();
  /** In lanes where a repeat is looked up: when that is done. */
  const looking = new Map<string, Promise<void>>();
  const repeats = openRepeats({ store, settling: journaling.settling, transport: parts.transport });
  let stopping = false;

  function planOf({ draft, pieces, to, origin, held }: Writ): Planned[] {
    const { domain, charges, budgets } = to.transport;
    const { account } = to.key;
    const group = `j-${newEventId()}`;
    return pieces.map((piece, part) => {
      const confirm = origin && wantsReceipt(origin) ? ({ confirm: true } as const) : {};
      const event: Event = { ...piece, id: journaledId(group, part), at: parts.clock.now(), live: true, ...confirm };
      const lead = part === 0;
      const said = lead && piece !== draft && isRoom(draft.place) ? { said: draft } : {};
      const own: Piece | undefined = origin && { origin, lead, group, parts: pieces.length, ...said };
      const reserved = journaling.budgets.reserve({ account, transport: domain, budgets }, charges(event));
      const key = lead && origin ? stanzaKey(draft, origin) : null;
      const rest = { key, origin: own ? JSON.stringify(own) : null, piece: own, charges: reserved.kept, held };
      return { row: journaling.outward(event, to, rest), reserved };
    });
  }

  /** Accepted means committed: the rows, and what they cost, in one unit. False where the stanza has a row already. */
  async function add(planned: readonly Planned[], before: readonly Statement[] = []): Promise<boolean> {
    const costs = planned.flatMap(({ reserved }) => reserved.statements);
    try {
      await addRows(planned, before, costs);
      return true;
    } catch (error) {
      if (!(error instanceof GuardFailed)) throw error;
      if (error.index < before.length + planned.length) return false;
      throw new Failure('budget-exhausted');
    }
  }

  async function addRows(planned: readonly Planned[], before: readonly Statement[], after: readonly Statement[]) {
    const epoch = await rows.owner();
    const coming = planned.map(({ row }) => delivery.announce(row));
    try {
      await store.unit([...before, ...coming.map((row) => store.journal.add(row, epoch)), ...after]);
    } catch (error) {
      // The line broke while it committed: it is found out whether it did, for as long as the gateway runs.
      const unclear = error instanceof StoreUnavailable && !error.certain;
      const [first] = coming;
      const is = unclear && first && cameThrough({ store, clock: parts.clock, patient: () => !stopping }, first);
      if (!(await Promise.resolve(is).catch(() => false))) {
        for (const row of coming) delivery.withdrawn(row);
        throw error;
      }
    }
    await Promise.all(coming.map(delivery.added));
  }

  async function accept(writ: Writ): Promise<void> {
    const { place } = writ.draft;
    const planned = planOf(writ);
    const added = (await add(planned)) || (await inTurn(laneOf('out', place), () => again(writ, planned)));
    if (!added) return;
    const domain = placeTransport(place);
    const { budgets } = parts.transport(domain);
    for (const { reserved } of planned) void journaling.budgets.watch(domain, budgets, reserved.kept);
  }

  /** A stanza that has a row. Resolves with whether it was taken all the same. */
  async function again({ draft: { place }, origin }: Writ, planned: readonly Planned[]): Promise<boolean> {
    const key = planned[0]?.row.key;
    if (!origin || typeof key !== 'string') throw new Error('only a stanza is known by its key');
    parts.transport(placeTransport(place)).metrics.repeated();
    const charged = planned.some(({ reserved }) => reserved.kept !== null);
    // Another copy of it may be quicker: then it is under way.
    for (;;) {
      const due = await repeats.due(key, place, charged);
      const before = due.is === 'another try' ? [store.journal.yieldKey({ ...due.row, key })] : [];
      if (due.is !== 'another try' && due.is !== 'new') return tell(origin, due);
      if (await add(planned, before)) return true;
    }
  }

  function tell(origin: Origin, due: Due): false {
    if (due.is === 'refusal') xmpp.refuse(origin, due.failure);
    if (due.is === 'receipt' && wantsReceipt(origin)) xmpp.receipt(origin);
    return false;
  }

  /** Repeats keep their order, and what comes in meanwhile stays behind them. */
  function inTurn<T>(lane: string, work: () => Promise<T>): Promise<T> {
    const done = (looking.get(lane) ?? Promise.resolve()).then(work);
    const quiet = done.then(
      () => undefined,
      () => undefined,
    );
    looking.set(lane, quiet);
    void quiet.then(() => {
      if (looking.get(lane) === quiet) looking.delete(lane);
    });
    return done;
  }

  function answerOf(error: unknown): Failure {
    if (error instanceof StoreUnavailable) return new Failure('queue-full', { text: texts.cannotKeepNow });
    return parts.asFailure(error);
  }

  async function taken(lane: string): Promise<void> {
    const busy = () => [...open].filter(([, one]) => one === lane).map(([work]) => work);
    for (let left = busy(); left.length > 0; left = busy()) await Promise.all(left);
  }

  const keyOf = (draft: Draft, origin: Origin): string | null =>
    journaling.keeps('out', draft.place, featureOf(draft)) ? stanzaKey(draft, origin) : null;

  async function dueOf(draft: Draft, origin: Origin): Promise<Due> {
    const key = keyOf(draft, origin);
    if (key === null) return { is: 'new' };
    await taken(laneOf('out', draft.place));
    return repeats.due(key, draft.place, true);
  }

  return {
    recognises: (draft, origin) => keyOf(draft, origin) !== null,
    async refuse(draft, origin, failure) {
      const due = await dueOf(draft, origin).catch((): Due => ({ is: 'new' }));
      if (due.is === 'new' || due.is === 'another try') return void xmpp.refuse(origin, failure);
      parts.transport(placeTransport(draft.place)).metrics.repeated();
      tell(origin, due);
    },
    take(writ) {
      const lane = laneOf('out', writ.draft.place);
      const before = looking.get(lane);
      const work = (before ? before.then(() => accept(writ)) : accept(writ)).catch((error: unknown) => {
        if (writ.origin) xmpp.refuse(writ.origin, answerOf(error));
      });
      open.set(work, lane);
      void work.then(() => open.delete(work));
    },
    taken,
    settled: () => (open.size === 0 ? undefined : Promise.all(open.keys())),
    async idle() {
      stopping = true;
      while (open.size > 0) await Promise.all([...open.keys()]);
    },
  };
}
