import { describe, expect, it } from 'vitest';
import { openAsFailure } from '#src/core/bugs.ts';
import type { DeliveryAgent } from '#src/core/journal/agent.ts';
import { openDelivery } from '#src/core/journal/lane.ts';
import { eventOf, type Held, memoryRow } from '#src/core/journal/rows.ts';
import { openRunningTime } from '#src/core/journal/running.ts';
import { openCommit, openRows } from '#src/core/journal/shelf.ts';
import { openSettling } from '#src/core/way/settle.ts';
import { openLog } from '#src/lib/log.ts';
import type { Event } from '#src/model/event.ts';
import { Failure } from '#src/model/failure.ts';
import type { BareJid, EventId } from '#src/model/ids.ts';
import { openStore } from '#src/store/index.ts';
import { handClock } from '../../hand-clock.ts';
import { tempFolder } from '../../store/folder.ts';
import { romeo, standings } from '../footings.ts';

const log = openLog('silent');
const TAKEN = { ids: [], state: 'taken' } as const;

const saying = (text: string): Event => ({
  id: text as EventId,
  at: 0,
  live: true,
  place: { kind: 'shared', transport: 'irc.example', id: '#verona%net' },
  from: { kind: 'xmpp', bare: 'romeo@a.example' as BareJid },
  kind: 'message',
  text,
  style: 'plain',
});

type World = {
  readonly seen: string[];
  /** Whether there is somebody to hand anything to. */
  readonly side: { ready: boolean };
  readonly clock: ReturnType<typeof handClock>;
  say(text: string, lane?: string, held?: Held): void;
  settle(text: string): void;
  wake(): void;
  fail(failure: Failure): void;
  size(): number;
};

/** Lanes of which nothing is written, and a network that takes what it is told to. */
async function play(act: (world: World) => Promise<void> | void): Promise<void> {
  using dir = tempFolder();
  const clock = handClock();
  await using store = await openStore({ url: `sqlite:${dir.file('s.db')}`, log, clock });
  const time = openRunningTime(store, clock, log);
  const commit = openCommit(store);
  const rows = openRows({ store, commit, time, clock, log, returns: 0 });
  const [seen, side] = [[] as string[], { ready: true }];
  const network: DeliveryAgent = {
    facts: () => ({
      confirms: 'taken',
      handedOver: true,
      charged: false,
      once: new Failure('recipient-unavailable'),
      expiry: Number.POSITIVE_INFINITY,
      tell: Number.POSITIVE_INFINITY,
      window: Number.POSITIVE_INFINITY,
      wait: () => 0,
    }),
    free: () => 0,
    ready: () => side.ready,
    carry: (row) => void seen.push(eventOf(row).id),
    reconcile: async () => 'unknown',
    withdraw: () => false,
    joins: () => false,
    holds: () => false,
  };
  const settling = openSettling({
    ...{ store, commit, rows, time, clock, log },
    budgets: { release: () => [] },
    answers: { of: () => undefined, ofAll: async () => undefined },
    agent: () => network,
  });
  settling.listen({
    settled: ({ event }, failure) => void seen.push(`${event} ${failure ? failure.code : 'landed'}`),
  });
  const limits = { waitingLines: 2, waitingTime: 60_000 };
  const delivery = openDelivery({
    ...{ store, rows, time, clock, log, limits, settling, standings },
    agent: () => network,
    serves: () => true,
    asFailure: openAsFailure(log),
  });
  await act({
    ...{ seen, side, clock },
    say(text, lane = 'out verona', held) {
      const event = saying(text);
      void delivery.put(memoryRow(event, lane, standings.of(romeo, event.place), { held }));
    },
    settle: (text) => void settling.settle(text as EventId, TAKEN),
    wake: () => delivery.wake(() => true),
    fail: (failure) => delivery.fail(() => true, failure),
    size: () => settling.size,
  });
  await delivery.stop();
}

it('goes at once where nothing waits, and is over when it is taken', () =>
  play(({ say, seen, settle, size }) => {
    say('one');
    say('two');
    expect([seen.splice(0), size()]).toEqual([['one', 'two'], 2]);
    settle('two');
    settle('two');
    settle('one');
    expect([seen, size()]).toEqual([['two landed', 'one landed'], 0]);
  }));

it('waits in its order for somebody to hand it to, so much and so long', () =>
  play(({ say, side, seen, wake, clock, size }) => {
    side.ready = false;
    say('one');
    clock.advance(1000);
    say('two');
    expect(() => say('three')).toThrow(expect.objectContaining({ code: 'queue-full' }));
    say('elsewhere', 'out mantua');
    clock.advance(58_999);
    expect(seen.splice(0)).toEqual([]);
    clock.advance(1);
    expect(seen.splice(0)).toEqual(['one recipient-unavailable']);
    side.ready = true;
    wake();
    expect([seen, size()]).toEqual([['two', 'elsewhere'], 2]);
  }));

it('has the answer of whoever gave up what it waits for', () =>
  play(({ say, side, seen, fail, size }) => {
    side.ready = false;
    say('one');
    fail(new Failure('banned'));
    expect([seen, size()]).toEqual([['one banned'], 0]);
  }));

it('lets what comes later wait behind it, also while it goes', () =>
  play(async ({ say, side, seen, wake }) => {
    side.ready = false;
    say('one');
    side.ready = true;
    say('two');
    wake();
    await undefined;
    say('three');
    expect(seen).toEqual(['one', 'two', 'three']);
  }));

describe('what is held back for the next of its kind', () => {
  const lane = 'out verona';
  const held = (target: string): Held => {
    const { place, from } = saying('');
    const draft = { place, from, kind: 'edit', target: target as EventId, text: 'two' } as const;
    return { draft, window: 5000, previous: undefined };
  };

  it('goes when its time is over, and gives its place to the next one until then', () =>
    play(({ say, seen, clock }) => {
      say('one', lane, held('m1'));
      clock.advance(3000);
      say('two', lane, held('m1'));
      clock.advance(1999);
      // A room is told of each, whatever its network hears.
      expect(seen).toEqual(['one landed']);
      clock.advance(1);
      expect(seen).toEqual(['one landed', 'two']);
    }));

  it('goes before whatever else is said', () =>
    play(({ say, seen }) => {
      say('one', lane, held('m1'));
      say('two', lane, held('m2'));
      expect(seen).toEqual(['one']);
      say('three');
      expect(seen).toEqual(['one', 'two', 'three']);
    }));

  it('waits for somebody to hand it to after that as long as everything', () =>
    play(({ say, seen, clock, side }) => {
      side.ready = false;
      say('one', lane, held('m1'));
      clock.advance(64_999);
      expect(seen).toEqual([]);
      clock.advance(1);
      expect(seen).toEqual(['one recipient-unavailable']);
    }));
});
