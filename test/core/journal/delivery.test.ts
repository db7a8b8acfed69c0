import { describe, expect, it } from 'vitest';
import type { OpenCore } from '#src/core/core.ts';
import type { Draft } from '#src/model/event.ts';
import { Failure } from '#src/model/failure.ts';
import type { EventId, ForeignId, XmppId } from '#src/model/ids.ts';
import type { Store } from '#src/store/index.ts';
import { untilTrue } from '../../patience.ts';
import { tempFolder } from '../../store/folder.ts';
import {
  DELIVERED,
  DOMAIN,
  MINUTE,
  mercutio,
  type Options,
  passing,
  play,
  romeo,
  say,
  TAKEN,
  WRITTEN,
} from './journal-world.ts';

const outcomeOf = async (store: Store, id: EventId) => (await store.journal.byEvent(id))?.outcome;

describe('what users send', () => {
  it('is receipted once at the strongest confirmation, and not again', async () => {
    using dir = tempFolder();
    await play(dir.file('s.db'), {}, async ({ core, store, sends, tells }) => {
      say(core, 'm1');
      const { id } = await sends(1);
      for (const outcome of [WRITTEN, TAKEN, TAKEN]) core.host.settle(id, outcome);
      await untilTrue(async () => (await store.journal.byEvent(id))?.state === 'taken');
      core.host.settle(id, DELIVERED);
      core.host.settle(id, DELIVERED);
      await tells('receipt m1');
      expect(await store.journal.byEvent(id)).toMatchObject({ state: 'done', outcome: 'delivered', body: '' });
      await core.stop();
    });
  });

  it('is told once to be delayed further on, which ends nothing, also after a restart', async () => {
    using dir = tempFolder();
    let id = '' as EventId;
    const delayed = { ids: [], state: 'delayed' } as const;
    const word = expect.stringMatching(/^\[notice\] Your message is delayed/);
    await play(dir.file('s.db'), {}, async ({ core, store, told, sends }) => {
      say(core, 'm1');
      ({ id } = await sends(1));
      await core.host.settle(id, TAKEN);
      for (let times = 0; times < 2; times++) await core.host.settle(id, delayed);
      await untilTrue(() => told.length > 0);
      expect(told).toEqual([word]);
      expect(await store.journal.byEvent(id)).toMatchObject({ state: 'taken' });
      await core.stop();
    });
    await play(dir.file('s.db'), {}, async ({ core, told, tells }) => {
      await core.host.settle(id, delayed);
      await core.host.settle(id, DELIVERED);
      await tells('receipt m1');
      await core.stop();
      expect(told.length).toBe(1);
    });
  });

  it('is refused once the gateway stops, but for repeats of what it has', async () => {
    using dir = tempFolder();
    await play(dir.file('s.db'), {}, async ({ core, told, sends, tells }) => {
      say(core, 'm1');
      await sends(1);
      const stopped = core.stop();
      say(core, 'm1');
      await tells('repeat');
      say(core, 'm2');
      await tells('repeat', 'error m2 service-unavailable');
      await stopped;
      expect(told).toHaveLength(2);
    });
  });

  it('is receipted when it was handed over, if the operator says so, and fails late even after a restart', async () => {
    using dir = tempFolder();
    let id = '' as EventId;
    await play(dir.file('s.db'), { receipts: 'handed over' }, async ({ core, sends, tells }) => {
      say(core, 'm1');
      ({ id } = await sends(1));
      core.host.settle(id, TAKEN);
      await tells('receipt m1');
      await core.stop();
    });
    await play(dir.file('s.db'), { receipts: 'handed over' }, async ({ core, store, told, tells }) => {
      core.host.settle(id, new Failure('item-not-found'));
      await tells('error m1 item-not-found');
      core.host.settle(id, DELIVERED);
      await core.stop();
      expect([told.length, await outcomeOf(store, id)]).toEqual([1, 'bounced']);
    });
  });

  it('is settled when the store has it, also by news after a restart', async () => {
    using dir = tempFolder();
    let id = '' as EventId;
    await play(dir.file('s.db'), {}, async ({ core, store, sends }) => {
      say(core, 'm1');
      ({ id } = await sends(1));
      await core.host.settle(id, TAKEN);
      expect(await store.journal.byEvent(id)).toMatchObject({ state: 'taken' });
      await core.stop();
    });
    await play(dir.file('s.db'), {}, async ({ core, store }) => {
      await core.host.settle(id, new Failure('item-not-found'));
      expect(await outcomeOf(store, id)).toBe('bounced');
      await core.stop();
    });
  });

  it('is settled in this run, too, where the store has refused what was written along with it', async () => {
    using dir = tempFolder();
    await play(dir.file('s.db'), {}, async ({ core, store, clock, sends, told }) => {
      say(core, 'm1');
      const { id } = await sends(1);
      // No store takes such an id, neither now nor later.
      const outcome = { ids: ['n\0' as ForeignId], state: 'delivered' } as const;
      await expect(core.host.settle(id, outcome)).rejects.toThrow(Failure);
      expect(await outcomeOf(store, id)).toBe(null);
      await passing(clock, 1000, () => told.length > 0);
      expect([told, await outcomeOf(store, id)]).toEqual([['receipt m1'], 'delivered']);
      await core.stop();
    });
  });

  it('is corrected or taken back while it waits, also for the next run', async () => {
    using dir = tempFolder();
    const about = (core: OpenCore, id: string, draft: object): void =>
      core.accept({ place: mercutio, from: { kind: 'xmpp', bare: romeo }, ...draft } as Draft, {
        stanza: 'message',
        from: `${romeo}/x`,
        to: 'mercutio@pigeon.example',
        type: 'chat',
        id: id as XmppId,
      });
    await play(dir.file('s.db'), {}, async ({ core, sends }) => {
      say(core, 'm1');
      await sends(1);
      say(core, 'm2');
      say(core, 'm3');
      about(core, 'c1', { kind: 'edit', target: 'm2', text: 'two' });
      about(core, 'c2', { kind: 'retract', target: 'm3' });
      await core.stop();
    });
    await play(
      dir.file('s.db'),
      { reconcile: async () => 'sent', deliver: () => TAKEN },
      async ({ core, sent, sends }) => {
        await sends(1);
        say(core, 'm4');
        await sends(2);
        expect(sent.map((event) => event.kind === 'message' && event.text)).toEqual(['two', 'm4']);
        await core.stop();
      },
    );
  });

  it('is sent once when a stanza comes twice, and keeps its order behind one that is tried again', async () => {
    using dir = tempFolder();
    let busy = 1;
    const deliver = () => {
      if (busy-- > 0) throw new Failure('too-fast', { retryAfter: 5000 });
      return TAKEN;
    };
    await play(dir.file('s.db'), { deliver }, async ({ core, clock, sent, sends, tells }) => {
      say(core, 'm1');
      say(core, 'm1');
      say(core, 'm2');
      await tells('repeat');
      await sends(1);
      await core.host.settle('nothing' as EventId, TAKEN);
      await passing(clock, 1000, () => sent.length === 3);
      expect(sent.map((event) => event.kind === 'message' && event.text)).toEqual(['m1', 'm1', 'm2']);
      await core.stop();
    });
  });

  it('is counted as tried with its acceptance if it goes at once, and at its turn if it waits', async () => {
    using dir = tempFolder();
    await play(dir.file('s.db'), {}, async ({ core, store, sends }) => {
      say(core, 'm1');
      say(core, 'm2');
      const { id: first } = await sends(1);
      const states = () => store.journal.states();
      await untilTrue(async () => (await states()).ready === 1);
      expect(await states()).toEqual({ flight: 1, ready: 1 });
      expect(await store.journal.trace(first)).toMatch(/^\d+ accepted, sent\n$/);
      core.host.settle(first, TAKEN);
      const { id: second } = await sends(2);
      expect(await store.journal.byEvent(second)).toMatchObject({ state: 'flight', attempts: 1 });
      expect(await store.journal.trace(second)).toMatch(/^\d+ accepted\n\d+ attempt 1\n$/);
      await core.stop();
    });
  });

  it('is told to be late once, expires in the time that the gateway runs, and is then an error', async () => {
    using dir = tempFolder();
    const deliver = () => {
      throw new Failure('remote-server-timeout');
    };
    await play(dir.file('s.db'), { deliver }, async ({ core, clock, sends, told }) => {
      say(core, 'm1');
      await sends(1);
      await passing(clock, MINUTE, () => told.length === 2);
      expect(told).toEqual([expect.stringMatching(/delayed since/), 'error m1 remote-server-timeout']);
      await core.stop();
    });
  });

  it('is asked for after a kill, and neither sent twice nor lost', async () => {
    using dir = tempFolder();
    const found: ('sent' | 'not-sent')[] = ['sent', 'not-sent'];
    await play(dir.file('s.db'), {}, async ({ core, sends }) => {
      say(core, 'm1');
      await sends(1);
    });
    for (const as of found) {
      await play(dir.file('s.db'), { reconcile: async () => as }, async ({ core, sent, sends }) => {
        if (as === 'sent') say(core, 'm2');
        const next = await sends(1);
        expect(next).toMatchObject({ kind: 'message', text: 'm2' });
        expect(sent.length).toBe(1);
      });
    }
  });

  it('is given up where it has ended the process three times', async () => {
    using dir = tempFolder();
    const again = { reconcile: async () => 'not-sent' as const };
    await play(dir.file('s.db'), again, async ({ core, sends }) => {
      say(core, 'm1');
      await sends(1);
    });
    for (let kill = 0; kill < 2; kill++) await play(dir.file('s.db'), again, ({ sends }) => sends(1));
    await play(dir.file('s.db'), again, async ({ core, store, sent, tells }) => {
      await tells('error m1 internal-server-error');
      await core.stop();
      expect([sent.length, (await store.journal.states()).parked]).toEqual([0, 1]);
    });
  });

  it('is not given up where its network has it, whenever that can say so', async () => {
    using dir = tempFolder();
    const again = { reconcile: async () => 'not-sent' as const };
    await play(dir.file('s.db'), again, async ({ core, sends }) => {
      say(core, 'm1');
      await sends(1);
    });
    for (let kill = 0; kill < 2; kill++) await play(dir.file('s.db'), again, ({ sends }) => sends(1));
    let asked = 0;
    const away = async () => {
      asked++;
      return Promise.reject(new Failure('remote-server-timeout'));
    };
    await play(dir.file('s.db'), { reconcile: away }, () => untilTrue(() => asked > 0));
    await play(dir.file('s.db'), { reconcile: async () => 'sent' }, async ({ store, sent }) => {
      await untilTrue(async () => (await store.journal.states()).taken === 1);
      expect(sent).toEqual([]);
    });
  });

  it('costs what it costs once, and nothing where it certainly did not go', async () => {
    using dir = tempFolder();
    const paid: Options = {
      charges: () => [{ budget: 'pence', amount: 4 }],
      budgets: [{ name: 'pence', perUser: 11, period: MINUTE }],
      reconcile: async () => 'unknown',
    };
    await play(dir.file('s.db'), paid, async ({ core, sends, tells }) => {
      say(core, 'm1');
      core.host.settle((await sends(1)).id, new Failure('not-allowed'));
      await tells('error m1 not-allowed');
      say(core, 'm2');
      // In doubt, where a second one would cost again: an error, and the money is gone.
      core.host.settle((await sends(2)).id, new Failure('remote-server-timeout', { certain: false }));
      await tells('error m1 not-allowed', 'error m2 remote-server-timeout');
      say(core, 'm3');
      core.host.settle((await sends(3)).id, TAKEN);
      say(core, 'm4');
      await tells('error m1 not-allowed', 'error m2 remote-server-timeout', 'error m4 resource-constraint');
      await core.stop();
    });
  });
});

