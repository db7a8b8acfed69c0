import { degrade } from '#src/core/way/degrade.ts';
import { NOTHING } from '#src/core/way/resolve.ts';
import { type RouteContext, route } from '#src/core/way/route.ts';
import type { Draft, Event, EventOf } from '#src/model/event.ts';
import type { AccountKey } from '#src/model/ids.ts';
import { placeTransport } from '#src/model/place.ts';
import type { Store } from '#src/store/index.ts';
import type { Delivery } from './delivery.ts';
import type { Item } from './delivery-lane.ts';
import type { Rows } from './delivery-rows.ts';
import type { Intake } from './intake.ts';
import { laneOf } from './owed.ts';

export type Amending = Draft<EventOf<'edit'> | EventOf<'retract'>>;

export type AmendParts = RouteContext & {
  readonly store: Pick<Store, 'journal'>;
  readonly delivery: Pick<Delivery, 'waiting' | 'apply' | 'wake'>;
  readonly rows: Pick<Rows, 'write' | 'epoch'>;
  readonly intake: Pick<Intake, 'taken'>;
  now(): number;
};

type Message = EventOf<'message'>;

const messageOf = ({ owed }: Item): Message | undefined =>
  owed.way === 'out' && owed.event.kind === 'message' ? owed.event : undefined;

/** Whether the item is all of the message that its sender calls so. */
const isCalled = ({ journey }: Item, target: string): boolean =>
  journey?.parts === 1 && [journey.origin.id, journey.origin.originId].includes(target as never);

/**
 * Changes what still waits for its network: a correction replaces the text, a retraction ends it, and nobody there ever
 * hears of either. False for what has left, or cannot be changed in silence: then it goes its usual way.
 */
export function openAmend({ store, delivery, rows, intake, ...parts }: AmendParts) {
  const cost = (event: Event): number =>
    (parts.transport(placeTransport(event.place)).charges?.(event) ?? []).reduce((sum, one) => sum + one.amount, 0);

  /** A text that would have to be put up somewhere is not changed in silence. */
  const carriedOf = (draft: Draft, account: AccountKey): readonly Draft[] =>
    route(parts, draft, account).flatMap((leg) => degrade({ media: undefined }, draft, leg, NOTHING).pieces);

  /** Whether the item is here and nowhere else: it was not handed over, or its bridge gives it back. */
  function isHere({ life, busy, doubt, pending }: Item, { place }: Message): boolean {
    if (doubt) return false;
    if (life.state === 'ready') return !busy;
    const { withdraw } = parts.transport(placeTransport(place)).bridge();
    return withdraw !== undefined && pending.size > 0 && [...pending].every((id) => withdraw(id));
  }

  /** The message with its new text, where that still is one message and costs no more than was reserved. */
  function corrected(before: Message, text: string, account: AccountKey): Message | undefined {
    const { id, at, live, ...draft } = before;
    const [piece, ...more] = carriedOf({ ...draft, text }, account);
    if (piece?.kind !== 'message' || more.length > 0) return undefined;
    const event: Message = { ...piece, id, at, live };
    return cost(event) <= cost(before) ? event : undefined;
  }

  function replace(item: Item, event: Message): void {
    item.owed = { way: 'out', event };
    const body = JSON.stringify(item.owed);
    const changed = parts.now();
    const trace = `${changed} corrected by its sender\n`;
    const statement = () => store.journal.amend({ id: item.row.id, epoch: rows.epoch, changed, body, trace });
    rows.write(
      item,
      () => [statement()],
      () => undefined,
    );
    delivery.wake((one) => one === item);
  }

  return async (draft: Amending): Promise<boolean> => {
    const lane = laneOf('out', draft.place);
    await intake.taken(lane);
    const item = delivery.waiting(lane).find((one) => isCalled(one, draft.target));
    const before = item && messageOf(item);
    if (!item || !before) return false;
    const event = draft.kind === 'retract' ? undefined : corrected(before, draft.text, item.row.account as AccountKey);
    if ((draft.kind === 'edit' && !event) || !isHere(item, before)) return false;
    delivery.apply(item, { on: 'withdrawn', over: !event });
    if (event) replace(item, event);
    return true;
  };
}
