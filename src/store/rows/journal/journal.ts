import { sql } from 'kysely';
import type { EventId } from '#src/model/ids.ts';
import type { JournalOutcome, JournalState } from '#src/store/schema.ts';
import { db, type Read, reading, writing } from '#src/store/sql.ts';
import type { Statement, Value } from '#src/store/unit.ts';
import { arrived, presume, prune, reopen, unproven } from './journal-age.ts';
import { type AmendmentNote, amend, noteAmendment, type RowAmendment } from './journal-amend.ts';

/**
 * One accepted event that is owed to somebody. `at` and `changed` are wall time in ms; `notBefore` and `expires` are
 * gateway time: ms for which the gateway has run; `notBefore` is below 0 where the process ended during the last try.
 */
export type Journaled = {
  readonly id: number;
  readonly event: EventId;
  /** The unit of order. */
  readonly lane: string;
  readonly account: string;
  /** What recognises a repeat, scoped to the authenticated sender; null where nothing can. */
  readonly key: string | null;
  /** JSON of the core's; empty once the row has ended. */
  readonly body: string;
  /** JSON of what an answer needs. */
  readonly origin: string | null;
  readonly state: JournalState;
  /** Tries, each counted before it is made. */
  readonly attempts: number;
  /**
   * Whether it was sent once more after a doubt, or has ended in one: it may have arrived. And whether its sender was told that
   * it is late.
   */
  readonly doubted: boolean;
  readonly told: boolean;
  readonly notBefore: number;
  readonly expires: number;
  readonly at: number;
  readonly outcome: JournalOutcome | null;
  /** JSON of what was reserved for it. */
  readonly charges: string | null;
};

/** A row that is new: it waits, or it is handed over at once, which is its first attempt. */
export type NewRow = Omit<Journaled, 'outcome' | 'doubted' | 'told'>;

/** What one step changes of a row. `note` goes into its trace. */
export type RowStep = Pick<Journaled, 'id' | 'state' | 'attempts' | 'doubted' | 'told' | 'notBefore'> & {
  readonly epoch: number;
  readonly changed: number;
  readonly note: string;
};

/** How a row ends. `doubted` and `origin` stay as they are where they are left out. */
export type RowEnd = Pick<RowStep, 'id' | 'epoch' | 'changed' | 'note'> & {
  readonly outcome: JournalOutcome;
  readonly doubted?: boolean;
  readonly origin?: string;
};

export type Journal = {
  /** The next id, ascending over restarts. Throws StoreUnavailable after a long outage. */
  nextId(): number;
  /** Takes the journal over: the rows' owner from now on is this epoch. Its one row returned is `next`. */
  takeOver(): Statement;
  /** Adds a row. Guarded: nobody has added its key before. */
  add(row: NewRow, epoch: number): Statement;
  /** The same where a second one is left out quietly: its result has changed no row then. */
  addOnce(row: NewRow, epoch: number): Statement;
  /** Guarded: the row is owed, and this epoch owns it. */
  step(step: RowStep): Statement;
  /** Changes what a row that waits says. Guarded as `step`. */
  amend(change: RowAmendment): Statement;
  /** Keeps the key of what has amended. */
  noteAmendment(note: AmendmentNote): Statement;
  /** Ends a row: its body goes with it. Guarded as `step`, so that a row has exactly one outcome. */
  end(end: RowEnd): Statement;
  /** Owns up to `max` rows that the lane owes behind the id `after`, and returns them in no order (`rowsOf`). */
  claim(claim: {
    readonly lane: string;
    readonly after: number;
    readonly max: number;
    readonly epoch: number;
  }): Statement;
  /** Owns the row of an event that its network has taken. */
  claimTaken(event: EventId, epoch: number): Statement;
  rowsOf(rows: readonly Readonly<Record<string, Value>>[]): readonly Journaled[];
  /** Up to `max` lanes that owe something, behind that one, in order. */
  lanes(after: string, max: number): Promise<readonly string[]>;
  byEvent(event: EventId): Promise<Journaled | undefined>;
  /** The row with that key, whatever has become of it. */
  byKey(key: string): Promise<Journaled | undefined>;
  /** Takes the key from a row that has ended, for one that tries the same anew. Guarded: nobody else has done so. */
  yieldKey(row: Pick<Journaled, 'id'> & { readonly key: string }): Statement;
  /** The steps of an event, one a line: wall time in ms, a space, and what happened. */
  trace(event: EventId): Promise<string | undefined>;
  /** How many rows are in each state. */
  states(): Promise<Readonly<Partial<Record<JournalState, number>>>>;
  /** For how long the gateway has run, in ms, as it was noted last. */
  time(): Promise<number>;
  /** The same as it was when the store was opened. */
  readonly ran: number;
  noteTime(time: number): Statement;
  /** Calls up to `max` rows delivered that were taken before `before`, and of which nothing more was heard. */
  presume(before: number, changed: number, max: number): Statement;
  /** Calls up to `max` rows towards XMPP delivered whose time to come back (gateway time) has ended at `time`. */
  arrived(time: number, changed: number, max: number): Statement;
  /** Makes rows towards XMPP owed again whose time to come back (gateway time) ends after `after`. */
  reopen(after: number, changed: number): Statement;
  /** Up to `max` of the same behind the id `after`, in order. */
  unproven(time: number, after: number, max: number): Promise<readonly Pick<Journaled, 'id' | 'event' | 'account'>[]>;
  /** Forgets up to `max` rows that ended before `before`. */
  prune(before: number, max: number): Statement;
};

