import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, expect, it } from 'vitest';
import { openLog } from '#src/lib/log.ts';
import { accountKey, type BareJid, type EventId, type ForeignId, type XmppId } from '#src/model/ids.ts';
import { Sealed } from '#src/model/sealed.ts';
import {
  type Archived,
  GuardFailed,
  type NewRow,
  openKey,
  openStore,
  type Statement,
  StatementFailed,
  type Store,
} from '#src/store/index.ts';
import { untilTrue } from '../patience.ts';

/** A place for one store: opens it, also again after it was closed, and knows how another process opens it. */
export type Ground = AsyncDisposable & {
  open(): Promise<Store>;
  /** The program and arguments of a process that runs `store-load.ts` on the same place. */
  readonly load: readonly string[];
};

/** A ground on which the store itself opens, at the clock's time 0. */
export function ground(url: string, clean: () => Promise<void> = async () => undefined): Ground {
  const clock = { now: () => 0, after: () => () => undefined };
  return {
    open: () => openStore({ url, clock, log: openLog('silent') }),
    load: [process.execPath, join(import.meta.dirname, 'store-load.ts'), url],
    [Symbol.asyncDispose]: clean,
  };
}

/** What every store does, one test each. Exported by name so that a test of the test can run one on a wrong store. */
export const storeCases: Readonly<Record<string, (on: Ground) => Promise<void>>> = {
  'undoes a whole unit when a guard does not hold': on(async (store) => {
    const failed = store.unit([count('a'), { ...count('b'), expect: 7 }, count('c')]);
    const error = await failed.catch((reason) => reason);
    expect(error).toBeInstanceOf(GuardFailed);
    expect([error.index, error.changed]).toEqual([1, 1]);
    expect(await counted(store, 'abc')).toEqual([0, 0, 0]);
  }),

  'keeps the units of one group apart': on(async (store) => {
    const units = Array.from({ length: 30 }, (_, n) => [
      count('all'),
      n % 3 === 0 ? { ...count('bad'), expect: 0 } : n % 3 === 1 ? twice : count(`good`),
    ]);
    const ends = await Promise.allSettled(units.map((unit) => store.unit(unit)));
    const kinds = ends.map((end) => (end.status === 'fulfilled' ? 'done' : end.reason.name));
    expect(kinds).toEqual(units.map((_, n) => ['GuardFailed', 'StatementFailed', 'done'][n % 3]));
    expect(await Promise.all(['all', 'bad', 'good'].map((name) => store.budgets.spent({ name, day: 1 })))).toEqual([
      10, 0, 10,
    ]);
  }),

  'loses nothing of a group to units that fail at their beginning': on(async (store) => {
    const units = Array.from({ length: 30 }, (_, n) =>
      n % 3 === 0
        ? [{ ...store.budgets.release({ name: 'none', day: 1 }, 1), expect: 1 }]
        : n % 3 === 1
          ? [twice]
          : [count('good')],
    );
    const ends = await Promise.allSettled(units.map((unit) => store.unit(unit)));
    const kinds = ends.map((end) => (end.status === 'fulfilled' ? 'done' : end.reason.name));
    expect(kinds).toEqual(units.map((_, n) => ['GuardFailed', 'StatementFailed', 'done'][n % 3]));
    expect(await store.budgets.spent({ name: 'good', day: 1 })).toBe(10);
  }),

  'tells a broken constraint from a broken guard, without the values': on(async (store) => {
    const error = await store.unit([count('a'), twice]).catch((reason) => reason);
    expect(error).toBeInstanceOf(StatementFailed);
    expect([error.index, error.constraint]).toEqual([1, true]);
    expect(`${error.message}`).not.toContain('hush');
    const wrong = await store.unit([{ sql: 'update nowhere set x = ?', params: ['hush'] }]).catch((reason) => reason);
    expect([wrong.name, wrong.constraint]).toEqual(['StatementFailed', false]);
  }),

  'does units in the order of the calls': on(async (store) => {
    const of = { account: 'a', scope: 'account', subject: '' } as const;
    await Promise.all(Array.from({ length: 200 }, (_, n) => store.unit([store.settings.put(of, { n })])));
    expect(await store.settings.get(of)).toEqual({ n: 199 });
  }),

  'finds settings by how a name begins': on(async (store) => {
    const of = { account: 'a', scope: 'conversation', subject: 'contact j' } as const;
    await store.unit([
      store.settings.put(of, { 'mapping.edit': 'drop', more: 1 }),
      store.settings.put({ ...of, subject: '' }, { colour: 'mapping.edit' }),
    ]);
    expect(await store.settings.naming('mapping.')).toEqual([{ ...of, values: { 'mapping.edit': 'drop', more: 1 } }]);
  }),

  'refuses what cannot be stored, before anything is done': on(async (store) => {
    const wrong: unknown[] = [new Date(0), {}, undefined, true, Number.NaN, 2 ** 60, 'a\0b', 1n];
    for (const value of wrong) {
      const statement = { sql: 'insert into aliases values (?, ?, ?)', params: ['t', 'a', value] } as Statement;
      await expect(store.unit([count('a'), statement])).rejects.toThrow(TypeError);
    }
    expect(await counted(store, 'a')).toEqual([0]);
  }),

  'lets a reader see what has resolved': on(async (store) => {
    const one = async (n: number) => {
      const place = { transport: 't', account: '', key: `k${n}` };
      await store.unit([store.bridgeState.put(place, new Uint8Array([n, 0, 255]))]);
      expect(await store.bridgeState.get(place)).toEqual(new Uint8Array([n, 0, 255]));
    };
    for (let n = 0; n < 20; n++) await one(n);
    await Promise.all(Array.from({ length: 50 }, (_, n) => one(100 + n)));
  }),

  'has everything that it acknowledged before a kill': async (at) => {
    await (await at.open())[Symbol.asyncDispose]();
    const acknowledged = await killedUnderLoad(at.load, 2000);
    await using store = await reopened(at);
    const found = new Set((await store.links.byEvent('load' as EventId)).foreign);
    expect(acknowledged.filter((id) => !found.has(id as ForeignId))).toEqual([]);
  },

  'keeps what it has over a restart, and gives no id twice': async (at) => {
    const ids: number[] = [];
    for (let n = 0; n < 3; n++) {
      await using store = await at.open();
      ids.push(store.archive.nextId(), store.archive.nextId());
      await store.unit([count('a')]);
      expect(await counted(store, 'a')).toEqual([n + 1]);
    }
    expect(ids).toEqual([...new Set(ids)].sort((a, b) => a - b));
  },

  'goes on giving ids when those that it has reserved run out': on(async (store) => {
    let last = 0;
    const take = (many: number) => {
      for (let n = 0; n < many; n++) {
        const id = store.journal.nextId();
        if (id <= last) throw new Error(`${id} after ${last}`);
        last = id;
      }
    };
    const block = 2 ** 20;
    expect(() => take(block + 1)).toThrow(
      expect.objectContaining({ reason: expect.stringContaining('no ids of journal are left') }),
    );
    for (let n = 0; n < 3; n++) {
      // Units happen in order: when this one is done, the reservation asked for before it is done too.
      await store.unit([count('a')]);
      take(block);
    }
  }),

  'refuses a second process at once, and opens when the first is gone': async (at) => {
    const first = await at.open();
    await expect(at.open()).rejects.toThrow(/in use by another process/);
    await first[Symbol.asyncDispose]();
    await (await at.open())[Symbol.asyncDispose]();
    await expect(first.unit([count('a')])).rejects.toHaveProperty('reason', expect.stringContaining('closed'));
  },

  'never overspends a budget': on(async (store) => {
    const day = { name: 'sms', day: 1 };
    const tries = Array.from({ length: 100 }, () => store.unit([store.budgets.reserve(day, 50, 3), count('sent')]));
    const done = (await Promise.allSettled(tries)).filter(({ status }) => status === 'fulfilled');
    expect([done.length, await store.budgets.spent(day), ...(await counted(store, ['sent']))]).toEqual([16, 48, 16]);
    await store.unit([store.budgets.release(day, 3)]);
    await store.unit([store.budgets.reserve(day, 50, 5)]);
    await expect(store.unit([store.budgets.reserve(day, 50, 1)])).rejects.toThrow(GuardFailed);
    await expect(store.unit([store.budgets.release(day, 51)])).rejects.toThrow(GuardFailed);
    await expect(store.unit([store.budgets.reserve({ name: 'sms', day: 2 }, 1, 2)])).rejects.toThrow(GuardFailed);
    expect(() => store.budgets.reserve(day, 50, -1)).toThrow(RangeError);
  }),

  'fills buckets with time': on(async (store) => {
    const bucket = { name: 'romeo', burst: 3, perSecond: 2 };
    const takes = (cost: number, now: number) =>
      store.unit([store.buckets.take(bucket, cost, now)]).then(
        () => true,
        () => false,
      );
    const ends: boolean[] = [];
    for (const [cost, now] of [
      [1, 1000],
      [2, 1000],
      [1, 1000],
      [1, 1499],
      [1, 1500],
      [1, 900],
      [3, 9000],
      [1, 9000],
    ] as const) {
      ends.push(await takes(cost, now));
    }
    expect(ends).toEqual([true, true, false, false, true, false, true, false]);
    expect(() => store.buckets.take(bucket, 4, 0)).toThrow(RangeError);
    expect((await store.unit([store.buckets.prune(9001, 10)]))[0]?.changed).toBe(1);
  }),

  'pages through an archive': on(async (store) => {
    const ids = await archived(store, 'room', 25);
    await archived(store, 'other', 3);
    const id = (n: number) => ids[n] ?? -1;
    const page = async (how: object) => {
      const { rows, ...rest } = await store.archive.page({ place: 'room', max: 10, ...how });
      return { ...rest, from: rows[0]?.at, to: rows.at(-1)?.at, rows: rows.length };
    };
    const whole = { count: 25, first: id(0), last: id(9), index: 0, complete: false, from: 0, to: 9, rows: 10 };
    expect(await page({})).toEqual(whole);
    expect(await page({ after: id(9) })).toMatchObject({ index: 10, from: 10, to: 19, complete: false });
    expect(await page({ after: id(19) })).toMatchObject({ index: 20, from: 20, to: 24, complete: true, last: id(24) });
    expect(await page({ newest: true })).toMatchObject({ index: 15, from: 15, to: 24, complete: false });
    expect(await page({ newest: true, before: id(5) })).toMatchObject({ index: 0, from: 0, to: 4, complete: true });
    expect(await page({ start: 5, end: 7 })).toMatchObject({ count: 3, from: 5, to: 7, complete: true });
    expect(await page({ max: 0 })).toMatchObject({ count: 25, rows: 0, complete: false });
    expect(await page({ place: 'nowhere' })).toMatchObject({ count: 0, rows: 0, complete: true });
    expect(await store.archive.get('room', id(3))).toEqual(row('room', 3, id(3)));
    await store.unit([store.archive.redact('room', id(3), '{"gone":true}')]);
    expect((await store.archive.get('room', id(3)))?.body).toBe('{"gone":true}');
    await expect(store.unit([store.archive.redact('other', id(3), '{}')])).rejects.toThrow(GuardFailed);
  }),

  'gives ids that carry the time, and free ones of times that have gone by': on(async (store) => {
    const now = 1_767_323_045_000;
    const [first, second] = [store.archive.nextId(now), store.archive.nextId(now)];
    expect([first, second]).toEqual([now * 1000, now * 1000 + 1]);
    expect(store.archive.nextId(now - 5)).toBe(second + 1);
    expect(store.archive.nextId(now + 1)).toBe((now + 1) * 1000);
    await store.unit(store.archive.append([row('room', 1, first), row('other', 1, second)]));
    expect(await store.archive.freeId(now)).toBe(second + 1);
    expect(await store.archive.freeId(now)).toBe(second + 2);
    expect(await store.archive.freeId(now - 60_000)).toBe((now - 60_000) * 1000);
  }),

  'begins behind the newest row, should the clock have been put back': async (at) => {
    const future = (Date.now() + 86_400_000) * 1000;
    {
      await using store = await at.open();
      await store.unit(store.archive.append([row('room', 1, future)]));
    }
    await using store = await at.open();
    expect(store.archive.nextId()).toBe(future + 1);
  },

  'takes messages out of the archive and corrects them, by their authors alone': on(async (store) => {
    const { archive } = store;
    const [message = 0, edit = 0, reply = 0] = await archived(store, 'room', 3);
    const about = (id: number, kind: string) => ({ ...row('room', 9, archive.nextId()), about: id, kind });
    const edits = [about(message, 'edit'), about(reply, 'edit'), about(message, 'reaction')];
    await store.unit(archive.append(edits));
    const bodies = async () => (await archive.page({ place: 'room', max: 9 })).rows.map(({ body }) => body);
    const before = await bodies();
    await store.unit([
      archive.correct('room', message, 'alice', 'x'),
      archive.correct('other', message, 'bob', 'x'),
      ...archive.retract('room', message, 'alice', 'x'),
      ...archive.retract('other', message, 'bob', 'x'),
    ]);
    expect(await bodies()).toEqual(before);
    await store.unit([archive.correct('room', message, 'bob', 'new')]);
    expect(await bodies()).toEqual(['new', ...before.slice(1)]);
    await store.unit(archive.retract('room', message, 'bob', 'gone'));
    const [, second, third, , ofReply, reaction] = before;
    expect(await bodies()).toEqual(['gone', second, third, 'gone', ofReply, reaction]);
    expect((await archive.get('room', message))?.kind).toBe('retracted');
    await store.unit([
      archive.correct('room', message, 'bob', 'back'),
      ...archive.retract('room', edit, undefined, 'moderated'),
    ]);
    expect(await bodies()).toEqual(['gone', 'moderated', third, 'gone', ofReply, reaction]);
  }),

  'finds a message by the id that it was sent with, and several by their own': on(async (store) => {
    const { archive } = store;
    const sent = (place: string, xmpp: string) => ({ ...row(place, 1, archive.nextId()), xmpp });
    const [first, again, other] = [sent('room', 'm1'), sent('room', 'm1'), sent('other', 'm1')];
    await store.unit(archive.append([first, again, other]));
    expect(await archive.sent('room', 'm1')).toEqual(again);
    expect(await archive.sent('room', 'm2')).toBeUndefined();
    expect(await archive.all('room', [again.id, other.id, first.id, 7])).toEqual([first, again]);
    expect(await archive.all('room', [])).toEqual([]);
  }),

  'finds by the ids that they were sent with the last 10,000 of a place': on(async (store) => {
    const { archive } = store;
    const add = (place: string, count: number) =>
      store.unit(archive.append(Array.from({ length: count }, () => row(place, 1, archive.nextId()))));
    const sent = { ...row('room', 1, archive.nextId()), xmpp: 'm1' };
    await store.unit(archive.append([sent]));
    for (let thousand = 0; thousand < 10; thousand++) await add('room', thousand === 0 ? 999 : 1000);
    await add('other', 1000);
    expect(await archive.sent('room', 'm1')).toEqual(sent);
    await add('room', 1);
    expect(await archive.sent('room', 'm1')).toBeUndefined();
  }),

  'lets an account see a single row': on(async (store) => {
    const [first = 0, second = 0, third = 0] = await archived(store, 'room', 3);
    const { visibility } = store;
    await store.unit([
      visibility.open(romeo, 'room', third),
      visibility.cover(romeo, 'room', first),
      visibility.cover(romeo, 'room', first),
      visibility.cover(romeo, 'room', third),
      visibility.cover(juliet, 'room', first),
      visibility.cover(juliet, 'room', first, third),
      visibility.cover(juliet, 'room', first, second),
    ]);
    expect(await visibility.intervals(juliet, 'room')).toEqual([{ from: first, to: third }]);
    expect(await visibility.intervals(romeo, 'room')).toEqual([
      { from: first, to: first },
      { from: third, to: null },
    ]);
    expect((await store.archive.page({ place: 'room', account: romeo, max: 9 })).rows.map(({ id }) => id)).toEqual([
      first,
      third,
    ]);
    expect(second).toBeGreaterThan(first);
  }),

  'shows an account what it was there to see': on(async (store) => {
    const ids = await archived(store, 'room', 20);
    const id = (n: number) => ids[n] ?? -1;
    const enter = (n: number) => store.visibility.open(romeo, 'room', id(n));
    await store.unit([enter(2), enter(3), store.visibility.close(romeo, 'room', id(4)), enter(10)]);
    expect(await store.visibility.intervals(romeo, 'room')).toEqual([
      { from: id(2), to: id(4) },
      { from: id(10), to: null },
    ]);
    const seen = async (account: string, how: object = {}) => {
      const { rows, count, index } = await store.archive.page({ place: 'room', account, max: 5, ...how });
      return [rows.map(({ at }) => at), count, index];
    };
    expect(await seen(romeo)).toEqual([[2, 3, 4, 10, 11], 13, 0]);
    expect(await seen(romeo, { newest: true, before: id(11) })).toEqual([[2, 3, 4, 10], 13, 0]);
    expect(await seen('nobody')).toEqual([[], 0, 0]);
    expect(await store.visibility.places(romeo)).toEqual(['room']);
    expect(await store.chunks(store.archive.purgeUnseen('room', 3), 3)).toBe(7);
    await store.unit([store.visibility.remove(romeo)]);
    expect(await store.chunks(store.archive.purgeUnseen('room', 3), 3)).toBe(13);
  }),

  'closes what is still open, everywhere, and nothing else': on(async (store) => {
    const romeo = accountKey('romeo@a.example' as BareJid, 't.example');
    const juliet = accountKey('juliet@a.example' as BareJid, 't.example');
    await store.unit([
      store.visibility.open(romeo, 'room', 2),
      store.visibility.close(romeo, 'room', 4),
      store.visibility.open(romeo, 'room', 6),
      store.visibility.open(juliet, 'other', 7),
    ]);
    await store.unit([store.visibility.closeAll(9)]);
    expect(await store.visibility.intervals(romeo, 'room')).toEqual([
      { from: 2, to: 4 },
      { from: 6, to: 9 },
    ]);
    expect(await store.visibility.intervals(juliet, 'other')).toEqual([{ from: 7, to: 9 }]);
  }),

  'takes a thousand rows in one unit, and prunes in chunks': on(async (store) => {
    await archived(store, 'room', 1000);
    expect((await store.archive.page({ place: 'room', max: 1 })).count).toBe(1000);
    expect(await store.chunks(store.archive.prune(995, 100), 1)).toBe(995);
    expect(await store.chunks(store.archive.purge('room', 2), 2)).toBe(5);
  }),

  'links one foreign message with several stanzas, both ways': on(async (store) => {
    const link = { event: 'e1' as EventId, place: 'room', at: 5, author: 'bob' };
    await store.unit([
      ...store.links.add({ ...link, side: 'foreign', ids: ['$f' as ForeignId] }),
      ...store.links.add({ ...link, side: 'xmpp', ids: ['x1' as XmppId, 'x2' as XmppId] }),
    ]);
    await store.unit(store.links.add({ ...link, side: 'xmpp', ids: ['x3' as XmppId], first: 2 }));
    const linked = { event: 'e1', author: 'bob', xmpp: ['x1', 'x2', 'x3'], foreign: ['$f'] };
    expect(await store.links.byXmpp('room', 'x2' as XmppId)).toEqual(linked);
    expect(await store.links.byForeign('room', '$f' as ForeignId)).toEqual(linked);
    expect(await store.links.byXmpp('other', 'x2' as XmppId)).toBeUndefined();
    // Another client has chosen the same id: each author means their own.
    const twin = {
      ...link,
      event: 'e2' as EventId,
      at: 6,
      author: 'eve',
      side: 'xmpp',
      ids: ['x2' as XmppId],
    } as const;
    await store.unit(store.links.add(twin));
    expect((await store.links.byXmpp('room', 'x2' as XmppId))?.event).toBe('e2');
    expect((await store.links.byXmpp('room', 'x2' as XmppId, 'bob'))?.event).toBe('e1');
    expect(await store.chunks(store.links.prune(6, 3), 3)).toBe(4);
    expect((await store.links.byXmpp('room', 'x2' as XmppId))?.event).toBe('e2');
  }),

  'keeps people: accounts, settings, contacts, occupancy, aliases': on(async (store) => {
    const account = {
      key: romeo,
      user: 'romeo@a.example' as BareJid,
      transport: 'net',
      registered: false,
      created: 1,
      seen: 1,
    };
    await store.unit([store.accounts.put(account), store.accounts.register(romeo, true)]);
    await store.unit([store.accounts.put({ ...account, seen: 9 })]);
    const kept = { ...account, registered: true, seen: 9 };
    expect(await store.accounts.get(romeo)).toEqual(kept);
    expect([await store.accounts.ofUser(account.user), await store.accounts.list(5)]).toEqual([[kept], [kept]]);
    await store.unit([store.dormant.put({ account: romeo, since: 5, left: false })]);
    expect(await store.dormant.unseen(100)).toEqual([]);
    await store.unit([store.dormant.put({ account: romeo, since: 7, left: true })]);
    expect(await store.dormant.all()).toEqual([{ account: romeo, since: 7, left: true }]);
    await store.unit([store.dormant.remove(romeo)]);
    expect([await store.dormant.unseen(9), await store.dormant.unseen(10)]).toEqual([[], [romeo]]);
    const contact = {
      account: romeo,
      id: 'bob',
      name: null,
      from: true,
      to: false,
      pendingIn: false,
      pendingOut: true,
      owed: ['unsubscribe', 'subscribed'] as const,
    };
    await store.unit([store.contacts.put({ ...contact, to: true }), store.contacts.put(contact)]);
    expect([await store.contacts.get(romeo, 'bob'), await store.contacts.of(romeo)]).toEqual([contact, [contact]]);
    const client = { place: 'room', account: romeo, full: 'romeo@a.example/x', nick: 'R', joined: 3, address: '#r' };
    await store.unit([
      store.occupancy.enter(client),
      store.occupancy.enter({ ...client, nick: 'Ro', joined: 4, address: null }),
    ]);
    expect(await store.occupancy.in('room')).toEqual([{ ...client, nick: 'Ro', address: null }]);
    await store.unit([store.occupancy.leaveAll(client.full)]);
    expect([...(await store.occupancy.all()), ...(await store.occupancy.of(romeo))]).toEqual([]);
    await store.unit([store.aliases.put('net', 'h1', 'long'), store.aliases.put('net', 'h1', 'long')]);
    await expect(store.unit([store.aliases.put('net', 'h1', 'another')])).rejects.toThrow(GuardFailed);
    expect(await store.aliases.address('net', 'h1')).toBe('long');
    expect(await store.aliases.all()).toEqual([{ transport: 'net', alias: 'h1', address: 'long' }]);
  }),

  'keeps what is owed until it has one outcome, and is then without its text': on(async (store) => {
    const one = owed(store, 'a', { key: 'k' });
    await store.unit([store.journal.add(one, 1)]);
    await expect(store.unit([store.journal.add(owed(store, 'a', { key: 'k' }), 1)])).rejects.toThrow(GuardFailed);
    const change = { id: one.id, changed: 7, note: 'tried' };
    const try1 = { ...change, state: 'flight', attempts: 1, doubted: true, told: false, notBefore: 3 } as const;
    await expect(store.unit([store.journal.step({ ...try1, epoch: 2 })])).rejects.toThrow(GuardFailed);
    await store.unit([store.journal.step({ ...try1, epoch: 1 })]);
    const kept = { ...one, state: 'flight', attempts: 1, doubted: true, told: false, notBefore: 3, outcome: null };
    expect(await store.journal.byEvent(one.event)).toEqual(kept);
    const ending = { id: one.id, changed: 8, note: 'delivered', outcome: 'delivered' } as const;
    await expect(store.unit([store.journal.end({ ...ending, epoch: 2 })])).rejects.toThrow(GuardFailed);
    await store.unit([store.journal.end({ ...ending, epoch: 1 })]);
    await expect(store.unit([store.journal.end({ ...ending, epoch: 1 })])).rejects.toThrow(GuardFailed);
    expect(await store.journal.byEvent(one.event)).toEqual({ ...kept, state: 'done', outcome: 'delivered', body: '' });
    expect(await store.journal.trace(one.event)).toBe('5 accepted\n7 tried\n8 delivered\n');
    // The key stays for as long as a repeat may come.
    await expect(store.unit([store.journal.add(owed(store, 'a', { key: 'k' }), 1)])).rejects.toThrow(GuardFailed);
    expect(await store.chunks(store.journal.prune(8, 1), 1)).toBe(0);
    expect(await store.chunks(store.journal.prune(9, 1), 1)).toBe(1);
    await store.unit([store.journal.add(owed(store, 'a', { key: 'k' }), 1)]);
  }),

  'gives what is owed to its newest owner, lane by lane': on(async (store) => {
    const [epoch, next] = [await owner(store), await owner(store)];
    expect(next).toBe(epoch + 1);
    const rows = ['b', 'a', 'b', 'b', 'c'].map((lane) => owed(store, lane));
    await store.unit(rows.map((row) => store.journal.add(row, epoch)));
    expect([await store.journal.lanes('', 2), await store.journal.lanes('b', 2)]).toEqual([['a', 'b'], ['c']]);
    const claimed = async (after: number) => {
      const [result] = await store.unit([store.journal.claim({ lane: 'b', after, max: 2, epoch: next })]);
      return store.journal.rowsOf(result?.rows ?? []).map(({ id }) => id);
    };
    const [first, , second, third] = rows.map(({ id }) => id);
    expect([await claimed(0), await claimed(second ?? 0)]).toEqual([[first, second], [third]]);
    const ending = { id: first ?? 0, changed: 1, note: 'done', outcome: 'bounced' } as const;
    await expect(store.unit([store.journal.end({ ...ending, epoch })])).rejects.toThrow(GuardFailed);
    await store.unit([store.journal.end({ ...ending, epoch: next })]);
    expect(await claimed(0)).toEqual([second, third]);
    expect((await store.unit([store.queue.forget({ account: romeo, since: 9 }, 10)]))[0]?.changed).toBe(5);
    expect([await store.journal.lanes('', 9), await store.journal.states()]).toEqual([[], {}]);
  }),

  'lets an operator look at rows and take them over, and forgets those of an account but for its errors': on(
    async (store) => {
      const rows = ['a', 'a', 'b'].map((lane) => owed(store, lane));
      const error = { ...owed(store, 'in a'), event: 'in error j-1' as EventId };
      const [first = error, second = error, third = error] = rows;
      await store.unit([...rows, error].map((row) => store.journal.add(row, 1)));
      const ids = async (after: number) => (await store.queue.page(after, 3)).map(({ id }) => id);
      expect([await ids(0), await ids(third.id)]).toEqual([rows.map(({ id }) => id), [error.id]]);
      expect(await store.queue.get(first.id)).toMatchObject({ event: first.event, trace: '5 accepted\n' });
      const end = { id: first.id, epoch: 7, changed: 9, note: 'given up' } as const;
      await store.unit([store.queue.own(first.id, 7), store.journal.end({ ...end, outcome: 'parked' })]);
      await expect(store.unit([store.queue.own(first.id, 8)])).rejects.toThrow(GuardFailed);
      await expect(store.unit([store.queue.seen(second.id)])).rejects.toThrow(GuardFailed);
      await store.unit([store.queue.seen(first.id), store.queue.hurry(second.id)]);
      expect(await ids(0)).toEqual([second.id, third.id, error.id]);
      expect((await store.unit([store.queue.forget({ account: romeo, since: 4 }, 9)]))[0]?.changed).toBe(0);
      expect(await store.chunks(store.queue.forget({ account: romeo, since: 5 }, 2), 2)).toBe(3);
      expect([await ids(0), await store.queue.answers({ account: romeo, since: 5 })]).toEqual([[error.id], true]);
    },
  ),

  'knows whether the last run was cut off, and finds nothing wrong with itself': on(async (store) => {
    const left = [await store.running.left()];
    for (const note of [store.running.begin(), store.running.begin(), store.running.end()]) {
      await store.unit([note]);
      left.push(await store.running.left());
    }
    expect(left).toEqual([false, true, true, false]);
    expect([await store.check(false), await store.check(true)]).toEqual([[], []]);
  }),

  'knows the last message of an account, in its pieces': on(async (store) => {
    const rows = [
      { ...owed(store, 'out contact paris'), event: 'j-a.0' as EventId },
      { ...owed(store, 'out contact juliet'), event: 'j-b.0' as EventId },
      { ...owed(store, 'out contact juliet'), event: 'j-b.1' as EventId },
      { ...owed(store, 'in contact juliet'), event: 'j-c.0' as EventId },
      { ...owed(store, 'out contact juliet'), event: 'j-d.0' as EventId, account: 'tybalt@b.example net' },
    ];
    await store.unit(rows.map((row) => store.journal.add(row, 1)));
    const juliet = { lane: 'out contact juliet', at: 5, state: 'ready', outcome: null };
    const pieces = ['j-b.0', 'j-b.1'].map((event) => ({ event, ...juliet }));
    expect(await store.sent.last(romeo)).toEqual(pieces);
    expect(await store.sent.last(romeo, 'out contact juliet')).toEqual(pieces);
    expect(await store.sent.last(romeo, 'out contact paris')).toMatchObject([{ event: 'j-a.0' }]);
    expect(await store.sent.last(romeo, 'out contact rosaline')).toEqual([]);
  }),

  'waits for word of what a network has taken, and not for ever': on(async (store) => {
    const row = owed(store, 'a');
    await store.unit([store.journal.add(row, 1)]);
    const taken = { id: row.id, state: 'taken', attempts: 1, doubted: false, told: false, notBefore: 0 } as const;
    await store.unit([store.journal.step({ ...taken, epoch: 1, changed: 9, note: 'taken' })]);
    expect(await store.journal.lanes('', 9)).toEqual([]);
    const [result] = await store.unit([store.journal.claimTaken(row.event, 2)]);
    expect(store.journal.rowsOf(result?.rows ?? [])).toEqual([await store.journal.byEvent(row.event)]);
    expect((await store.unit([store.journal.presume(9, 20, 10)]))[0]?.changed).toBe(0);
    expect((await store.unit([store.journal.presume(10, 20, 10)]))[0]?.changed).toBe(1);
    expect(await store.journal.byEvent(row.event)).toMatchObject({ state: 'done', outcome: 'delivered', body: '' });
    await store.unit([store.journal.noteTime(77)]);
    expect(await store.journal.time()).toBe(77);
  }),
  'calls delivered what may not come back any more, towards XMPP alone': on(async (store) => {
    const rows = [
      { ...owed(store, 'in contact juliet'), event: 'in 1' as EventId },
      { ...owed(store, 'in contact juliet'), event: 'in 2' as EventId },
      { ...owed(store, 'out contact juliet'), event: 'j-a.0' as EventId },
    ];
    await store.unit(rows.map((row) => store.journal.add(row, 1)));
    const taken = {
      state: 'taken',
      attempts: 1,
      doubted: false,
      told: false,
      epoch: 1,
      changed: 9,
      note: 'taken',
    } as const;
    await store.unit(rows.map(({ id }, index) => store.journal.step({ ...taken, id, notBefore: 100 + index })));
    const arrived = async (time: number) => (await store.unit([store.journal.arrived(time, 20, 10)]))[0]?.changed;
    expect([await arrived(99), await arrived(100), await arrived(100)]).toEqual([0, 1, 0]);
    expect(await store.journal.byEvent('in 1' as EventId)).toMatchObject({ outcome: 'delivered', body: '' });
    expect(await arrived(200)).toBe(1);
    expect(await store.journal.byEvent('j-a.0' as EventId)).toMatchObject({ state: 'taken' });
  }),
  'owes again what may have come back unheard, as if it was never tried': on(async (store) => {
    const lanes = ['in contact juliet', 'in contact juliet', 'in contact nurse', 'out contact juliet'];
    const rows = lanes.map((lane, index) => ({
      ...owed(store, lane),
      event: `in ${index}` as EventId,
      account: 'a b',
    }));
    await store.unit(rows.map((row) => store.journal.add(row, 1)));
    const taken = {
      state: 'taken',
      attempts: 3,
      doubted: false,
      told: false,
      epoch: 1,
      changed: 9,
      note: 'taken',
    } as const;
    await store.unit(rows.map(({ id }, index) => store.journal.step({ ...taken, id, notBefore: 100 + index })));
    const [, second, third] = rows;
    expect(await store.journal.unproven(100, 0, 1)).toEqual([{ id: second?.id, event: 'in 1', account: 'a b' }]);
    expect(await store.journal.unproven(100, second?.id ?? 0, 9)).toEqual([
      { id: third?.id, event: 'in 2', account: 'a b' },
    ]);
    await store.unit([store.journal.reopen(101, 20)]);
    expect(await store.journal.byEvent('in 2' as EventId)).toMatchObject({ state: 'ready', attempts: 0, notBefore: 0 });
    expect(await store.journal.trace('in 2' as EventId)).toContain('20 it is sent again');
    const left = await Promise.all(['in 0', 'in 1', 'in 3'].map((event) => store.journal.byEvent(event as EventId)));
    expect(left.map((row) => row?.state)).toEqual(['taken', 'taken', 'taken']);
  }),
  'keeps files within the room that there is, and remembers no more of what is gone than that it was': on(
    async (store) => {
      const room = { quota: 10, total: 15 };
      const put = (id: string, account: string, size: number) =>
        store.unit([store.media.add({ id, account, name: `${id}.png`, type: 'image/png', size, expires: size }, room)]);
      await put('a', 'romeo', 6);
      await expect(put('b', 'romeo', 5)).rejects.toThrow(GuardFailed);
      await put('b', 'romeo', 4);
      await expect(put('c', 'juliet', 6)).rejects.toThrow(GuardFailed);
      await put('c', '', 5);
      await expect(put('d', '', 1)).rejects.toThrow(GuardFailed);
      expect(await store.media.expired(5, 10)).toEqual(['b', 'c']);
      expect(await store.media.expired(5, 1)).toEqual(['b']);
      await store.unit([store.media.gone('b'), store.media.expireAll('romeo', 3)]);
      expect(await store.media.expired(3, 10)).toEqual(['a']);
      expect(await store.media.get('b')).toEqual({ id: 'b', account: '', name: '', type: '', size: 0, expires: 4 });
      await put('d', 'romeo', 4);
      const forget = async () => (await store.unit([store.media.forget(4, 10)]))[0]?.changed;
      expect([await forget(), await forget()]).toEqual([1, 0]);
      expect(await store.media.get('b')).toBeUndefined();
      await store.unit([store.media.remove('c')]);
      expect(await store.media.get('c')).toBeUndefined();
    },
  ),

  'keeps what a restart brings back: rosters and sessions': on(async (store) => {
    const who = { id: 'bob', nick: 'Bob', affiliation: 'none', role: 'participant' } as const;
    await store.unit([
      store.rosters.put('room', who),
      store.rosters.put('room', { ...who, id: 'eve' }),
      store.rosters.put('room', { ...who, role: 'moderator' }),
      store.rosters.put('other', who),
      store.rosters.remove('room', 'eve'),
    ]);
    expect(await store.rosters.in('room')).toEqual([{ ...who, role: 'moderator' }]);
    const topic = { text: 'new', by: null };
    await store.unit([store.rosters.topic('room', { text: 'old', by: 'bob' }), store.rosters.topic('room', topic)]);
    expect([await store.rosters.topicOf('room'), await store.rosters.topicOf('other')]).toEqual([topic, undefined]);
    await store.unit(store.rosters.removeAll('room'));
    expect(await store.rosters.topicOf('room')).toBeUndefined();
    expect([await store.rosters.in('room'), await store.rosters.in('other')]).toEqual([[], [who]]);
    const session = { account: romeo, realm: 'net', nick: 'R' };
    await store.unit([store.sessions.put(session), store.sessions.put({ ...session, nick: null })]);
    expect(await store.sessions.all()).toEqual([{ ...session, nick: null }]);
    await store.unit([store.sessions.put({ ...session, realm: 'b' }), store.sessions.remove(romeo, 'net')]);
    expect(await store.sessions.all()).toEqual([{ ...session, realm: 'b' }]);
    await store.unit([store.sessions.removeAll(romeo)]);
    expect(await store.sessions.all()).toEqual([]);
  }),

  'purges what one account alone could see, and nothing of others': on(async (store) => {
    const juliet = accountKey('juliet@a.example' as BareJid, 'net');
    const shared = await archived(store, 'shared net verona', 9);
    const own = await archived(store, `room ${romeo} cell`, 3);
    await archived(store, `room ${juliet} cell`, 3);
    const id = (n: number) => shared[n] ?? -1;
    const link = { place: 'shared net verona', at: 1, side: 'foreign', ids: ['$1' as ForeignId] } as const;
    await store.unit([
      store.visibility.open(romeo, 'shared net verona', id(2)),
      store.visibility.close(romeo, 'shared net verona', id(6)),
      store.visibility.open(juliet, 'shared net verona', id(5)),
      store.visibility.open(romeo, `room ${romeo} cell`, own[0] ?? -1),
      ...store.links.add({ ...link, event: 'e1' as EventId, author: 'xmpp:romeo@a.example' }),
      ...store.links.add({ ...link, event: 'e2' as EventId, author: 'xmpp:juliet@a.example' }),
      ...store.links.add({ ...link, event: 'e3' as EventId, author: 'bob', place: `contact ${romeo} bob` }),
      ...store.links.add({ ...link, event: 'e4' as EventId, author: 'xmpp:romeo@a.example', at: 99 }),
    ]);
    const purge = { account: romeo, since: 50 };
    await store.unit(store.purges.begin(purge));
    expect(await store.visibility.places(romeo)).toEqual([]);
    expect(await store.purges.all()).toEqual([purge]);
    const places = await store.purges.places(romeo);
    expect(places).toEqual([`room ${romeo} cell`, 'shared net verona']);
    for (const place of places) {
      await store.chunks(store.purges.unseen(romeo, place, 2), 2);
      await store.unit([store.purges.cleared(romeo, place)]);
    }
    for (const chunk of store.purges.chunks(purge, 2)) await store.chunks(chunk, 2);
    await store.unit([store.purges.end(romeo)]);
    // Two lines were said before Romeo came: whose they are is not for his purge to say.
    const { rows } = await store.archive.page({ place: 'shared net verona', max: 20 });
    expect(rows.map(({ at }) => at)).toEqual([0, 1, 5, 6, 7, 8]);
    expect((await store.archive.page({ place: `room ${romeo} cell`, max: 9 })).count).toBe(0);
    expect((await store.archive.page({ place: `room ${juliet} cell`, max: 9 })).count).toBe(3);
    const left = await Promise.all(['e1', 'e2', 'e3', 'e4'].map((one) => store.links.byEvent(one as EventId)));
    expect(left.map(({ foreign }) => foreign.length)).toEqual([0, 1, 0, 1]);
    expect([...(await store.purges.all()), ...(await store.purges.places(romeo))]).toEqual([]);
  }),

  'keeps what bridges remember until it expires': on(async (store) => {
    const at = (key: string) => ({ transport: 'net', account: '', key });
    const value = new Uint8Array([1]);
    await store.unit([
      store.bridgeState.put(at('a/1'), value, { expires: 0 }),
      store.bridgeState.put(at('a/2'), value, { expires: 1 }),
      store.bridgeState.put(at('a/\u{1f600}'), value),
      store.bridgeState.put(at('b'), value),
    ]);
    expect(await store.bridgeState.get(at('a/1'))).toBeUndefined();
    expect((await store.bridgeState.list(at('a/'))).map(({ key }) => key)).toEqual(['a/2', 'a/\u{1f600}']);
    expect((await store.unit([store.bridgeState.prune(5)]))[0]?.changed).toBe(1);
    await store.scrub();
  }),

  'replaces what an account logs in with only as it was found': on(async (store) => {
    const romeo = accountKey('romeo@a.example' as BareJid, 'net');
    const key = openKey({ text: '1'.repeat(64) });
    const place = { account: romeo, realm: '', name: 'token' };
    const { put, find, removeFound } = store.credentials;
    const account = { key: romeo, user: 'romeo@a.example' as BareJid, transport: 'net', registered: true };
    await store.unit([store.accounts.put({ ...account, created: 0, seen: 0 }), put(key, place, new Sealed('old'))]);
    const found = (await find(key, romeo, '')).get('token');
    if (!found) throw new Error('what was kept is found');
    const replace = (next: string) => store.unit([removeFound(place, found), put(key, place, new Sealed(next))]);
    const ends = await Promise.allSettled([replace('one'), replace('two')]);
    expect(ends.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
    expect((await find(key, romeo, '')).get('token')?.secret.open()).toBe('one');
  }),

  'gives what bridges claim to the first, and changes only what was found': on(async (store) => {
    const at = (key: string) => ({ transport: 'net', account: '', key });
    const [one, two] = [new Uint8Array([1, 0, 255]), new Uint8Array([2])];
    const { claim, find, swap, removeFound } = store.bridgeState;
    const ends = await Promise.allSettled(Array.from({ length: 9 }, () => store.unit([claim(at('a'), one)])));
    expect(ends.filter(({ status }) => status === 'fulfilled').length).toBe(1);
    // What has expired is nobody's.
    await store.unit([claim(at('b'), one, { expires: 0 })]);
    await store.unit([claim(at('b'), two)]);
    const found = await find(at('a'));
    if (!found) throw new Error('what was claimed is there');
    expect(found.value).toEqual(one);
    const changes = [swap(at('a'), found, two), removeFound(at('a'), found), swap(at('c'), found, two)];
    for (const change of changes.slice(1)) {
      await store.unit([swap(at('a'), found, two), change]).catch((error) => expect(error).toBeInstanceOf(GuardFailed));
      expect(await store.bridgeState.get(at('a'))).toEqual(one);
    }
    await store.unit(changes.slice(0, 1));
    expect(await store.bridgeState.get(at('a'))).toEqual(two);
    await expect(store.unit([removeFound(at('a'), found)])).rejects.toBeInstanceOf(GuardFailed);
    await store.unit([removeFound(at('a'), { value: two, stored: two })]);
    expect(await find(at('a'))).toBeUndefined();
  }),
};

/** The suite of a kind of store: every case on a new ground. */
export function storeContract(name: string, open: () => Promise<Ground>): void {
  describe(`${name} as a store`, () => {
    it.each(Object.entries(storeCases))('%s', async (_, run) => {
      await using place = await open();
      await run(place);
    });
  });
}

function on(run: (store: Store) => Promise<void>): (at: Ground) => Promise<void> {
  return async (at) => {
    await using store = await at.open();
    await run(store);
  };
}

const romeo = accountKey('romeo@a.example' as BareJid, 'net');
const juliet = accountKey('juliet@a.example' as BareJid, 'net');

/** Counts up one of the budgets of the day 1: a change that shows how often it was done. */
const count = (name: string): Statement => ({
  sql: 'insert into budgets (name, day, spent) values (?, 1, 1) on conflict (name, day) do update set spent = budgets.spent + 1',
  params: [name],
});

const counted = (store: Store, names: Iterable<string>): Promise<number[]> =>
  Promise.all([...names].map((name) => store.budgets.spent({ name, day: 1 })));

const owed = (store: Store, lane: string, { key = null }: { key?: string | null } = {}): NewRow => {
  const id = store.journal.nextId();
  const event = `j${id}` as EventId;
  const rest = { account: romeo, body: '{"a":1}', origin: '{}', state: 'ready', attempts: 0, charges: null } as const;
  return { id, event, lane, key, ...rest, notBefore: 0, expires: 10, at: 5 };
};

const owner = async (store: Store): Promise<number> =>
  Number((await store.unit([store.journal.takeOver()]))[0]?.rows[0]?.next);

/** Breaks a primary key. */
const twice: Statement = { sql: "insert into aliases values (?, 'a', 'a'), (?, 'a', 'a')", params: ['hush', 'hush'] };

const row = (place: string, at: number, id: number): Archived => ({
  id,
  place,
  at,
  fromId: 'bob',
  fromName: at % 2 ? 'Bob' : null,
  kind: 'message',
  body: `{"n":${at}}`,
  event: `e${id}` as EventId,
  xmpp: null,
  foreign: `$${id}`,
  about: null,
});

async function archived(store: Store, place: string, many: number): Promise<number[]> {
  const rows = Array.from({ length: many }, (_, at) => row(place, at, store.archive.nextId()));
  await store.unit(store.archive.append(rows));
  return rows.map(({ id }) => id);
}

/** Kills a process that writes, after that many acknowledgements, and returns all that it has acknowledged. */
async function killedUnderLoad([program = '', ...args]: readonly string[], many: number): Promise<string[]> {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const gone = once(child, 'close');
  const acknowledged: string[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    acknowledged.push(line);
    if (acknowledged.length === many) child.kill('SIGKILL');
  }
  await gone;
  expect(acknowledged.length).toBeGreaterThanOrEqual(many);
  return acknowledged.map((line) => line.trim());
}

/** A server takes a moment to notice that a client was killed, and to give its lock away. */
async function reopened(at: Ground): Promise<Store> {
  return untilTrue(() => at.open().catch(() => undefined));
}
