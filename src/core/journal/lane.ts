import { replaces } from '#mappings/combine.ts';
import type { Standings } from '#src/core/standing.ts';
import type { Settling } from '#src/core/way/settle.ts';
import type { Log } from '#src/lib/log.ts';
import type { Clock } from '#src/lib/time/clock.ts';
import { openSoon } from '#src/lib/time/soon.ts';
import type { Draft, Event } from '#src/model/event.ts';
import { Failure } from '#src/model/failure.ts';
import type { AccountKey } from '#src/model/ids.ts';
import type { Store } from '#src/store/index.ts';
import type { DeliveryAgent } from './agent.ts';
import { openBacklog } from './backlog.ts';
import { isBurst, openBursts } from './bursts.ts';
import { openComing, stepBack } from './coming.ts';
import { hastened, type Life, type LifeInput, nextTime } from './life.ts';
import {
  durableRow,
  type FreshRow,
  type Held,
  isOwed,
  type Lane,
  memoryRow,
  NO_LANE,
  newLane,
  type OwedRow,
} from './rows.ts';
import type { RunningTime } from './running.ts';
import type { Rows } from './shelf.ts';
import { openSuspects } from './suspects.ts';

export type DeliveryParts = {
  readonly store: Store;
  readonly rows: Rows;
  readonly time: RunningTime;
  readonly clock: Clock;
  readonly log: Log;
  readonly settling: Settling;
  readonly standings: Pick<Standings, 'of'>;
  /** Whether there is a transport of that domain. */
  serves(domain: string): boolean;
  agent(row: Pick<OwedRow, 'owed'>): DeliveryAgent;
  asFailure(error: unknown): Failure;
  /** How much of what is not durable waits in a lane, and for how many milliseconds. */
  readonly limits: { readonly waitingLines: number; readonly waitingTime: number };
};

/** What is owed, carried lane by lane. */
export type Delivery = {
  /**
   * A row is about to be added. Attempts are counted before the try: where it may go as soon as it is durable, its first
   * one is counted in the unit that adds it. Returns the row as it is to be added.
   */
  announce(row: FreshRow): FreshRow;
  /** Such a row is durable, and in hand once what is returned resolves; or it could not be added. */
  added(row: FreshRow): void | Promise<void>;
  withdrawn(row: FreshRow): void;
  /** Does something once the newest row that is being added to a lane is durable. False where there is none. */
  behind(lane: string, work: () => void): boolean;
  /** How many rows are being added. */
  readonly coming: number;
  push(row: FreshRow): void;
  /**
   * Takes what nothing is written of. It goes at once where nothing waits before it, with no promise then. Throws
   * `Failure('queue-full')` where too much does.
   */
  put(row: OwedRow): void | Promise<void>;
  /** Hands an event over that is for now or for never: without somebody to take it, it is forgotten. */
  tell(event: Event, account: AccountKey): void;
  /** What is held back in a lane and would be made void by a draft. */
  held(lane: string, draft: Draft): Held | undefined;
  /** Tries again what waited for its side, in the lanes whose first row fits. */
  wake(fits: (row: OwedRow) => boolean): void;
  /** What fits and is not under way will not be tried any more, whatever has failed: its sender gets the failure. */
  fail(fits: (row: OwedRow) => boolean, failure: Failure): void;
  /** Ends what fits, whatever is under way with it, and returns that. `Rows.written` tells when it is durable. */
  drop(fits: (row: OwedRow) => boolean, input: LifeInput & { readonly on: 'dropped' }): readonly OwedRow[];
  /** Begins with what an earlier run owed, behind what is new. Resolves once all of it is in hand. */
  start(): Promise<void>;
  /** Begins nothing more. Resolves when what was told to the journal is written. Never rejects. */
  stop(): Promise<void>;
};