/** Literals, so that the planner sees that the partial index fits. */
const owed = sql<boolean>`state in ('ready', 'flight')`;
const alive = sql<boolean>`state in ('ready', 'flight', 'taken')`;
const ended = sql<boolean>`state in ('done', 'parked')`;
/** A trace does not grow without end. */
const TRACE = 4000;

type Bit = 0 | 1;
type Args<T> = { [K in keyof T]: T[K] extends boolean ? Bit : T[K] };

const add = writing(
  (db, a: Args<NewRow> & { epoch: number; trace: string }) =>
    db
      .insertInto('journal')
      .values({
        id: a.id,
        event: a.event,
        lane: a.lane,
        account: a.account,
        key: a.key,
        body: a.body,
        origin: a.origin,
        state: a.state,
        attempts: a.attempts,
        doubted: 0,
        told: 0,
        epoch: a.epoch,
        not_before: a.notBefore,
        expires: a.expires,
        at: a.at,
        changed: a.at,
        outcome: null,
        charges: a.charges,
        trace: a.trace,
      })
      .onConflict((conflict) => conflict.column('key').doNothing()),
  1,
);

const traced = (note: string) =>
  sql<string>`case when length(trace) < ${sql.lit(TRACE)} then trace || ${note} else trace end`;

const step = writing(
  (db, a: Args<RowStep>) =>
    db
      .updateTable('journal')
      .set({ state: a.state, attempts: a.attempts, doubted: a.doubted, told: a.told, not_before: a.notBefore })
      .set({ changed: a.changed, trace: traced(a.note) })
      .where('id', '=', a.id)
      .where('epoch', '=', a.epoch)
      .where(alive),
  1,
);

const end = writing(
  (db, a: Omit<RowEnd, 'doubted' | 'origin'> & { state: JournalState; doubted: Bit | null; origin: string | null }) =>
    db
      .updateTable('journal')
      .set({ state: a.state, outcome: a.outcome, body: '', charges: null })
      .set(({ fn, ref, val }) => ({
        doubted: fn.coalesce(val(a.doubted), ref('doubted')),
        origin: fn.coalesce(val(a.origin), ref('origin')),
      }))
      .set({ changed: a.changed, trace: traced(a.note) })
      .where('id', '=', a.id)
      .where('epoch', '=', a.epoch)
      .where(alive),
  1,
);

const COLUMNS = sql.raw(
  'id, event, lane, account, key, body, origin, state, attempts, doubted, told, not_before, expires, at, outcome, charges',
);

const claim = writing((_, a: { lane: string; after: number; max: number; epoch: number }) => ({
  compile: () =>
    sql`with due as materialized (
        select id from journal where lane = ${a.lane} and state in ('ready', 'flight') and id > ${a.after}
        order by id limit ${a.max})
      update journal set epoch = ${a.epoch} where id in (select id from due) returning ${COLUMNS}`.compile(db),
}));

const claimTaken = writing((_, a: { event: EventId; epoch: number }) => ({
  compile: () =>
    sql`update journal set epoch = ${a.epoch} where event = ${a.event} and state = 'taken' returning ${COLUMNS}`.compile(
      db,
    ),
}));

