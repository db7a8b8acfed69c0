import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import type { OpenCore } from '#src/core/core.ts';
import type { QueueEntry } from '#src/core/index.ts';
import { openQueue } from '#src/core/journal/operator/queue.ts';
import { brief } from '#src/core/journal/operator/queue-entry.ts';
import { newRow } from '#src/core/journal/rows.ts';
import { openLog } from '#src/lib/log.ts';
import type { Event } from '#src/model/event.ts';
import { Failure } from '#src/model/failure.ts';
import type { EventId, ForeignId } from '#src/model/ids.ts';
import { openIntegrity, openStore, type Store } from '#src/store/index.ts';
import { handClock } from '../../hand-clock.ts';
import { eventually } from '../../patience.ts';
import { tempFolder } from '../../store/folder.ts';
import {
  account,
  DELIVERED,
  DOMAIN,
  mercutio,
  type Options,
  passing,
  play,
  romeo,
  say,
  TAKEN,
} from './journal-world.ts';

const MINUTE = 60_000;
/** Fails for a while, so that rows wait in their lane. */
const busy: Options = {
  deliver: () => {
    throw new Failure('too-fast', { retryAfter: MINUTE });
  },
};
const log = openLog('silent');
const listed = (core: OpenCore): Promise<readonly QueueEntry[]> => core.queue.list({ max: 1000 });
/** Waits until the first row waits for its next try, after so many. */
const tried = (core: OpenCore, attempts: number) =>
  eventually(async () => expect((await listed(core))[0]).toMatchObject({ state: 'ready', attempts }));
const waiting = (core: OpenCore, count: number) =>
  eventually(async () => expect(await listed(core)).toHaveLength(count));

/** The queue as commands have it where no gateway runs. */
async function stopped<T>(file: string, work: (queue: ReturnType<typeof openQueue>, store: Store) => Promise<T>) {
  const clock = handClock();
  await using store = await openStore({ url: `sqlite:${file}`, log, clock });
  const owner = async () => Number((await store.unit([store.journal.takeOver()]))[0]?.rows[0]?.next);
  return await work(openQueue({ store, clock, expiry: MINUTE, owner, release: () => [] }), store);
}