/** The longest that a timer may run, in ms. */
const LONGEST = 86_400_000;
/** What is not durable, once it is handed over. */
const FLYING: Life = { state: 'flight', attempts: 1, doubted: false, told: true, notBefore: 0, expires: 0 };

export function openDelivery({ store, rows, time, clock, log, limits, settling, ...parts }: DeliveryParts): Delivery {
  const lanes = new Map<string, Lane>();
  const { apply, facts: factsOf } = settling;
  /** A lane is gone through as a whole: once for all that happens in it now. */
  const soon = openSoon(pump);
  let stopped = false;
  const bursts = openBursts(parts.agent);
  const suspects = openSuspects({ clock, lanes, apply, pump });
  const reading = { ...{ store, rows, clock, log, lanes, settling, take, pump }, serves: parts.serves };
  const backlog = openBacklog({ ...reading, lane: (key) => laneOf(key, true) });
  const coming = openComing({
    lane: (key) => laneOf(key, backlog.left()),
    look: (key) => lanes.get(key) ?? { ...NO_LANE, more: backlog.left() },
    free: (row) => parts.agent(row).free(row),
  });
  settling.join({
    back: (row) => stepBack(row, laneOf(row.laneKey, backlog.left())),
    ...{ mark: coming.mark, push, freed: leave, goesOn: ({ lane }) => soon(lane), stepped: suspects.stepped },
    wanted: (key) => backlog.load(laneOf(key, true)),
  });

  function leave(row: OwedRow): void {
    const { lane } = row;
    if (lane === NO_LANE) return;
    const index = lane.rows.indexOf(row);
    if (index >= 0) lane.rows.splice(index, 1);
    soon(lane);
  }

  function laneOf(key: string, unknown: boolean): Lane {
    const lane = lanes.get(key) ?? { ...newLane(key), more: unknown };
    lanes.set(key, lane);
    return lane;
  }

  function added(row: FreshRow): void | Promise<void> {
    const behind = coming.end(row);
    push(row);
    const lane = laneOf(row.lane, backlog.left());
    if (behind.length > 0) pump(lane);
    for (const work of behind) work();
    return backlog.readOn(lane);
  }

  function push(row: FreshRow): void {
    const lane = laneOf(row.lane, backlog.left());
    if (lane.loading) lane.late.push(row);
    else take(lane, row);
    soon(lane);
  }

  /** Rows become durable in another order than that of their ids: what is behind the last one is read when it is due. */
  function take(lane: Lane, row: FreshRow): void {
    if ((lane.more && row.id > lane.last) || settling.inHand(row.event)) return;
    const one = durableRow(row, lane);
    settling.remember(one);
    one.life = { ...one.life, notBefore: release(lane, one) };
    lane.rows.push(one);
    lane.last = Math.max(lane.last, row.id);
  }

  function put(row: OwedRow): void | Promise<void> {
    settling.remember(row);
    const known = lanes.get(row.laneKey);
    const window = row.held?.window ?? 0;
    if (!known && window === 0 && parts.agent(row).ready(row)) {
      row.life = FLYING;
      return hand(row);
    }
    const lane = known ?? laneOf(row.laneKey, false);
    if (window > 0) row.life = { ...row.life, notBefore: clock.now() + window };
    const until = release(lane, row);
    if (lane.rows.filter(({ kept, busy }) => !kept && !busy).length >= limits.waitingLines) {
      settling.forget(row);
      throw new Failure('queue-full');
    }
    row.lane = lane;
    row.life = { ...row.life, notBefore: until, expires: Math.max(until, clock.now()) + limits.waitingTime };
    lane.rows.push(row);
    pump(lane);
  }

  /**
   * Whatever follows what is held back ends that: it goes before it, or is made void and gives its place up. Returns when
   * the new one may go.
   */
  function release(lane: Lane, { held, life }: OwedRow): number {
    const before = lane.rows.at(-1);
    if (!before?.held || before.busy || before.life.state !== 'ready') return life.notBefore;
    const { notBefore } = before.life;
    // They go as one.
    if (held && isBurst(held) && isBurst(before.held)) return Math.min(life.notBefore, notBefore);
    if (!held || !replaces(held.draft, before.held.draft)) {
      before.life = hastened(before.life);
      return life.notBefore;
    }
    if (!before.kept) lane.rows.pop();
    settling.replaced(before);
    return Math.min(life.notBefore, notBefore);
  }

  /** Hands over what may go now, in order, and waits for what may not. */
  function pump(lane: Lane): void {
    if (lane === NO_LANE) return;
    lane.cancel?.();
    lane.cancel = undefined;
    if (stopped) return;
    void backlog.readOn(lane);
    goThrough(lane);
    close(lane);
  }

  function goThrough(lane: Lane): void {
    let open = 0;
    const now = time.now();
    // What waits for its reader is in nobody's way.
    const going = lane.rows.filter((row) => row.busy || !row.kept || !parts.agent(row).holds(row));
    if (going.length < lane.rows.length) lane.cancel = clock.after(LONGEST, () => pump(lane));
    for (const row of going) {
      if ((row.busy && !overdue(row, now)) || goes(row, open)) open++;
      else if (isOwed(row.life)) break;
      // What follows would overtake what may have to go once more.
      if (row.doubt) break;
    }
  }

  function close(lane: Lane): void {
    if (lane.rows.length + lane.coming.length > 0 || lane.more || lane.loading || lanes.get(lane.key) !== lane) return;
    lanes.delete(lane.key);
    backlog.closed();
  }

  /** Whether a row went, with so many before it of which nothing was heard. If not, its lane waits for it or time. */
  function goes(row: OwedRow, open: number): boolean {
    const facts = factsOf(row);
    apply(row, { on: 'time' });
    if (!isOwed(row.life) || open >= facts.window) return false;
    const wait = row.life.notBefore - facts.now;
    if (wait > 0 || !parts.agent(row).ready(row) || !suspects.may(row)) {
      const due = nextTime(row.life, facts) - facts.now;
      const ms = Math.min(Math.max(wait > 0 ? Math.min(wait, due) : due, 1), LONGEST);
      row.lane.cancel?.();
      row.lane.cancel = clock.after(ms, () => pump(row.lane));
      return false;
    }
    if (row.doubt && open > 0) return false;
    const doubted = open === 0 && !row.doubt && bursts.doubted(row, facts.now);
    if (doubted) {
      reconcile(doubted);
      return false;
    }
    row.busy = true;
    if (!row.kept) goOn(row);
    else if (row.doubt) reconcile(row);
    else begin([row, ...bursts.behind(row)]);
    return true;
  }

  /** What was handed over and has not left in all its time is taken back. */
  function overdue(row: OwedRow, now: number): boolean {
    const back = now >= row.life.expires && !row.doubt && parts.agent(row).withdraw(row);
    if (back) row.busy = false;
    return back;
  }

  /** What is not durable waits for nothing any more once it is handed over. */
  function goOn(row: OwedRow): void {
    const { begun } = row.lane;
    row.life = FLYING;
    leave(row);
    row.lane = NO_LANE;
    void (begun ? begun.then(() => carry(row)) : carry(row));
  }

  /** Begins with a row, or with several that go as one. */
  function begin(together: readonly [OwedRow, ...OwedRow[]]): void {
    const [row] = together;
    const { lane } = row;
    if (row.life.state === 'ready') {
      for (const one of together) {
        apply(one, { on: 'begin' });
        one.busy = true;
      }
      // Counted before it is made: a row that ends the process is known by its attempts.
      return follow(lane, Promise.all(together.map(({ written }) => written)), together);
    }
    if (lane.begun) return follow(lane, lane.begun, together);
    const work = carry(row);
    if (work) follow(lane, work, []);
  }

  /** Hands rows over after something, and after all that has begun before them. */
  function follow(lane: Lane, after: Promise<unknown>, together: readonly OwedRow[]): void {
    const turn = Promise.all([lane.begun, after]).then(() => {
      const [row, ...more] = together.filter(({ life }) => life.state === 'flight');
      return row && carry(row, more);
    });
    lane.begun = turn;
    void turn.then(() => {
      if (lane.begun === turn) lane.begun = undefined;
    });
  }

  /** Hands over now, if somebody takes it. Resolves, where it is no matter of now, when that is done or has failed. */
  function carry(row: OwedRow, more: readonly OwedRow[] = []): void | Promise<void> {
    if (stopped || row.life.state !== 'flight') return;
    const all = more.length === 0 ? [row] : [row, ...more];
    if (!parts.agent(row).ready(row)) return failed(all, new Failure('recipient-unavailable'));
    for (const one of all) one.ids = [];
    for (const one of all) if (one.kept) one.pending.clear();
    return hand(row, more);
  }

  function failed(all: readonly OwedRow[], failure: Failure): void {
    for (const one of all) settling.record(one, one.event, failure);
  }

  function hand(row: OwedRow, more: readonly OwedRow[] = []): void | Promise<void> {
    const fail = (error: unknown): void => failed([row, ...more], parts.asFailure(error));
    try {
      return parts.agent(row).carry(row, settling, more)?.catch(fail);
    } catch (error) {
      fail(error);
    }
  }

  function reconcile(row: OwedRow): void {
    const { doubt: failure } = row;
    if (!failure) return;
    row.busy = true;
    parts
      .agent(row)
      .reconcile(row)
      .then(
        (as) => {
          row.doubt = undefined;
          apply(row, { on: 'reconciled', as, failure });
        },
        (error: unknown) => {
          const facts = factsOf(row);
          // Others need not wait for its network.
          apply(row, { on: 'cleared' });
          row.life = { ...row.life, notBefore: facts.now + facts.wait(row.life.attempts, parts.asFailure(error)) };
        },
      )
      .catch((err: unknown) => log.error({ err }, 'a doubt could not be settled'))
      .finally(() => {
        row.busy = false;
        pump(row.lane);
      });
  }

  const inLanes = (fits: (row: OwedRow) => boolean): OwedRow[] =>
    [...lanes.values()].flatMap((lane) => lane.rows).filter(fits);

  return {
    announce: coming.begin,
    added,
    withdrawn(row) {
      for (const work of coming.end(row)) work();
      pump(laneOf(row.lane, backlog.left()));
    },
    behind: (key, work) => lanes.get(key)?.coming.at(-1)?.behind.push(work) !== undefined,
    get coming() {
      return coming.size;
    },
    push,
    put,
    tell(event, account) {
      const row = memoryRow(event, '', parts.standings.of(account, event.place), {});
      if (!parts.agent(row).ready(row)) return;
      settling.remember(row);
      row.life = FLYING;
      void hand(row);
    },
    held(lane, draft) {
      const last = lanes.get(lane)?.rows.at(-1);
      return last?.held && !last.busy && replaces(draft, last.held.draft) ? last.held : undefined;
    },
    wake(fits) {
      backlog.woken();
      for (const lane of [...lanes.values()]) {
        const first = lane.rows.find(({ busy }) => !busy);
        if (!first || !fits(first)) continue;
        for (const row of lane.rows) if (!row.busy) row.life = hastened(row.life);
        pump(lane);
      }
    },
    fail(fits, failure) {
      for (const row of inLanes((one) => !one.busy && fits(one))) apply(row, { on: 'dropped', as: 'bounced', failure });
    },
    drop(fits, input) {
      const found = inLanes(fits);
      for (const row of found) {
        // A bridge that has it still may take it back.
        if (row.busy && !row.doubt) parts.agent(row).withdraw(row);
        apply(row, input);
      }
      return found;
    },
    start: () => rows.owner().then(() => backlog.run()),
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
