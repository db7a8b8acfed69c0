import { messageTexts as texts } from '#mappings/texts/messages.ts';
import type { Delivered, LostRecipient, Outcome } from '#src/bridge.ts';
import { authorOf, type Ids } from '#src/core/ids.ts';
import type { Origin, XmppSide } from '#src/core/index.ts';
import type { DeliveryAgent, Hearing } from '#src/core/journal/agent.ts';
import type { Budgets } from '#src/core/journal/budgets.ts';
import { type Life, type LifeEffect, type LifeFacts, type LifeInput, step } from '#src/core/journal/life.ts';
import type { Answers } from '#src/core/journal/receipts.ts';
import {
  durableRow,
  eventOf,
  type FreshRow,
  isInward,
  isJournaled,
  isOwed,
  newLane,
  type OwedRow,
  type Shared,
} from '#src/core/journal/rows.ts';
import type { RunningTime } from '#src/core/journal/running.ts';
import type { Commit, Rows } from '#src/core/journal/shelf.ts';
import type { People } from '#src/core/people/people.ts';
import type { Rooms } from '#src/core/rooms/rooms.ts';
import type { Log } from '#src/lib/log.ts';
import { openRecent } from '#src/lib/recent.ts';
import type { Clock } from '#src/lib/time/clock.ts';
import type { Event, EventOf } from '#src/model/event.ts';
import { Failure } from '#src/model/failure.ts';
import type { AccountKey, EventId, ForeignId, XmppId } from '#src/model/ids.ts';
import { isRoom, placeKey } from '#src/model/place.ts';
import type { Store } from '#src/store/index.ts';
import { type NoticeContext, notice } from './notice.ts';
import { type ReflectContext, reflect, soFar } from './reflect.ts';

export type SettlingParts = {
  readonly store: Store;
  readonly commit: Commit;
  readonly rows: Rows;
  readonly budgets: Pick<Budgets, 'release'>;
  readonly answers: Answers;
  readonly time: RunningTime;
  readonly clock: Pick<Clock, 'now'>;
  readonly log: Log;
  agent(row: Pick<OwedRow, 'owed'>): DeliveryAgent;
};

/** What becomes of rows, told to who answers. */
export type SettleNews = {
  /** The network has a row, or, with a failure, will never have it: that of what is durable is answered by rows. */
  settled?(row: OwedRow, failure?: Failure): void;
  /** It is under way no more, whatever has become of it: it may have failed, and wait to be tried again. */
  tried?(): void;
  /** It has not reached some of its recipients. */
  lost?(row: OwedRow, lost: readonly LostRecipient[]): void;
  /** It waits in a room for longer than its sender may expect. */
  waits?(row: OwedRow): void;
  /** Somebody on XMPP will not get what was sent to them. */
  bounced?(row: OwedRow, failure: Failure): void;
  /** A row has ended the process too often: it was given up. */
  parked?(row: OwedRow): void;
};

/** The lanes of rows, which are opened after this. */
export type RowLanes = {
  /** A row that is about to be added, with its first try counted where it goes at once. */
  mark(row: FreshRow): FreshRow;
  /** Takes a row that is durable. */
  push(row: FreshRow): void;
  /** A row has ended: what is behind it may go. */
  freed(row: OwedRow): void;
  /** What had left its lane has come back. */
  back(row: OwedRow): void;
  /** Something was heard of a row. */
  goesOn(row: OwedRow): void;
  /** A step of a row was made, and is being written. */
  stepped(row: OwedRow): void;
  /** Word has come of a row that is not in memory. Resolves once its lane is. */
  wanted(lane: string): Promise<void>;
};

/** Rows in hand, and what becomes of each. */
export type Settling = Hearing & {
  readonly size: number;
  inHand(id: EventId): OwedRow | undefined;
  /** What is in hand of a lane, waiting or not. */
  ofLane(key: string): readonly OwedRow[];
  remember(row: OwedRow): void;
  forget(row: OwedRow): void;
  facts(row: OwedRow): LifeFacts & { readonly window: number };
  /** One step of a row: what follows from it is written in one unit, and told after that. */
  apply(row: OwedRow, input: LifeInput): void;
  /** What became of a row, or of one of the events that it went as. */
  record(row: OwedRow, id: EventId, outcome: Outcome): void;
  /** A later one takes the place of a row that has waited. What that said was said all the same. */
  replaced(row: OwedRow): void;
  /** Does something once all that is in hand, and fits, has ended: at once where nothing is. */
  behind(fits: (row: OwedRow) => boolean, work: () => void): void;
  listen(news: SettleNews): void;
  join(lanes: RowLanes): void;
};

