import type { Outcome } from '#src/bridge.ts';
import type { Clock } from '#src/lib/clock.ts';
import type { Log } from '#src/lib/log.ts';
import { Failure } from '#src/model/failure.ts';
import type { EventId } from '#src/model/ids.ts';
import type { NewRow, Store } from '#src/store/index.ts';
import type { Carrier } from './carrier.ts';
import { openBacklog } from './delivery-backlog.ts';
import { openHand } from './delivery-hand.ts';
import { type Item, isOwed, itemOf, type Lane, newLane, underWay } from './delivery-lane.ts';
import type { Rows } from './delivery-rows.ts';
import { hastened, type LifeInput, nextTime, step } from './life.ts';
import { isJournaled } from './owed.ts';
import type { RunningTime } from './running.ts';
import { openSuspects } from './suspects.ts';

export type DeliveryParts = {
  readonly store: Store;
  readonly rows: Rows;
  readonly time: RunningTime;
  readonly clock: Clock;
  readonly log: Log;
  carrier(item: Item): Carrier;
};

/** What the journal owes, carried lane by lane. */
export type Delivery = {
  /** Takes a row whose addition is durable. */
  push(row: NewRow): void;
  /** How many of a lane are under way, if nothing of it waits: what is added to it now can go at once then. */
  busy(lane: string): number | undefined;
  /** Whether the row of an event is in hand and was handed over, or is about to be. */
  handedOver(event: EventId): boolean;
  /** An item goes to its network as this event, too. */
  track(item: Item, id: EventId): void;
  /** Undefined for an event that was not journaled. Else it resolves once the store has it; a rejection is logged. */
  settle(id: EventId, outcome: Outcome): Promise<void> | undefined;
  /** What is in hand of a lane, in order. */
  waiting(lane: string): readonly Item[];
  apply(item: Item, input: LifeInput): void;
  /** Tries again what waited for its side, in the lanes whose first item fits. */
  wake(fits: (item: Item) => boolean): void;
  /** What fits and is not under way will not be tried any more, whatever has failed: its sender gets the failure. */
  fail(fits: (item: Item) => boolean, failure: Failure): void;
  /** Ends what fits, whatever is under way with it, and returns that. `Rows.written` tells when it is durable. */
  drop(fits: (item: Item) => boolean, input: LifeInput & { readonly on: 'dropped' }): readonly Item[];
  /** Begins with what an earlier run owed, behind what is new. Resolves once all of it is in hand. */
  start(): Promise<void>;
  /** Begins nothing more. Resolves when what was told to the journal is written. Never rejects. */
  stop(): Promise<void>;
};

/** Rows of a lane that are read at once. */
const PAGE = 50;
/** The longest that a timer may run, in ms. */
const LONGEST = 86_400_000;