const counter = (name: string) => (by: number) =>
  writing(
    (db, a: { by: number }) =>
      db
        .updateTable('sequences')
        .set((eb) => ({ next: eb('next', '+', a.by) }))
        .where('name', '=', name)
        .returning('next'),
    1,
  )({ by });
const takeOver = counter('journal epoch');

const noteTime = writing(
  (db, a: { time: number }) => db.updateTable('sequences').set({ next: a.time }).where('name', '=', 'gateway time'),
  1,
);
const withKey = reading((db, a: { key: string }) => db.selectFrom('journal').selectAll().where('key', '=', a.key));
const yieldKey = writing(
  (db, a: { id: number; key: string }) =>
    db.updateTable('journal').set({ key: null }).where('id', '=', a.id).where('key', '=', a.key).where(ended),
  1,
);
const time = reading((db) => db.selectFrom('sequences').select('next').where('name', '=', 'gateway time'));

const lanes = reading((db, a: { after: string; max: number }) =>
  db
    .selectFrom('journal')
    .select('lane')
    .distinct()
    .where('lane', '>', a.after)
    .where(owed)
    .orderBy('lane')
    .limit(a.max),
);

const ofEvent = reading((db, a: { event: EventId }) =>
  db.selectFrom('journal').selectAll().where('event', '=', a.event),
);

const states = reading((db) =>
  db
    .selectFrom('journal')
    .select(['state', sql<number>`count(*)`.as('count')])
    .groupBy('state'),
);

export function rowOf(row: Readonly<Record<string, unknown>>): Journaled {
  const { not_before: notBefore, doubted, told, epoch: _, trace: __, changed: ___, ...rest } = row;
  return { ...rest, notBefore, doubted: doubted === 1, told: told === 1 } as Journaled;
}

const REOPENED = 'it is sent again: nobody was there to hear if it came back';

const bit = (value: boolean): Bit => (value ? 1 : 0);
const line = ({ changed, note }: Pick<RowStep, 'changed' | 'note'>): string => `${changed} ${note}\n`;

const added = (row: NewRow, epoch: number): Statement => {
  const note = row.state === 'flight' ? 'accepted, sent' : 'accepted';
  return add({ ...row, epoch, trace: line({ changed: row.at, note }) });
};

/** The running time that was noted last, in ms. Rejects as `Store.read`. */
export const openRan = async (read: Read): Promise<number> => (await read(time({})))[0]?.next ?? 0;

export const journal = (read: Read, nextId: () => number, ran: number): Journal => ({
  ...{ nextId, ran },
  takeOver: () => takeOver(1),
  add: added,
  addOnce: (row, epoch) => ({ ...added(row, epoch), expect: 'any' }),
  amend,
  noteAmendment,
  step: (one) => step({ ...one, doubted: bit(one.doubted), told: bit(one.told), note: line(one) }),
  end: ({ doubted, origin = null, ...one }) =>
    end({
      ...{ ...one, origin, doubted: doubted === undefined ? null : bit(doubted) },
      ...{ state: one.outcome === 'parked' ? 'parked' : 'done', note: line(one) },
    }),
  claim: (one) => claim(one),
  claimTaken: (event, epoch) => claimTaken({ event, epoch }),
  rowsOf: (rows) => rows.map(rowOf).sort((a, b) => a.id - b.id),
  lanes: async (after, max) => (await read(lanes({ after, max }))).map(({ lane }) => lane),
  byEvent: async (event) => (await read(ofEvent({ event }))).map(rowOf)[0],
  byKey: async (key) => (await read(withKey({ key }))).map(rowOf)[0],
  yieldKey: ({ id, key }) => yieldKey({ id, key }),
  trace: async (event) => (await read(ofEvent({ event })))[0]?.trace,
  states: async () => Object.fromEntries((await read(states({}))).map(({ state, count }) => [state, count])),
  time: () => openRan(read),
  noteTime: (at) => noteTime({ time: at }),
  presume: (before, changed, max) => presume({ before, changed, max }),
  arrived: (before, changed, max) => arrived({ before, changed, max }),
  reopen: (after, changed) => reopen({ after, changed, note: line({ changed, note: REOPENED }) }),
  unproven: (time, after, max) => read(unproven({ time, after, max })),
  prune: (before, max) => prune({ before, max }),
});