/** The only place where an outcome is answered; the barrier clears rows towards XMPP here, too. */
export function openSettling({ store, commit, rows, budgets, answers, time, clock, log, ...parts }: SettlingParts) {
  const byEvent = new Map<EventId, OwedRow>();
  const listeners: SettleNews[] = [];
  /** What waits until rows have ended. */
  const waiting = new Map<Set<OwedRow>, () => void>();
  let lanes = NO_LANES;
  /** What is not durable goes by the clock, and has the same facts always: they are made once. */
  let once: (LifeFacts & { now: number; readonly window: number }) | undefined;

  function facts(row: OwedRow): LifeFacts & { readonly window: number } {
    if (row.kept) return { ...parts.agent(row).facts(row), now: time.now() };
    once ??= { ...parts.agent(row).facts(row), now: 0 };
    once.now = clock.now();
    return once;
  }

  function apply(row: OwedRow, input: LifeInput): void {
    const before = row.life.state;
    const [life, ...effects] = step(row.life, input, facts(row));
    row.life = life;
    if (before === 'flight') tried(life);
    if (effects.length === 0) return;
    if (life.state !== 'flight') row.busy = false;
    if (!isOwed(life)) lanes.freed(row);
    else if (before === 'taken') lanes.back(row);
    if (!row.kept) return over(row, effects);
    const arrived = life.state === 'taken' || effects.some((one) => one.do === 'end' && one.outcome === 'delivered');
    if (arrived && before !== 'taken' && row.owed.way === 'out') tell(row);
    for (const effect of effects) follow(row, effect);
    write(row, effects);
    lanes.stepped(row);
  }

  function tried({ state }: Life): void {
    if (state !== 'flight') for (const news of listeners) news.tried?.();
  }

  function follow(row: OwedRow, effect: LifeEffect): void {
    if (effect.do === 'reconcile') [row.doubt, row.busy] = [effect.failure, false];
    // A person is answered for by a row.
    if (effect.do === 'tell' && isRoom(eventOf(row).place)) for (const news of listeners) news.waits?.(row);
    if (effect.do === 'report') for (const news of listeners) news.parked?.(row);
    if (effect.do !== 'bounce' || row.owed.way === 'out') return;
    for (const news of listeners) news.bounced?.(row, effect.failure);
    log.warn({ code: effect.failure.code, way: row.owed.way, row: row.id }, 'XMPP did not take an event');
  }

  /** In one unit: the steps of the row, what its sender is told, and what is given back of its cost. */
  function write(row: OwedRow, effects: readonly LifeEffect[]): void {
    const { life } = row;
    const owed = effects.flatMap((effect) => answers.of(row, effect) ?? []).map(lanes.mark);
    const lost = effects.some((one) => one.do === 'end' && one.outcome !== 'delivered' && one.certain);
    const statements = () => [
      ...owed.map((one) => store.journal.addOnce(one, rows.epoch)),
      ...effects.flatMap((effect) => rows.effect(row, life, effect)),
      ...(lost ? budgets.release(row.charges) : []),
    ];
    rows.write(row, statements, (results) => {
      for (const [index, one] of owed.entries()) if (results[index]?.changed === 1) lanes.push(one);
      if (effects.some((one) => one.do === 'end')) receiptOfAll(row);
      if (!isOwed(row.life)) forget(row);
    });
  }

  function receiptOfAll(row: OwedRow): void {
    const give = async (): Promise<void> => {
      const due = await answers.ofAll(row);
      if (!due) return;
      const receipt = lanes.mark(due);
      const [added] = await commit.write([store.journal.addOnce(receipt, await rows.owner())]);
      if (added?.changed === 1) lanes.push(receipt);
    };
    give().catch((err: unknown) => log.error({ err }, 'a receipt could not be given'));
  }

  function tell(row: OwedRow, failure?: Failure): void {
    for (const news of listeners) news.settled?.(row, failure);
  }

  function tellLost(row: OwedRow, { lost }: Delivered): void {
    if (lost) for (const news of listeners) news.lost?.(row, lost);
  }

  /** What follows from a step of which nothing is written. */
  function over(row: OwedRow, effects: readonly LifeEffect[]): void {
    if (isOwed(row.life)) return;
    if (effects.some((one) => one.do === 'end' && one.outcome === 'delivered')) tell(row);
    else for (const effect of effects) if (effect.do === 'bounce') tell(row, effect.failure);
    forget(row);
  }

  function forget(row: OwedRow): void {
    if (!row.kept) byEvent.delete(row.event);
    else for (const id of [row.event, ...row.known]) if (byEvent.get(id) === row) byEvent.delete(id);
    if (waiting.size > 0) free(row);
  }

  function free(row: OwedRow): void {
    for (const [rows, work] of [...waiting]) {
      if (!rows.delete(row) || rows.size > 0) continue;
      waiting.delete(rows);
      work();
    }
  }

  function record(row: OwedRow, id: EventId, outcome: Outcome): void {
    if (outcome instanceof Failure) {
      row.pending.clear();
      row.busy = false;
      apply(row, { on: 'failed', failure: outcome });
    } else {
      if (outcome.state === 'written') return;
      tellLost(row, outcome);
      if (outcome.state === 'delayed') return apply(row, { on: 'settled', state: outcome.state });
      row.ids = row.ids.length === 0 ? outcome.ids : [...row.ids, ...outcome.ids];
      row.pending.delete(id);
      if (row.pending.size > 0) return;
      apply(row, { on: 'settled', state: outcome.state });
    }
    lanes.goesOn(row);
  }

  function settle(id: EventId, outcome: Outcome): Promise<void> | undefined {
    const row = byEvent.get(id);
    if (!row && !isJournaled(id) && !isInward(id)) return undefined;
    if (row && !row.kept) return void hear(row, outcome);
    const noted = row ? note(row, id, outcome) : late(id, outcome);
    noted.catch((err: unknown) => log.error({ err }, 'what became of an event could not be kept'));
    return noted;
  }

  /** What nothing is written of ends with its first answer. */
  function hear(row: OwedRow, outcome: Outcome): void {
    if (outcome instanceof Failure || row.life.state !== 'flight') return record(row, row.event, outcome);
    if (outcome.state === 'written' || outcome.state === 'delayed') return;
    tellLost(row, outcome);
    row.ids = outcome.ids;
    row.life = ARRIVED;
    tell(row);
    forget(row);
  }

  function note(row: OwedRow, id: EventId, outcome: Outcome): Promise<void> {
    record(row, id, outcome);
    return rows.written(row);
  }

  /** Word of an event that is not in memory: its network had taken it, or an earlier run had sent it. */
  async function late(id: EventId, outcome: Outcome): Promise<void> {
    if (!(outcome instanceof Failure) && outcome.state === 'written') return;
    const [event = id] = id.split('+') as EventId[];
    const stored = await store.journal.byEvent(event);
    const own = stored?.state === 'taken' ? await rows.claimTaken(event) : undefined;
    if (stored && isOwed(stored)) await lanes.wanted(stored.lane);
    if (own && !byEvent.has(event)) byEvent.set(event, durableRow(own, newLane(own.lane)));
    const row = byEvent.get(event);
    if (row) await note(row, event, outcome);
  }

  const settling: Settling = {
    get size() {
      return byEvent.size;
    },
    inHand: (id) => byEvent.get(id),
    ofLane: (key) => [...byEvent.values()].filter(({ laneKey }) => laneKey === key),
    remember: (row) => void byEvent.set(row.event, row),
    forget,
    facts,
    apply,
    record,
    settle,
    track(row, id) {
      row.pending.add(id);
      row.known.add(id);
      byEvent.set(id, row);
    },
    replaced(row) {
      tell(row);
      if (row.kept) apply(row, { on: 'withdrawn', over: true });
      else forget(row);
    },
    behind(fits, work) {
      const rows = new Set([...byEvent.values()].filter(fits));
      if (rows.size === 0) work();
      else waiting.set(rows, work);
    },
    listen: (news) => void listeners.push(news),
    join: (opened) => void (lanes = opened),
  };
  return settling;
}