describe('the queue', () => {
  it('lists what is owed without texts and whole addresses, and shows what was done for a row', async () => {
    using dir = tempFolder();
    await play(dir.file('s.db'), busy, async ({ core, sends }) => {
      say(core, 'm1', 'a secret of two');
      await sends(1);
      await tried(core, 1);
      const [entry] = await listed(core);
      expect(entry).toMatchObject({ direction: 'out', transport: DOMAIN, place: 'contact', state: 'ready' });
      expect(entry?.nextTry).toBeGreaterThan(0);
      expect(JSON.stringify(entry)).not.toMatch(/secret|mercutio|romeo@/);
      const id = entry?.id ?? 0;
      const { trace, body } = await core.queue.show(id, {});
      expect(trace.map(({ note }) => note)).toEqual(['accepted, sent', 'failed: too-fast']);
      expect(body).toBeUndefined();
      const whole = await core.queue.show(id, { body: true, full: true });
      expect(whole).toMatchObject({ entry: { address: 'mercutio', user: romeo } });
      expect(whole.body).toContain('a secret of two');
      expect(await core.queue.list({ max: 9, transport: 'other.example' })).toEqual([]);
      await expect(core.queue.show(id + 1000, {})).rejects.toThrow(/There is no row/);
      await core.stop();
    });
  });

  it('lets no wait be shorter than the table says, whatever the jitter makes of it', async () => {
    using dir = tempFolder();
    const failing: Options = {
      random: () => 0,
      deliver: () => {
        throw new Failure('remote-server-timeout');
      },
    };
    await play(dir.file('s.db'), failing, async ({ core, clock, sends }) => {
      say(core, 'm1');
      await sends(1);
      await tried(core, 1);
      expect((await listed(core))[0]?.nextTry).toBe(1000);
      clock.advance(1000);
      await sends(2);
      await core.stop();
    });
  });

  it('tries a row at once that waits for its time', async () => {
    using dir = tempFolder();
    await play(dir.file('s.db'), busy, async ({ core, sends }) => {
      say(core, 'm1');
      await sends(1);
      await tried(core, 1);
      await core.queue.retry((await listed(core))[0]?.id ?? 0);
      await sends(2);
      await core.stop();
    });
  });

  it('drops a row that is in hand, and others that are far behind it, and tells their senders', async () => {
    using dir = tempFolder();
    await play(dir.file('s.db'), busy, async ({ core, sends, tells }) => {
      for (let n = 0; n < 80; n++) say(core, `m${n}`);
      await sends(1);
      await waiting(core, 80);
      const ids = (await listed(core)).map(({ id }) => id);
      await core.queue.drop(ids[0] ?? 0);
      await tells('error m0 not-allowed');
      await core.queue.drop(ids[79] ?? 0);
      await tells('error m0 not-allowed', 'error m79 not-allowed');
      await waiting(core, 78);
      await expect(core.queue.drop(ids[79] ?? 0)).rejects.toThrow(/has ended/);
      await core.stop();
    });
  });

  it('answers a drop once it is durable, and tells the log who did what to which row, and no more', async () => {
    using dir = tempFolder();
    const [lines, reports]: [string[], string[]] = [[], []];
    const heard: Options = {
      ...busy,
      log: pino({ level: 'info', base: null }, { write: (line) => void lines.push(line) }),
      report: (what, transport) => reports.push(`${what} ${transport}`),
    };
    await play(dir.file('s.db'), heard, async ({ core, store, sends }) => {
      say(core, 'm1', 'a secret of two');
      const { id: event } = await sends(1);
      await tried(core, 1);
      const row = (await listed(core))[0]?.id ?? 0;
      await core.queue.retry(row);
      await sends(2);
      await tried(core, 2);
      await core.queue.drop(row);
      expect(await store.journal.byEvent(event)).toMatchObject({ state: 'done', outcome: 'bounced', body: '' });
      await expect(core.queue.drop(row)).rejects.toThrow(/has ended/);
      const by = 'the operator, at the control socket';
      const about = { level: 30, by, row, kind: 'message', transport: DOMAIN, direction: 'out', state: 'ready' };
      expect(lines.map((line) => JSON.parse(line))).toEqual([
        expect.objectContaining({ ...about, event: 'queue retry', time: expect.any(Number) }),
        expect.objectContaining({ ...about, event: 'queue drop' }),
      ]);
      expect(lines.join()).not.toMatch(/secret|mercutio|romeo/);
      expect(reports).toEqual([`retried ${DOMAIN}`, `dropped ${DOMAIN}`]);
      await core.stop();
    });
  });

  it('drops and hurries rows while the gateway is stopped: their senders hear at the next start', async () => {
    using dir = tempFolder();
    await play(dir.file('s.db'), busy, async ({ core, sends }) => {
      say(core, 'm1');
      say(core, 'm2');
      await sends(1);
      await waiting(core, 2);
      await core.stop();
    });
    await stopped(dir.file('s.db'), async (queue) => {
      const [first, second] = await queue.list({ max: 9 });
      await queue.drop(first?.id ?? 0);
      await queue.retry(second?.id ?? 0);
      expect(await queue.list({ max: 9 })).toMatchObject([{ direction: 'out', nextTry: 0 }, { direction: 'in' }]);
    });
    await play(dir.file('s.db'), { deliver: () => TAKEN }, async ({ core, sends, told }) => {
      expect(await sends(1)).toMatchObject({ text: 'm2' });
      await eventually(() => expect(told).toContain('error m1 not-allowed'));
      await core.stop();
    });
  });

  it('shortens addresses so that they can still be told apart', () => {
    expect(['romeo@a.example', '+15550123456', 'bob', '', '#verona%net', 'mercutio'].map(brief)).toEqual([
      'r…o@a.example',
      '+1…56',
      'b…',
      '',
      '#v…na%net'.replace('#v…na', '#…a'),
      'me…io',
    ]);
  });
});

describe('a backlog in more lanes than are in hand at a time', () => {
  const LANES = 600;
  const lane = (n: number): string => `friend${String(n).padStart(4, '0')}`;

  async function fill(file: string): Promise<void> {
    const clock = handClock();
    await using store = await openStore({ url: `sqlite:${file}`, log, clock });
    const parts = { store, clock };
    const time = { now: 0, expiry: 60 * MINUTE };
    const base = { at: clock.now(), live: true, kind: 'message', style: 'plain' } as const;
    const inward = Array.from({ length: LANES }, (_, n) => {
      const id = lane(n) as EventId;
      const place = { kind: 'contact', account, id } as const;
      const event: Event = { ...base, id, place, from: { kind: 'network', id }, text: id };
      return newRow(parts, time, {
        way: 'in',
        event: `in ${id}` as EventId,
        place,
        owed: { way: 'in', event, to: [{ jid: romeo }] },
      });
    });
    const event: Event = {
      ...base,
      id: 'j-1.0' as EventId,
      place: mercutio,
      from: { kind: 'xmpp', bare: romeo },
      text: 'out',
    };
    const outward = newRow(parts, time, { way: 'out', event: event.id, place: mercutio, owed: { way: 'out', event } });
    await store.unit([...inward, outward].map((row) => store.journal.add(row, 1)));
  }

  it('goes where it can, however many cannot, and all of it once they can', async () => {
    using dir = tempFolder();
    await fill(dir.file('s.db'));
    await play(
      dir.file('s.db'),
      { down: true, deliver: () => DELIVERED },
      async ({ core, clock, link, sends, told }) => {
        // The lanes towards XMPP come first, and none of them can go.
        expect(await sends(1)).toMatchObject({ text: 'out' });
        link.epoch = 2;
        core.online(DOMAIN);
        await passing(clock, 1000, () => told.length >= LANES);
        expect([...told].sort()).toEqual(Array.from({ length: LANES }, (_, n) => lane(n)));
        await core.stop();
      },
    );
  });
});