export function openDelivery({ store, rows, time, clock, log, ...parts }: DeliveryParts): Delivery {
  const lanes = new Map<string, Lane>();
  const byEvent = new Map<EventId, Item>();
  let stopped = false;
  /** Rows with smaller ids are of earlier runs. */
  const own = store.journal.nextId();
  const factsOf = (item: Item) => ({ ...parts.carrier(item).facts(item), now: time.now() });
  const { begin, reconcile } = openHand({
    log,
    carrier: parts.carrier,
    stopped: () => stopped,
    factsOf,
    ...{ apply, record, pump },
  });
  const suspects = openSuspects({ clock, lanes, apply, pump });
  const backlog = openBacklog({ store, rows, clock, lanes, forget, load: (key) => load(laneOf(key, true)) });

  /** One step of a row: what follows from it is written in one unit, and told after that. */
  function apply(item: Item, input: LifeInput): void {
    const carrier = parts.carrier(item);
    const before = item.life.state;
    const [life, ...effects] = step(item.life, input, factsOf(item));
    item.life = life;
    if (effects.length === 0) return;
    if (life.state !== 'flight') item.busy = false;
    if (!isOwed(life)) leave(item);
    const arrived = life.state === 'taken' || effects.some((one) => one.do === 'end' && one.outcome === 'delivered');
    if (arrived && before !== 'taken') carrier.landed(item);
    for (const effect of effects) if (effect.do === 'reconcile') [item.doubt, item.busy] = [effect.failure, false];
    const owed = effects.flatMap((effect) => carrier.answers(item, effect));
    const extra = effects.flatMap((effect) => carrier.writes(item, effect));
    const statements = () => {
      const own = effects.flatMap((effect) => rows.effect(item, life, effect));
      return [...owed.map((row) => store.journal.addOnce(row, rows.epoch)), ...own, ...extra];
    };
    rows.write(item, statements, (results) => {
      for (const [index, row] of owed.entries()) if (results[index]?.changed === 1) push(row);
      if (effects.some((one) => one.do === 'end')) carrier.ended(item);
      if (!isOwed(item.life)) forget(item);
    });
    suspects.stepped(item);
  }

  function forget(item: Item): void {
    for (const id of [item.row.event, ...item.known]) if (byEvent.get(id) === item) byEvent.delete(id);
  }

  function leave(item: Item): void {
    const index = item.lane.items.indexOf(item);
    if (index >= 0) item.lane.items.splice(index, 1);
    queueMicrotask(() => pump(item.lane));
  }

  function settle(id: EventId, outcome: Outcome): Promise<void> | undefined {
    const item = byEvent.get(id);
    if (!item && !isJournaled(id)) return undefined;
    const kept = item ? noted(item, id, outcome) : late(id, outcome);
    kept.catch((err: unknown) => log.error({ err }, 'what became of an event could not be kept'));
    return kept;
  }

  function noted(item: Item, id: EventId, outcome: Outcome): Promise<void> {
    record(item, id, outcome);
    return rows.written(item);
  }

  function record(item: Item, id: EventId, outcome: Outcome): void {
    if (outcome instanceof Failure) {
      item.pending.clear();
      item.busy = false;
      apply(item, { on: 'failed', failure: outcome });
    } else {
      if (outcome.state === 'written') return;
      if (outcome.state === 'delayed') return apply(item, { on: 'settled', state: outcome.state });
      item.ids.push(...outcome.ids);
      item.pending.delete(id);
      if (item.pending.size > 0) return;
      apply(item, { on: 'settled', state: outcome.state });
    }
    pump(item.lane);
  }

  /** Word of an event that is not in memory: its network had taken it, or an earlier run had sent it. */
  async function late(id: EventId, outcome: Outcome): Promise<void> {
    if (!(outcome instanceof Failure) && outcome.state === 'written') return;
    const [event = id] = id.split('+') as EventId[];
    const row = await store.journal.byEvent(event);
    const own = row?.state === 'taken' ? await rows.claimTaken(event) : undefined;
    if (row && isOwed(row)) await load(laneOf(row.lane, true));
    const item = byEvent.get(event) ?? (own && remember(itemOf(own, newLane(own.lane))));
    if (item) await noted(item, event, outcome);
  }

  function remember(item: Item): Item {
    byEvent.set(item.row.event, item);
    return item;
  }

  function laneOf(key: string, unknown: boolean): Lane {
    const known = lanes.get(key);
    if (known) return known;
    const lane: Lane = { ...newLane(key), more: unknown };
    lanes.set(key, lane);
    return lane;
  }

  function push(row: NewRow): void {
    const lane = laneOf(row.lane, backlog.left());
    if (lane.loading) lane.late.push(row);
    else take(lane, row);
    pump(lane);
  }

  /** Rows become durable in another order than that of their ids: what is behind the last one is read when it is due. */
  function take(lane: Lane, row: NewRow): void {
    if ((lane.more && row.id > lane.last) || byEvent.has(row.event)) return;
    lane.items.push(remember(itemOf({ ...row, outcome: null, doubted: false, told: false }, lane)));
    lane.last = Math.max(lane.last, row.id);
  }

  function load(lane: Lane): Promise<void> {
    lane.loading ??= page(lane).finally(() => {
      lane.loading = undefined;
      // In the same turn, not in that of the page: what is pushed between the two would be seen by nobody.
      for (const row of lane.late.splice(0)) take(lane, row);
      pump(lane);
    });
    return lane.loading;
  }

  async function page(lane: Lane): Promise<void> {
    const found = (await rows.claim(lane, PAGE)) ?? [];
    lane.more = found.length === PAGE;
    for (const row of found) {
      lane.last = row.id;
      // Its end is on its way to the store.
      if (byEvent.has(row.event)) continue;
      const item = remember(itemOf(row, lane));
      lane.items.push(item);
      // One of this run was added as tried, and nobody has begun with it.
      if (row.state === 'flight' && row.id < own) apply(item, { on: 'orphaned' });
    }
  }

  /** Hands over what may go now, in order, and waits for what may not. */
  function pump(lane: Lane): void {
    lane.cancel?.();
    lane.cancel = undefined;
    if (stopped) return;
    if (lane.more && lane.items.length < PAGE / 2) void load(lane);
    let open = 0;
    const now = time.now();
    for (const item of [...lane.items]) {
      if ((item.busy && !overdue(item, now)) || goes(item, open)) open++;
      else if (isOwed(item.life)) break;
      // What follows would overtake what may have to go once more.
      if (item.doubt) break;
    }
    close(lane);
  }

  function close(lane: Lane): void {
    if (lane.items.length > 0 || lane.more || lane.loading || lanes.get(lane.key) !== lane) return;
    lanes.delete(lane.key);
    backlog.closed();
  }

  /** Whether an item went, with so many before it of which nothing was heard. If not, its lane waits for it or time. */
  function goes(item: Item, open: number): boolean {
    const facts = factsOf(item);
    apply(item, { on: 'time' });
    if (!isOwed(item.life) || open >= facts.window) return false;
    const wait = item.life.notBefore - facts.now;
    if (wait > 0 || !parts.carrier(item).ready(item) || !suspects.may(item)) {
      const due = nextTime(item.life, facts) - facts.now;
      const ms = Math.min(Math.max(wait > 0 ? Math.min(wait, due) : due, 1), LONGEST);
      item.lane.cancel = clock.after(ms, () => pump(item.lane));
      return false;
    }
    if (item.doubt && open > 0) return false;
    item.busy = true;
    if (item.doubt) reconcile(item, item.doubt);
    else begin(item);
    return true;
  }

  /** What was handed over and has not left in all its time is taken back. */
  function overdue(item: Item, now: number): boolean {
    if (now < item.life.expires || item.doubt || !parts.carrier(item).withdraw(item)) return false;
    item.busy = false;
    return true;
  }

  return {
    push,
    busy: (key) => (lanes.has(key) ? underWay(laneOf(key, false)) : backlog.left() ? undefined : 0),
    handedOver: (event) => (byEvent.get(event)?.life.state ?? 'ready') !== 'ready',
    track(item, id) {
      item.pending.add(id);
      item.known.add(id);
      byEvent.set(id, item);
    },
    settle,
    waiting: (key) => lanes.get(key)?.items ?? [],
    apply,
    wake(fits) {
      backlog.woken();
      for (const lane of [...lanes.values()]) {
        const first = lane.items.find(({ busy }) => !busy);
        if (!first || !fits(first)) continue;
        for (const item of lane.items) if (!item.busy) item.life = hastened(item.life);
        pump(lane);
      }
    },
    fail(fits, failure) {
      const items = [...lanes.values()].flatMap((lane) => lane.items).filter((item) => !item.busy && fits(item));
      for (const item of items) apply(item, { on: 'dropped', as: 'bounced', failure });
    },
    drop(fits, input) {
      const items = [...lanes.values()].flatMap((lane) => lane.items).filter(fits);
      for (const item of items) {
        // A bridge that has it still may take it back.
        if (item.busy && !item.doubt) parts.carrier(item).withdraw(item);
        apply(item, input);
      }
      return items;
    },
    async start() {
      await rows.owner();
      await backlog.run();
    },
    async stop() {
      stopped = true;
      backlog.stop();
      suspects.stop();
      for (const lane of lanes.values()) lane.cancel?.();
      rows.stop();
      await rows.flush();
      await time.stop();
    },
  };
}
