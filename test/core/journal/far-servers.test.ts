import { describe, expect, it } from 'vitest';
import type { Bounce } from '#src/core/index.ts';
import { openFarServers } from '#src/core/journal/far-servers.ts';
import { isSuspect, type Life, step } from '#src/core/journal/life.ts';
import { inwardId } from '#src/core/journal/rows.ts';
import { Failure } from '#src/model/failure.ts';
import type { EventId, XmppId } from '#src/model/ids.ts';
import { handClock } from '../../hand-clock.ts';
import { eventually } from '../../patience.ts';
import { folder } from '../../process/cli/isthmus.ts';
import { DOMAIN, MINUTE, mercutio, play, romeo, type World } from './journal-world.ts';

type Far = { answers: boolean };

/** Mercutio writes to Romeo, whose server is another one. Returns the ids under which that goes. */
async function writes({ core, told, store }: World, ...texts: string[]): Promise<XmppId[]> {
  const from = { kind: 'network', id: 'mercutio' } as const;
  const before = { told: told.length, rows: (await store.queue.page(0, 2000)).length };
  core.host.emit(texts.map((text) => ({ place: mercutio, from, kind: 'message', text, style: 'plain' })));
  await eventually(() => expect(told.slice(before.told)).toEqual(texts));
  const rows = await eventually(async () => {
    const found = await store.queue.page(0, 2000);
    expect(found).toHaveLength(before.rows + texts.length);
    return found.slice(before.rows);
  });
  return rows.map(({ event }) => event.slice(inwardId('').length) as XmppId);
}

async function state({ store }: World, id: XmppId): Promise<string> {
  const row = await store.journal.byEvent(inwardId(id));
  return row?.outcome ?? row?.state ?? 'none';
}

const states = async (world: World, ids: readonly XmppId[], wanted: readonly string[]): Promise<void> =>
  eventually(async () => expect(await Promise.all(ids.map((id) => state(world, id)))).toEqual(wanted));

const bounce = (world: World, id: XmppId, why: Bounce = 'unreachable') => world.core.bounced(DOMAIN, romeo, id, why);

async function withFar(far: Far, act: (world: World) => Promise<void>): Promise<void> {
  using dir = folder();
  await play(`${dir.path}/store.db`, { far }, act);
}