describe('a row that has ended the process three times', () => {
  it('is told to the admins, once, and leaves the list when it was seen to', async () => {
    using dir = tempFolder();
    const again: Options = { reconcile: async () => 'not-sent', admins: ['admin@a.example'] };
    await play(dir.file('s.db'), again, async ({ core, sends }) => {
      say(core, 'm1');
      await sends(1);
    });
    for (let kill = 0; kill < 2; kill++) await play(dir.file('s.db'), again, ({ sends }) => sends(1));
    await play(dir.file('s.db'), again, async ({ core, told }) => {
      await eventually(() => expect(told).toHaveLength(2));
      const [{ id = 0 } = {}] = await core.queue.list({ max: 9, state: 'parked' });
      expect(told).toContain('error m1 internal-server-error');
      expect(told).toContainEqual(expect.stringMatching(new RegExp(`given up .* "isthmus queue show ${id}"`)));
      await expect(core.queue.retry(id)).rejects.toThrow(/was given up/);
      await core.queue.drop(id);
      expect(await core.queue.list({ max: 9, state: 'parked' })).toEqual([]);
      await core.stop();
    });
    await play(dir.file('s.db'), again, async ({ core, told }) => {
      say(core, 'm2');
      await core.stop();
      expect(told.filter((text) => /given up/.test(text))).toEqual([]);
    });
  });
});

describe('unregistering', () => {
  const MARK = 'heliotrope';
  const marked = (file: string): string[] => {
    const dir = dirname(file);
    return readdirSync(dir).filter((name) => readFileSync(join(dir, name)).includes(MARK));
  };

  it('removes what was journaled and not delivered, both ways, from the files', async () => {
    using dir = tempFolder();
    const file = dir.file('s.db');
    await play(file, busy, async ({ core, clock, link, store, sends, told }) => {
      for (let n = 0; n < 60; n++) say(core, `m${n}`, `${MARK} ${n}`);
      await sends(1);
      await waiting(core, 60);
      link.epoch = undefined;
      const from = { kind: 'network', id: 'mercutio' } as const;
      const one = { place: mercutio, from, kind: 'message', text: `${MARK} back`, style: 'plain' } as const;
      await core.host.emit([{ ...one, ids: ['n1' as ForeignId] }]);
      expect(marked(file).length).toBeGreaterThan(0);
      await core.unregister(DOMAIN, romeo);
      await eventually(async () =>
        expect(await listed(core)).not.toContainEqual(expect.objectContaining({ direction: 'out' })),
      );
      // The errors that Romeo has yet to see hold no text, and keep the purge from its end.
      expect(await store.purges.all()).toHaveLength(1);
      link.epoch = 2;
      core.online(DOMAIN);
      await passing(clock, MINUTE, () => told.length > 0);
      await eventually(async () => {
        clock.advance(MINUTE);
        expect([await store.purges.all(), await store.journal.states()]).toEqual([[], {}]);
      });
      expect(told.join()).not.toContain(MARK);
      expect(marked(file)).toEqual([]);
      await core.stop();
    });
  });
});

describe('a store whose last run was cut off', () => {
  it('is looked over once, and not after a stop in order', async () => {
    using dir = tempFolder();
    const found: boolean[] = [];
    const run = async (end: 'stop' | 'kill') => {
      await using store = await openStore({ url: `sqlite:${dir.file('s.db')}`, log, clock: handClock() });
      const integrity = await openIntegrity({
        store,
        log,
        found: (damaged) => found.push(damaged),
        alarm: () => undefined,
      });
      await integrity.check();
      await integrity.check();
      if (end === 'stop') await integrity.stop();
    };
    await run('kill');
    expect(found).toEqual([]);
    await run('stop');
    expect(found).toEqual([false]);
    await run('stop');
    expect(found).toEqual([false]);
  });
});
