import type { Outcome } from '#src/bridge.ts';
import type { Standings } from '#src/core/standing.ts';
import type { Clock } from '#src/lib/clock.ts';
import type { Log } from '#src/lib/log.ts';
import type { Event } from '#src/model/event.ts';
import { Failure } from '#src/model/failure.ts';
import type { AccountKey, EventId } from '#src/model/ids.ts';
import type { Store } from '#src/store/index.ts';
import { openHand } from './attempt.ts';
import { openBacklog } from './backlog.ts';
import type { Carrier } from './carrier.ts';
import { hastened, type Life, type LifeEffect, type LifeFacts, type LifeInput, nextTime, step } from './life.ts';
import { type FreshRow, isJournaled } from './owed.ts';
import { type Held, type Item, isOwed, itemOf, type Lane, memoryItem, NO_LANE, newLane, underWay } from './rows.ts';
import type { RunningTime } from './running.ts';
import type { Rows } from './shelf.ts';
import { openSuspects } from './suspects.ts';

export type DeliveryParts = {
  readonly standings: Pick<Standings, 'of'>;
  readonly store: Store;
  readonly rows: Rows;
  readonly time: RunningTime;
  readonly clock: Clock;
  readonly log: Log;
  carrier(item: Item): Carrier;
  /** How much of what is not durable waits in a lane, and for how many milliseconds. */
  readonly limits: { readonly waitingLines: number; readonly waitingTime: number };
};