describe('what is owed to XMPP', () => {
  const told = (id: string) => ({
    ids: [id as ForeignId],
    place: mercutio,
    from: { kind: 'network', id: 'mercutio' } as const,
    kind: 'message' as const,
    text: id,
    style: 'plain' as const,
  });

  it('waits while the link is down, also over a restart, and goes in order', async () => {
    using dir = tempFolder();
    await play(dir.file('s.db'), {}, async ({ core, link, told: shown }) => {
      link.epoch = undefined;
      await core.host.emit([told('one')]);
      await core.host.emit([told('two')]);
      expect(shown).toEqual([]);
    });
    await play(dir.file('s.db'), {}, async ({ core, tells, store }) => {
      await tells('one', 'two');
      await core.host.emit([told('three')]);
      await tells('one', 'two', 'three');
      await core.stop();
      expect(await store.journal.states()).toEqual({ done: 3 });
    });
  });

  it('keeps its order behind what an earlier run has written and not proven', async () => {
    using dir = tempFolder();
    await play(dir.file('s.db'), {}, async ({ core, link, tells }) => {
      link.silent = true;
      await core.host.emit([told('one')]);
      await tells('one');
      link.epoch = undefined;
      await core.host.emit([told('two')]);
    });
    await play(dir.file('s.db'), {}, async ({ core, tells }) => {
      await tells('one', 'two');
      await core.stop();
    });
  });

  it('does not overtake what has waited and is about to be written', async () => {
    using dir = tempFolder();
    await play(dir.file('s.db'), {}, async ({ core, link, tells }) => {
      link.epoch = undefined;
      await core.host.emit([told('one')]);
      link.epoch = 2;
      core.online(DOMAIN);
      // Durable in the same commit as the attempt of the first.
      const { ids: _, ...two } = told('two');
      await core.host.emit([two]);
      await tells('one', 'two');
      await core.stop();
    });
  });

  it('goes whatever becomes durable first, a newer message or the receipt of an older one', async () => {
    using dir = tempFolder();
    await play(dir.file('s.db'), {}, async ({ core, sends, told: shown }) => {
      say(core, 'm1');
      core.host.settle((await sends(1)).id, DELIVERED);
      const { ids: _, ...two } = told('two');
      await core.host.emit([two]);
      await untilTrue(() => shown.length === 2);
      expect(shown.toSorted()).toEqual(['receipt m1', 'two']);
      await core.stop();
    });
  });

  it('is written again under the same id where the link dropped before the proof', async () => {
    using dir = tempFolder();
    await play(dir.file('s.db'), {}, async ({ core, link, store, tells }) => {
      link.fails = true;
      await core.host.emit([told('one')]);
      await tells('one');
      await untilTrue(async () => (await store.journal.states()).ready === 1);
      link.fails = false;
      link.epoch = 2;
      core.online(DOMAIN);
      await tells('one', 'one');
      await untilTrue(async () => (await store.journal.states()).done === 1);
      await core.stop();
    });
  });
});
