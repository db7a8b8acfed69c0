import type { Origin, XmppSide } from '#src/core/index.ts';
import type { CoreTransport } from '#src/core/parts.ts';
import type { Draft, Event } from '#src/model/event.ts';
import { Failure } from '#src/model/failure.ts';
import { type AccountKey, newEventId } from '#src/model/ids.ts';
import { type Place, placeTransport } from '#src/model/place.ts';
import { GuardFailed, StoreUnavailable } from '#src/store/index.ts';
import type { Journaling } from './journaling.ts';
import { type Journey, journaledId, laneOf, stanzaKey } from './owed.ts';

export type IntakeParts = {
  readonly journaling: Pick<Journaling, 'outward' | 'add' | 'budgets' | 'keeps' | 'knows'>;
  readonly xmpp: Pick<XmppSide, 'refuse'>;
  now(): number;
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
  /**
   * For the stop: nothing new is taken, which is thrown or answered. Of a repeat of what was taken before nothing is said: it goes
   * on, now or at the next start.
   */
  turnAway(draft: Draft, origin: Origin): void;
  /** Resolves when nothing is being taken in for that lane of the journal. */
  taken(lane: string): Promise<void>;
  /** Resolves when all that is being taken in now has been; `undefined` if that is nothing. */
  settled(): Promise<unknown> | undefined;
  /** For the stop: resolves when nothing is being taken in. From now on a store that is away is not waited for. */
  idle(): Promise<void>;
};

export function openIntake({ journaling, xmpp, ...parts }: IntakeParts): Intake {
  /** What is being taken in, with the lane that it is for. */
  const open = new Map<Promise<void>, string>();
  let stopping = false;

  /** Accepted means committed: the rows, and what they cost, in one unit. */
  async function accept({ draft, pieces, account, origin }: Writ): Promise<void> {
    const domain = placeTransport(draft.place);
    const { charges, budgets = [], repeated } = parts.transport(domain);
    const group = `j-${newEventId()}`;
    const planned = pieces.map((piece, part) => {
      const event: Event = { ...piece, id: journaledId(group, part), at: parts.now(), live: true };
      const journey: Journey | undefined = origin && { origin, lead: part === 0, group, parts: pieces.length };
      const reserved = journaling.budgets.reserve({ account, transport: domain, budgets }, charges?.(event) ?? []);
      const key = part === 0 && origin ? stanzaKey(draft, origin) : null;
      const rest = { key, origin: journey ? JSON.stringify(journey) : null, charges: reserved.kept };
      return { event, row: journaling.outward(event, account, rest), reserved };
    });
    const costs = planned.flatMap(({ reserved }) => reserved.statements);
    try {
      await journaling.add(planned, costs, () => !stopping);
    } catch (error) {
      if (!(error instanceof GuardFailed)) throw error;
      if (error.index < planned.length) return repeated();
      throw new Failure('budget-exhausted');
    }
    for (const { reserved } of planned) void journaling.budgets.watch(domain, budgets, reserved.kept);
  }

  function answerOf(error: unknown): Failure {
    if (error instanceof StoreUnavailable)
      return new Failure('queue-full', { text: 'The gateway cannot keep this at the moment. Try again later.' });
    return parts.asFailure(error);
  }

  async function taken(lane: string): Promise<void> {
    const busy = () => [...open].filter(([, one]) => one === lane).map(([work]) => work);
    for (let left = busy(); left.length > 0; left = busy()) await Promise.all(left);
  }

  async function repeats(key: string, place: Place): Promise<boolean> {
    await taken(laneOf('out', place));
    return journaling.knows(key);
  }

  return {
    turnAway(draft, origin) {
      const { place } = draft;
      const key = journaling.keeps('out', place, draft.kind) ? stanzaKey(draft, origin) : null;
      const refusal = new Failure('stopping');
      if (key === null) throw refusal;
      repeats(key, place).then(
        (known) => (known ? parts.transport(placeTransport(place)).repeated() : xmpp.refuse(origin, refusal)),
        () => xmpp.refuse(origin, refusal),
      );
    },
    take(writ) {
      const work = accept(writ).catch((error: unknown) => {
        if (writ.origin) xmpp.refuse(writ.origin, answerOf(error));
      });
      open.set(work, laneOf('out', writ.draft.place));
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