describe('what goes to a user of another server', () => {
  it('has arrived with the receipt of a client, or once nothing has come back for long enough', () =>
    withFar({ answers: false }, async (world) => {
      const [first, second] = await writes(world, 'one', 'two');
      await states(world, [first, second] as XmppId[], ['taken', 'taken']);
      await world.core.confirmed(DOMAIN, romeo, first as XmppId);
      await states(world, [first, second] as XmppId[], ['delivered', 'taken']);
      world.clock.advance(10 * MINUTE + 30_000);
      await states(world, [second] as XmppId[], ['delivered']);
      await bounce(world, first as XmppId);
      await bounce(world, second as XmppId);
      expect(world.told).toEqual(['one', 'two']);
    }));

  it('goes again in order, one at a time, once it has come back, and the rest follows', () => {
    const far = { answers: false };
    return withFar(far, async (world) => {
      const ids = await writes(world, 'one', 'two', 'three');
      await states(world, ids, ['taken', 'taken', 'taken']);
      for (const id of ids) await bounce(world, id);
      // Twice changes nothing.
      for (const id of ids) await bounce(world, id);
      await states(world, ids, ['ready', 'ready', 'ready']);
      world.clock.advance(10_000);
      await eventually(() => expect(world.told.slice(3)).toEqual(['one']));
      await states(world, ids, ['taken', 'ready', 'ready']);
      await bounce(world, ids[0] as XmppId);
      await states(world, ids, ['ready', 'ready', 'ready']);
      far.answers = true;
      world.clock.advance(20_000);
      await eventually(() => expect(world.told.slice(4)).toEqual(['one', 'two', 'three']));
      await states(world, ids, ['taken', 'taken', 'taken']);
    });
  });

  it('is not overtaken by what is written while that which has come back is looked up', () =>
    withFar({ answers: true }, async (world) => {
      const [first] = (await writes(world, 'one')) as [XmppId];
      await states(world, [first], ['taken']);
      const back = bounce(world, first);
      const from = { kind: 'network', id: 'mercutio' } as const;
      world.core.host.emit([{ place: mercutio, from, kind: 'message', text: 'two', style: 'plain' }]);
      await back;
      await eventually(async () => expect(await world.store.queue.page(0, 10)).toHaveLength(2));
      expect(world.told).toEqual(['one']);
      world.clock.advance(10_000);
      await eventually(() => expect(world.told).toEqual(['one', 'one', 'two']));
    }));

  it('is no sign of a server that is away where it was heard to have arrived', () =>
    withFar({ answers: false }, async (world) => {
      const [first] = (await writes(world, 'one')) as [XmppId];
      await states(world, [first], ['taken']);
      await world.core.confirmed(DOMAIN, romeo, first);
      await bounce(world, first);
      await writes(world, 'two');
    }));

  it('stays owed where it comes back before the proof that it was read', () => {
    const life: Life = { state: 'flight', attempts: 1, doubted: false, told: true, notBefore: 0, expires: 9 };
    const wait = () => 0;
    const times = { now: 0, expiry: 9, tell: 9 };
    const facts = { ...times, confirms: 'delivered', returns: 5, handedOver: true, charged: false, wait } as const;
    const [back] = step(life, { on: 'failed', failure: new Failure('remote-server-timeout') }, facts);
    expect(back.state).toBe('ready');
    expect(step(back, { on: 'settled', state: 'taken' }, facts)).toEqual([back]);
    expect(step(back, { on: 'settled', state: 'delivered' }, facts)[0].state).toBe('done');
  });

  it('is no suspect for the tries after which it has come back', () => {
    const taken: Life = { state: 'taken', attempts: 4, doubted: false, told: true, notBefore: 5, expires: 9 };
    const times = { now: 0, expiry: 9, tell: 9, wait: () => 0 };
    const facts = {
      ...times,
      confirms: 'delivered',
      returns: 5,
      handedOver: true,
      charged: false,
      repeatable: true,
    } as const;
    const [back] = step(taken, { on: 'failed', failure: new Failure('remote-server-timeout') }, facts);
    const again = { on: 'failed', failure: new Failure('recipient-unavailable') } as const;
    expect(step(taken, again, facts)[0].attempts).toBe(4);
    const [flying] = step(back, { on: 'begin' }, facts);
    expect(flying).toMatchObject({ state: 'flight', attempts: 1 });
    expect(isSuspect(step(flying, { on: 'orphaned' }, facts)[0])).toBe(false);
  });

  it('is over where an error is final', () =>
    withFar({ answers: false }, async (world) => {
      const ids = await writes(world, 'one', 'two');
      await states(world, ids, ['taken', 'taken']);
      await bounce(world, ids[0] as XmppId, 'final');
      await states(world, ids, ['bounced', 'taken']);
    }));

  it('is written again after a kill or a stop, where nobody was there to hear that it came back', async () => {
    using dir = folder();
    const file = `${dir.path}/store.db`;
    await play(file, { far: { answers: false } }, async (world) => {
      const [first] = await writes(world, 'one');
      await states(world, [first] as XmppId[], ['taken']);
      world.clock.advance(4 * MINUTE);
      await writes(world, 'two', 'three').then((ids) => states(world, ids, ['taken', 'taken']));
      world.clock.advance(2 * MINUTE);
    });
    await play(file, { far: { answers: false } }, async (world) => {
      const [row] = await world.store.queue.page(0, 10);
      await eventually(() => expect(world.told).toEqual(['two', 'three']));
      expect(row?.state).toBe('taken');
    });
  });

  it('is written again after the end of a link, in order and before what is new', () =>
    withFar({ answers: false }, async (world) => {
      const ids = await writes(world, 'one', 'two');
      await states(world, ids, ['taken', 'taken']);
      await world.core.confirmed(DOMAIN, romeo, ids[0] as XmppId);
      world.link.epoch = undefined;
      world.core.lost('other.example');
      world.core.lost(DOMAIN);
      await states(world, ids, ['delivered', 'ready']);
      world.link.epoch = 2;
      world.core.online(DOMAIN);
      await eventually(() => expect(world.told).toEqual(['one', 'two', 'two']));
      const { entry } = await world.core.queue.show((await world.store.queue.page(0, 10))[0]?.id ?? 0, {});
      expect(entry.attempts).toBe(2);
    }));

  it('outlives a restart', async () => {
    using dir = folder();
    const file = `${dir.path}/store.db`;
    let ids: XmppId[] = [];
    await play(file, { far: { answers: false } }, async (world) => {
      ids = await writes(world, 'one', 'two');
      await states(world, ids, ['taken', 'taken']);
      world.clock.advance(4 * MINUTE);
    });
    await play(file, { far: { answers: true } }, async (world) => {
      await bounce(world, ids[1] as XmppId);
      await bounce(world, ids[0] as XmppId);
      await states(world, ids, ['ready', 'ready']);
      world.clock.advance(10_000);
      await eventually(() => expect(world.told).toEqual(['one', 'two']));
    });
  });

  it('is tried once for each step of the wait, however much there is', () =>
    withFar({ answers: false }, async (world) => {
      const texts = Array.from({ length: 1000 }, (_, index) => `text ${index}`);
      const ids = await writes(world, ...texts);
      await states(
        world,
        ids,
        texts.map(() => 'taken'),
      );
      for (const id of ids) await bounce(world, id);
      for (const wait of [10_000, 20_000, 40_000, 80_000]) {
        const before = world.told.length;
        world.clock.advance(wait);
        await eventually(() => expect(world.told.slice(before)).toEqual(['text 0']));
        await states(world, ids.slice(0, 2), ['taken', 'ready']);
        await bounce(world, ids[0] as XmppId);
      }
    }));
});