/** Before there are any. */
const NO_LANES: RowLanes = {
  ...{ mark: (row) => row, push: () => undefined, freed: () => undefined, back: () => undefined },
  goesOn: () => undefined,
  ...{ stepped: () => undefined, wanted: async () => undefined },
};

const ARRIVED: OwedRow['life'] = {
  ...{ state: 'done', attempts: 1, doubted: false, told: true },
  ...{ notBefore: 0, expires: 0 },
};

export type RefuseContext = { readonly xmpp: Pick<XmppSide, 'refuse'> };

export type SettleContext = RefuseContext &
  ReflectContext &
  NoticeContext & {
    readonly ids: Pick<Ids, 'link'>;
    readonly rooms: Pick<Rooms, 'reflect' | 'joined' | 'reader'>;
    readonly people: Pick<People, 'settled'>;
  };

/** Stanzas whose pieces are remembered. */
const GROUPS = 1000;

/**
 * Answers what has become of rows: their ids are linked and rooms show them, or their sender has the error. What is durable
 * has its error by a row.
 */
export function openSettle(context: SettleContext): SettleNews {
  /** What the pieces of a stanza have in common that is durable, lately. */
  const groups = openRecent<Shared>(GROUPS);
  return {
    settled(row, failure) {
      const { shared, piece } = row;
      const group = piece?.group ?? '';
      const common = shared ?? groups.get(group) ?? { answered: false };
      if (!shared && group !== '') groups.set(group, common);
      settle(context, row, common, failure);
    },
    lost(row, lost) {
      for (const { to, failure } of lost) notice(context, row, texts.notReached(to, failure.words));
    },
    waits: (row) => notice(context, row, texts.delayed(new Date(eventOf(row).at).toISOString().slice(11, 16))),
  };
}