/** What the journal owes, carried lane by lane. */
export type Delivery = {
  /** Takes a row whose addition is durable. */
  push(row: FreshRow): void;
  /**
   * Takes what nothing is written of. It goes at once where nothing waits before it, with no promise then. Throws
   * `Failure('queue-full')` where too much does.
   */
  put(item: Item): void | Promise<void>;
  /** Hands an event over that is for now or for never: without somebody to take it, it is forgotten. */
  tell(event: Event, account: AccountKey): void;
  /** How many are in hand. */
  readonly size: number;
  /** How many of a lane are under way, if nothing of it waits: what is added to it now can go at once then. */
  busy(lane: string): number | undefined;
  /** Whether the row of an event is in hand and was handed over, or is about to be. */
  handedOver(event: EventId): boolean;
  /** An item goes to its network as this event, too. */
  track(item: Item, id: EventId): void;
  /** Undefined for an event that was not journaled. Else it resolves once the store has it; a rejection is logged. */
  settle(id: EventId, outcome: Outcome): Promise<void> | undefined;
  /** What is in hand of a lane, waiting or not. */
  inHand(lane: string): readonly Item[];
  /** What is held back in a lane for a later one of that key. */
  held(lane: string, key: string): Held | undefined;
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
/** What is not durable, once it is handed over. */
const FLYING: Life = { state: 'flight', attempts: 1, doubted: false, told: true, notBefore: 0, expires: 0 };

export function openDelivery({ store, rows, time, clock, log, limits, ...parts }: DeliveryParts): Delivery {
  const lanes = new Map<string, Lane>();
  const byEvent = new Map<EventId, Item>();
  let stopped = false;
  /** Rows with smaller ids are of earlier runs. */
  const own = store.journal.nextId();
  /** What is not durable goes by the clock, and has the same facts always: they are made once. */
  let once: (LifeFacts & { now: number; readonly window: number }) | undefined;
  function factsOf(item: Item): LifeFacts & { readonly window: number } {
    if (item.kept) return { ...parts.carrier(item).facts(item), now: time.now() };
    once ??= { ...parts.carrier(item).facts(item), now: 0 };
    once.now = clock.now();
    return once;
  }
  const { begin, carry, reconcile } = openHand({
    ...{ log, factsOf, apply, record, pump, carrier: parts.carrier },
    stopped: () => stopped,
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
    if (!item.kept) return told(item, effects);
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

  /** What follows from a step of which nothing is written. */
  function told(item: Item, effects: readonly LifeEffect[]): void {
    if (isOwed(item.life)) return;
    forget(item);
    if (effects.some((one) => one.do === 'end' && one.outcome === 'delivered')) return parts.carrier(item).landed(item);
    for (const effect of effects) if (effect.do === 'bounce') parts.carrier(item).refused(item, effect.failure);
  }

  function forget(item: Item): void {
    if (!item.kept) return void byEvent.delete(item.row.event);
    for (const id of [item.row.event, ...item.known]) if (byEvent.get(id) === item) byEvent.delete(id);
  }

  function leave(item: Item): void {
    if (item.lane === NO_LANE) return;
    const index = item.lane.items.indexOf(item);
    if (index >= 0) item.lane.items.splice(index, 1);
    queueMicrotask(() => pump(item.lane));
  }

  function settle(id: EventId, outcome: Outcome): Promise<void> | undefined {
    const item = byEvent.get(id);
    if (!item && !isJournaled(id)) return undefined;
    if (item && !item.kept) return void record(item, id, outcome);
    const kept = item ? noted(item, id, outcome) : late(id, outcome);
    kept.catch((err: unknown) => log.error({ err }, 'what became of an event could not be kept'));
    return kept;
  }

  function noted(item: Item, id: EventId, outcome: Outcome): Promise<void> {
    record(item, id, outcome);
    return rows.written(item);
  }

  function put(item: Item): void | Promise<void> {
    remember(item);
    const known = lanes.get(item.row.lane);
    if (!known && !item.held && parts.carrier(item).ready(item)) {
      item.life = FLYING;
      return carry(item);
    }
    const lane = known ?? laneOf(item.row.lane, false);
    const until = release(lane, item);
    if (lane.items.filter(({ kept, busy }) => !kept && !busy).length >= limits.waitingLines) {
      forget(item);
      throw new Failure('queue-full');
    }
    item.lane = lane;
    item.life = { ...item.life, notBefore: until, expires: Math.max(until, clock.now()) + limits.waitingTime };
    lane.items.push(item);
    pump(lane);
  }

  function record(item: Item, id: EventId, outcome: Outcome): void {
    if (outcome instanceof Failure) {
      item.pending.clear();
      item.busy = false;
      apply(item, { on: 'failed', failure: outcome });
    } else {
      if (outcome.state === 'written') return;
      if (outcome.state === 'delayed') return apply(item, { on: 'settled', state: outcome.state });
      item.ids = item.ids.length === 0 ? outcome.ids : [...item.ids, ...outcome.ids];
      item.pending.delete(id);
      if (item.pending.size > 0) return;
      apply(item, { on: 'settled', state: outcome.state });
    }
    if (item.lane !== NO_LANE) pump(item.lane);
  }

  /** Whatever follows what is held back ends that: it goes before it, or gives its place up. When the new one may go. */
  function release(lane: Lane, { held }: Item): number {
    const before = lane.items.at(-1);
    if (!before?.held || before.busy) return held?.until ?? 0;
    if (held?.key !== before.held.key) {
      before.life = hastened(before.life);
      return held?.until ?? 0;
    }
    lane.items.pop();
    forget(before);
    before.shared?.landed?.(undefined);
    return before.held.until;
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

  function push(row: FreshRow): void {
    const lane = laneOf(row.lane, backlog.left());
    if (lane.loading) lane.late.push(row);
    else take(lane, row);
    pump(lane);
  }

  /** Rows become durable in another order than that of their ids: what is behind the last one is read when it is due. */
  function take(lane: Lane, row: FreshRow): void {
    if ((lane.more && row.id > lane.last) || byEvent.has(row.event)) return;
    const item = remember(itemOf({ ...row, outcome: null, doubted: false, told: false }, lane));
    release(lane, item);
    lane.items.push(item);
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
    if (!item.kept) goOn(item);
    else if (item.doubt) reconcile(item, item.doubt);
    else begin(item);
    return true;
  }

  /** What is not durable waits for nothing any more once it is handed over. */
  function goOn(item: Item): void {
    const { lane } = item;
    item.life = FLYING;
    leave(item);
    item.lane = NO_LANE;
    if (lane.begun) void lane.begun.then(() => carry(item));
    else void carry(item);
  }

  /** What was handed over and has not left in all its time is taken back. */
  function overdue(item: Item, now: number): boolean {
    if (now < item.life.expires || item.doubt || !parts.carrier(item).withdraw(item)) return false;
    item.busy = false;
    return true;
  }

  return {
    push,
    put,
    tell(event, account) {
      const to = parts.standings.of(account, event.place);
      const item = memoryItem(event, { lane: '', shared: { answered: false }, to });
      if (!parts.carrier(item).ready(item)) return;
      remember(item);
      item.life = FLYING;
      void carry(item);
    },
    get size() {
      return byEvent.size;
    },
    inHand: (lane) => [...byEvent.values()].filter(({ row }) => row.lane === lane),
    busy: (key) => (lanes.has(key) ? underWay(laneOf(key, false)) : backlog.left() ? undefined : 0),
    handedOver: (event) => (byEvent.get(event)?.life.state ?? 'ready') !== 'ready',
    track(item, id) {
      item.pending.add(id);
      item.known.add(id);
      byEvent.set(id, item);
    },
    settle,
    held(lane, key) {
      const last = lanes.get(lane)?.items.at(-1);
      return last?.held?.key === key && !last.busy ? last.held : undefined;
    },
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