it('a try that was let go and never written, because its row is gone, does not keep all others waiting', () => {
  const clock = handClock();
  const woken: string[] = [];
  const far = openFarServers({
    clock,
    isHome: () => false,
    wait: () => 1000,
    answers: async () => false,
    wake: (domain) => void woken.push(domain),
    changed: () => undefined,
  });
  const [lost, gone, next] = ['e1', 'e2', 'e3'] as EventId[] as [EventId, EventId, EventId];
  far.failed('far.example', lost);
  clock.advance(1000);
  expect([far.may('far.example', gone), far.may('far.example', next)]).toEqual([true, false]);
  clock.advance(120_000);
  expect(woken).toEqual(['far.example', 'far.example']);
  expect(far.may('far.example', next)).toBe(true);
});

it('a server that has not answered the first question is asked again, until its try is through or has come back', async () => {
  const clock = handClock();
  const answers = [false, true, false];
  const changes: boolean[] = [];
  const far = openFarServers({
    clock,
    isHome: () => false,
    wait: () => 1000,
    answers: async () => answers.shift() ?? false,
    wake: () => undefined,
    changed: (_, reached) => void changes.push(reached),
  });
  const [first, second] = ['e1', 'e2'] as EventId[] as [EventId, EventId];
  far.failed('far.example', first);
  clock.advance(1000);
  expect(far.may('far.example', first)).toBe(true);
  far.tried('far.example', first, DOMAIN);
  await eventually(() => expect(answers).toHaveLength(2));
  clock.advance(10_000);
  await eventually(() => expect(changes).toEqual([false, true]));
  far.failed('far.example', second);
  clock.advance(1000);
  expect(far.may('far.example', second)).toBe(true);
  far.tried('far.example', second, DOMAIN);
  await eventually(() => expect(answers).toEqual([]));
  far.failed('far.example', second);
  clock.advance(120_000);
  expect(changes).toEqual([false, true, false]);
});
