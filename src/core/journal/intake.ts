import type { Origin, XmppSide } from '#src/core/index.ts';
import type { CoreTransport } from '#src/core/parts.ts';
import type { Clock } from '#src/lib/clock.ts';
import type { Draft, Event } from '#src/model/event.ts';
import { Failure } from '#src/model/failure.ts';
import { type AccountKey, newEventId } from '#src/model/ids.ts';
import { placeTransport } from '#src/model/place.ts';
import { GuardFailed, type Store, StoreUnavailable } from '#src/store/index.ts';
import { cameThrough } from './doubtful.ts';
import type { Journaling } from './journaling.ts';
import { type Journey, journaledId, stanzaKey } from './owed.ts';

export type IntakeParts = {
  readonly journaling: Pick<Journaling, 'outward' | 'rows' | 'delivery' | 'budgets'>;
  readonly store: Store;
  readonly xmpp: Pick<XmppSide, 'refuse'>;
  readonly clock: Clock;
  transport(domain: string): CoreTransport;
  asFailure(error: unknown): Failure;
};

/** What a user wrote, in pieces that their network carries. */
export type Writ = {
  readonly draft: Draft;
  readonly pieces: readonly Draft[];
  readonly account: AccountKey;
  readonly origin: Origin | undefined;
};

/** Where journaled events of users come in. */
export type Intake = {
  /** Takes a stanza whole or not at all; what goes wrong is answered on it. A stanza that was taken before is dropped. */
  take(writ: Writ): void;
  /** For the stop: resolves when nothing is being taken in. From now on a store that is away is not waited for. */
  idle(): Promise<void>;
};

export function openIntake({ journaling, store, xmpp, ...parts }: IntakeParts): Intake {
  const open = new Set<Promise<void>>();
  let stopping = false;
  const doubt = { store, clock: parts.clock, patient: () => !stopping };

  /** Accepted means committed: the rows, and what they cost, in one unit. */
  async function accept({ draft, pieces, account, origin }: Writ): Promise<void> {
    const domain = placeTransport(draft.place);
    const { charges, budgets = [], repeated } = parts.transport(domain);
    const group = `j-${newEventId()}`;
    const planned = pieces.map((piece, part) => {
      const event: Event = { ...piece, id: journaledId(group, part), at: parts.clock.now(), live: true };
      const journey: Journey | undefined = origin && { origin, lead: part === 0, group, parts: pieces.length };
      const reserved = journaling.budgets.reserve({ account, transport: domain, budgets }, charges?.(event) ?? []);
      const key = part === 0 && origin ? stanzaKey(draft, origin) : null;
      const rest = { key, origin: journey ? JSON.stringify(journey) : null, charges: reserved.kept };
      return { row: journaling.outward(event, account, rest), reserved };
    });
    const epoch = await journaling.rows.owner();
    try {
      await store.unit([
        ...planned.map(({ row }) => store.journal.add(row, epoch)),
        ...planned.flatMap(({ reserved }) => reserved.statements),
      ]);
    } catch (error) {
      if (error instanceof GuardFailed && error.index < planned.length) return repeated();
      if (error instanceof GuardFailed) throw new Failure('budget-exhausted');
      const [first] = planned;
      const unclear = error instanceof StoreUnavailable && !error.certain;
      if (!unclear || !first || !(await cameThrough(doubt, first.row))) throw error;
    }
    for (const { row, reserved } of planned) {
      journaling.delivery.push(row);
      void journaling.budgets.watch(domain, budgets, reserved.kept);
    }
  }

  function answerOf(error: unknown): Failure {
    if (error instanceof StoreUnavailable)
      return new Failure('queue-full', { text: 'The gateway cannot keep this at the moment. Try again later.' });
    return parts.asFailure(error);
  }

  return {
    take(writ) {
      const work = accept(writ).catch((error: unknown) => {
        if (writ.origin) xmpp.refuse(writ.origin, answerOf(error));
      });
      open.add(work);
      void work.then(() => open.delete(work));
    },
    async idle() {
      stopping = true;
      while (open.size > 0) await Promise.all([...open]);
    },
  };
}
