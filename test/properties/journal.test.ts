import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isSuspect, type Life, type LifeFacts, type LifeInput, step } from '#src/core/journal/life.ts';
import { openLog } from '#src/lib/log.ts';
import { Failure } from '#src/model/failure.ts';
import type { EventId } from '#src/model/ids.ts';
import { openStore, type Store } from '#src/store/index.ts';
import { handClock } from '../hand-clock.ts';
import { tempFolder } from '../store/folder.ts';

const failure = fc
  .record({
    code: fc.constantFrom('item-not-found', 'too-fast', 'remote-server-timeout' as const),
    certain: fc.boolean(),
  })
  .map(({ code, certain }) => new Failure(code, { certain }));

const input: fc.Arbitrary<LifeInput> = fc.oneof(
  fc.constant({ on: 'begin' } as const),
  fc.constantFrom('written', 'taken', 'delayed', 'delivered').map((state) => ({ on: 'settled', state }) as LifeInput),
  failure.map((one) => ({ on: 'failed', failure: one }) as const),
  fc
    .tuple(fc.constantFrom('sent', 'not-sent', 'unknown'), failure)
    .map(([as, one]) => ({ on: 'reconciled', as, failure: one }) as LifeInput),
  fc.constantFrom('orphaned', 'cleared').map((on) => ({ on }) as LifeInput),
  fc.boolean().map((over) => ({ on: 'withdrawn', over }) as const),
  fc.constant({ on: 'time' } as const),
);

const fresh: Life = { state: 'ready', attempts: 0, doubted: false, told: false, notBefore: 0, expires: 100 };
const given = fc.record({
  confirms: fc.constantFrom('taken', 'delivered' as const),
  handedOver: fc.boolean(),
  charged: fc.boolean(),
  repeatable: fc.boolean(),
  times: fc.array(fc.tuple(input, fc.nat(9)), { maxLength: 40 }),
});

const once = ['end', 'receipt', 'bounce', 'tell', 'report'];
const isOver = ({ state }: Life): boolean => state === 'done' || state === 'parked';

describe('the life of a row', () => {
  it('has one outcome at most, one receipt and one error, and changes nothing after that', () => {
    fc.assert(
      fc.property(given, ({ times, ...facts }) => {
        let life = fresh;
        let now = 0;
        const seen: string[] = [];
        for (const [what, ms] of times) {
          now += ms;
          const all: LifeFacts = { ...facts, now, expiry: 100, tell: 50, wait: () => 3 };
          const [next, ...effects] = step(life, what, all);
          if (isOver(life)) expect([next, effects]).toEqual([life, []]);
          for (const effect of effects) seen.push(effect.do);
          if (isOver(next) !== isOver(life)) expect(effects.map((one) => one.do)).toContain('end');
          expect(next.attempts).toBeGreaterThanOrEqual(life.attempts);
          life = next;
        }
        expect(once.filter((name) => seen.indexOf(name) !== seen.lastIndexOf(name))).toEqual([]);
        if (facts.charged) expect(life.doubted).toBe(false);
      }),
    );
  });
});

const facts = (now: number): LifeFacts => ({
  now,
  confirms: 'taken',
  handedOver: false,
  charged: false,
  expiry: 100,
  tell: 50,
  wait: () => 3,
});

describe('a row that was under way when the process died', () => {
  it('is parked if it was tried alone then, which it is not before its third try', () => {
    const often = fc.constantFrom<LifeInput>({ on: 'begin' }, { on: 'orphaned' });
    fc.assert(
      fc.property(fc.array(fc.oneof(often, input), { maxLength: 40 }), (list) => {
        let life = fresh;
        for (const what of list) {
          const [next] = step(life, what, { ...facts(0), repeatable: true });
          const alone = life.state === 'flight' && isSuspect(life);
          if (alone) expect(life.attempts).toBeGreaterThan(2);
          expect(next.state === 'parked' && life.state !== 'parked').toBe(alone && what.on === 'orphaned');
          life = next;
        }
      }),
    );
  });

  it('is not suspected for tries that have failed while the process lived', () => {
    const tooFast = { on: 'failed', failure: new Failure('too-fast') } as const;
    const tried = (life: Life, what: LifeInput): Life =>
      step(step(life, { on: 'begin' }, facts(0))[0], what, facts(0))[0];
    const killed = (life: Life): Life => {
      const [found, ...effects] = step(step(life, { on: 'begin' }, facts(0))[0], { on: 'orphaned' }, facts(0));
      const failure = effects.flatMap((effect) => (effect.do === 'reconcile' ? effect.failure : []))[0];
      return failure ? step(found, { on: 'reconciled', as: 'not-sent', failure }, facts(0))[0] : found;
    };
    const refused = tried(tried(tried(fresh, tooFast), tooFast), tooFast);
    const twice = killed(killed(refused));
    expect([killed(refused), twice, tried(twice, tooFast), killed(tried(twice, tooFast))].map(isSuspect)).toEqual([
      false,
      true,
      false,
      false,
    ]);
    expect([twice.state, killed(twice).state]).toEqual(['ready', 'parked']);
  });
});