function settle(context: SettleContext, row: OwedRow, shared: Shared, failure: Failure | undefined): void {
  const event = eventOf(row);
  if (shared.ended) {
    if (!failure) reflect(context, row, shared);
    return shared.ended(failure);
  }
  if (event.kind === 'occupant' || event.kind === 'contact') return settleStanding(context, event, row, failure);
  const { piece } = row;
  if (!piece) return;
  const { origin, parts } = piece;
  if (failure) return refuse(context, { origin, shared }, soFar(failure, shared, parts));
  if (row.ids.length > 0) link(context.ids, event, { origin, shared }, row.ids);
  reflect(context, row, shared);
}

/** Tells the sender of one failure, however many pieces fail. */
export function refuse(
  { xmpp }: RefuseContext,
  { origin, shared }: { readonly origin: Origin | undefined; readonly shared: Shared },
  failure: Failure,
): void {
  shared.ended?.(failure);
  if (origin && !shared.answered) xmpp.refuse(origin, failure);
  shared.answered = true;
}

type Named = { readonly origin: Origin; readonly shared: Shared };

/** The network's ids of a piece, with those by which XMPP knows the whole: the stanza's own, or ours where rooms show it. */
function link(
  ids: Pick<Ids, 'link'>,
  event: Event,
  { origin: { id, originId }, shared }: Named,
  foreign: readonly ForeignId[],
): void {
  const xmpp = shared.linked ? [] : isRoom(event.place) ? [id ?? event.id] : [id, originId];
  shared.linked ??= {
    event: event.id,
    place: placeKey(event.place),
    at: event.at,
    author: authorOf(event.from),
    xmpp: [],
    foreign: [],
  };
  const own = new Set(xmpp.filter((one) => one !== undefined) as XmppId[]);
  ids.link(shared.linked, { xmpp: [...own], foreign });
}

/** What changes how somebody stands to a room or contact is answered there. */
function settleStanding(
  { people, rooms }: SettleContext,
  event: EventOf<'occupant'> | EventOf<'contact'>,
  { ids, account }: OwedRow,
  failure: Failure | undefined,
): void {
  if (event.kind === 'contact') return people.settled(event, failure ?? { ids, state: 'taken' });
  if (event.change === 'join') rooms.joined(event.place, account as AccountKey, failure);
}