/** What the journal ought to hold, by event. */
type Model = { rows: Map<string, { life: Life; outcome: string | undefined }>; now: number };
/** The store as a process has it: a crash leaves what was written and nothing else. */
type Real = { store: Store; epoch: number; url: string };

async function opened(url: string): Promise<Real> {
  const store = await openStore({ url, log: openLog('silent'), clock: handClock() });
  const [taken] = await store.unit([store.journal.takeOver()]);
  return { store, url, epoch: Number(taken?.rows[0]?.next) };
}

/** A row comes in. The same key a second time is a repeat. */
class Accept implements fc.AsyncCommand<Model, Real> {
  readonly key: string;
  constructor(key: string) {
    this.key = key;
  }
  check = () => true;
  async run(model: Model, { store, epoch }: Real): Promise<void> {
    const event = `j-${this.key}` as EventId;
    const row = {
      id: store.journal.nextId(),
      event,
      lane: 'l',
      account: 'a',
      key: this.key,
      body: 'text',
      origin: null,
    };
    const rest = { state: 'ready', attempts: 0, notBefore: 0, expires: 100, at: 0, charges: null } as const;
    const added = await store.unit([store.journal.add({ ...row, ...rest }, epoch)]).then(
      () => true,
      () => false,
    );
    expect(added).toBe(!model.rows.has(event));
    if (added) model.rows.set(event, { life: fresh, outcome: undefined });
  }
  toString = () => `accept ${this.key}`;
}

/** Something happens to a row; what follows is written in one unit. */
class Happen implements fc.AsyncCommand<Model, Real> {
  readonly key: string;
  readonly what: LifeInput;
  readonly ms: number;
  constructor(key: string, what: LifeInput, ms: number) {
    this.key = key;
    this.what = what;
    this.ms = ms;
  }
  check = ({ rows }: Model) => rows.has(`j-${this.key}`);
  async run(model: Model, { store, epoch }: Real): Promise<void> {
    model.now += this.ms;
    const known = model.rows.get(`j-${this.key}`);
    const row = await store.journal.byEvent(`j-${this.key}` as EventId);
    if (!known || !row) throw new Error('an accepted row is gone');
    const [life, ...effects] = step(known.life, this.what, facts(model.now));
    const change = { id: row.id, epoch, changed: 1 };
    await store.unit(
      effects.flatMap((effect) => {
        if (effect.do === 'step') return [store.journal.step({ ...life, ...change, note: effect.note })];
        return effect.do === 'end'
          ? [store.journal.end({ ...change, outcome: effect.outcome, note: effect.note })]
          : [];
      }),
    );
    const end = effects.find((effect) => effect.do === 'end');
    model.rows.set(row.event, { life, outcome: end?.outcome ?? known.outcome });
  }
  toString = () => `${this.what.on} ${this.key} +${this.ms}`;
}

/** The process is killed, and another one takes the journal over. */
class Crash implements fc.AsyncCommand<Model, Real> {
  check = () => true;
  async run({ rows }: Model, real: Real): Promise<void> {
    const before = real.epoch;
    await real.store[Symbol.asyncDispose]();
    Object.assign(real, await opened(real.url));
    const { store, epoch } = real;
    const [claimed] = await store.unit([store.journal.claim({ lane: 'l', after: 0, max: 100, epoch })]);
    const owed = store.journal.rowsOf(claimed?.rows ?? []);
    const alive = [...rows].filter(([, { life }]) => !isOver(life));
    expect(owed.map(({ event }) => event).sort()).toEqual(alive.map(([event]) => event).sort());
    for (const row of owed) {
      expect(row).toMatchObject({ ...rows.get(row.event)?.life, body: 'text' });
      // Whoever owned it before can do nothing to it any more.
      const late = { id: row.id, epoch: before, changed: 2, note: 'late', outcome: 'bounced' } as const;
      await expect(store.unit([store.journal.end(late)])).rejects.toThrow();
    }
    for (const [event, { outcome }] of rows) {
      const row = await store.journal.byEvent(event as EventId);
      expect([row?.outcome ?? undefined, row?.body]).toEqual([outcome, outcome === undefined ? 'text' : '']);
    }
  }
  toString = () => 'crash';
}

describe('the journal', () => {
  it('keeps what was accepted until it has its one outcome, whenever the process ends', async () => {
    const key = fc.constantFrom('a', 'b', 'c');
    const commands = fc.commands(
      [
        key.map((one) => new Accept(one)),
        key.map((one) => new Happen(one, { on: 'begin' }, 1)),
        fc.tuple(key, input, fc.nat(20)).map(([one, what, ms]) => new Happen(one, what, ms)),
        fc.constant(new Crash()),
      ],
      { maxCommands: 12 },
    );
    await fc.assert(
      fc.asyncProperty(commands, async (list) => {
        using dir = tempFolder();
        const real = await opened(`sqlite:${dir.file('s.db')}`);
        const model: Model = { rows: new Map(), now: 0 };
        try {
          await fc.asyncModelRun(() => ({ model, real }), [...list, new Crash()]);
        } finally {
          await real.store[Symbol.asyncDispose]();
        }
      }),
      { numRuns: 6, endOnFailure: true },
    );
  });
});
