import { describe, expect, it } from 'vitest';
import type { OpenCore } from '#src/core/core.ts';
import { dueOf, type EndedPiece, type RepeatFacts } from '#src/core/journal/repeats.ts';
import type { Draft } from '#src/model/event.ts';
import { Failure } from '#src/model/failure.ts';
import type { EventId, XmppId } from '#src/model/ids.ts';
import type { Journaled } from '#src/store/index.ts';
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
  type World,
} from './journal-world.ts';

const unknown: Options = { reconcile: async () => 'unknown' };
const paid: Options = {
  ...unknown,
  charges: () => [{ budget: 'pence', amount: 4 }],
  budgets: [{ name: 'pence', perUser: 100, period: MINUTE }],
};
const refused = new Failure('item-not-found');
const unclear = new Failure('remote-server-timeout', { certain: false });

/** Sends a message, settles it, and resolves once its sender has heard so. */
async function sendFirst({ core, sends, tells }: World, outcome: Failure | typeof DELIVERED, ...heard: string[]) {
  say(core, 'm1');
  await core.host.settle((await sends(1)).id, outcome);
  await tells(...heard);
}

describe('a message that is sent again under its id', () => {
  it.each<[string, Options, Failure, string]>([
    ['what was refused by its network', {}, refused, 'item-not-found'],
    ['what was refused by its network and would have cost money', paid, refused, 'item-not-found'],
    ['what may have arrived and costs nothing', unknown, unclear, 'remote-server-timeout'],
  ])('is tried anew, in this run and the next: %s', async (_, options, failure, condition) => {
    using dir = tempFolder();
    const error = `error m1 ${condition}`;
    const deliver = () => {
      throw failure;
    };
    let sent = 0;
    await play(dir.file('s.db'), { ...options, deliver }, async (world) => {
      say(world.core, 'm1');
      await world.tells(error);
      sent = world.sent.length;
      say(world.core, 'm1');
      await world.tells(error, 'repeat', error);
      expect(world.sent).toHaveLength(2 * sent);
      await world.core.stop();
    });
    await play(dir.file('s.db'), options, async (world) => {
      const { core, sends, tells } = world;
      say(core, 'm1');
      await core.host.settle((await sends(1)).id, DELIVERED);
      await tells('repeat', 'receipt m1');
      say(core, 'm1');
      await tells('repeat', 'receipt m1', 'repeat', 'receipt m1');
      expect(world.sent).toHaveLength(1);
      await core.stop();
    });
  });

  it('has the same error again where it may have arrived and costs money, in this run and the next', async () => {
    using dir = tempFolder();
    const error = 'error m1 remote-server-timeout';
    await play(dir.file('s.db'), paid, async (world) => {
      await sendFirst(world, unclear, error);
      say(world.core, 'm1');
      await world.tells(error, 'repeat', error);
      expect(world.sent).toHaveLength(1);
      await world.core.stop();
    });
    await play(dir.file('s.db'), paid, async ({ core, sent, tells }) => {
      say(core, 'm1');
      await tells('repeat', error);
      expect(sent).toEqual([]);
      await core.stop();
    });
  });

  it('is tried anew only once its sender has been told that it failed, and has the same error until then', async () => {
    using dir = tempFolder();
    const error = 'error m1 item-not-found';
    await play(dir.file('s.db'), paid, async ({ core, link, sends }) => {
      say(core, 'm1');
      link.epoch = undefined;
      await core.host.settle((await sends(1)).id, refused);
    });
    await play(dir.file('s.db'), { ...paid, down: true }, async ({ core, link, sent, sends, tells }) => {
      say(core, 'm1');
      await tells('repeat', error);
      expect(sent).toEqual([]);
      link.epoch = 1;
      core.online(DOMAIN);
      await tells('repeat', error, error);
      say(core, 'm1');
      await sends(1);
      await core.stop();
    });
  });

  it('has its receipt again where it was delivered, for whoever asks for one', async () => {
    using dir = tempFolder();
    await play(dir.file('s.db'), paid, async (world) => {
      await sendFirst(world, DELIVERED, 'receipt m1');
      say(world.core, 'm1');
      await world.tells('receipt m1', 'repeat', 'receipt m1');
      say(world.core, 'm1', 'm1', { receipt: false });
      await world.tells('receipt m1', 'repeat', 'receipt m1', 'repeat');
      // What is said after it is heard after it.
      say(world.core, 'm2');
      await world.core.host.settle((await world.sends(2)).id, DELIVERED);
      await world.tells('receipt m1', 'repeat', 'receipt m1', 'repeat', 'receipt m2');
      await world.core.stop();
    });
  });

  it('is nobody else’s message: who it is from, and what it says, make it the same', async () => {
    using dir = tempFolder();
    await play(dir.file('s.db'), paid, async (world) => {
      await sendFirst(world, DELIVERED, 'receipt m1');
      say(world.core, 'm1', 'another text');
      await world.sends(2);
      say(world.core, 'm1', 'm1', { bare: 'juliet@a.example' });
      await world.sends(3);
      expect(world.told).toEqual(['receipt m1']);
      await world.core.stop();
    });
  });

  it('is silent while it is on its way, also where its network has it', async () => {
    using dir = tempFolder();
    await play(dir.file('s.db'), paid, async ({ core, sent, sends, tells }) => {
      say(core, 'm1');
      const { id } = await sends(1);
      say(core, 'm1');
      await tells('repeat');
      await core.host.settle(id, TAKEN);
      say(core, 'm1');
      await tells('repeat', 'repeat');
      await core.host.settle(id, DELIVERED);
      await tells('repeat', 'repeat', 'receipt m1');
      expect(sent).toHaveLength(1);
      await core.stop();
    });
  });

  it('has the receipt of what was handed over, where the operator calls that delivered', async () => {
    using dir = tempFolder();
    await play(dir.file('s.db'), { ...paid, receipts: 'handed over' }, async (world) => {
      await sendFirst(world, TAKEN as typeof DELIVERED, 'receipt m1');
      say(world.core, 'm1');
      await world.tells('receipt m1', 'repeat', 'receipt m1');
      expect(world.sent).toHaveLength(1);
      await world.core.stop();
    });
  });

  it('is tried anew where it has expired before it could be sent', async () => {
    using dir = tempFolder();
    let away = true;
    const deliver = () => {
      if (away) throw new Failure('remote-server-timeout');
      return DELIVERED;
    };
    await play(dir.file('s.db'), { ...paid, deliver }, async ({ core, clock, sends, told }) => {
      say(core, 'm1');
      await sends(1);
      await passing(clock, MINUTE, () => told.includes('error m1 remote-server-timeout'));
      away = false;
      say(core, 'm1');
      await passing(clock, 1, () => told.includes('receipt m1'));
      await core.stop();
    });
  });

  it('has its error again where it has ended the process, and is not tried', async () => {
    using dir = tempFolder();
    const again = { reconcile: async () => 'not-sent' as const };
    await play(dir.file('s.db'), again, async ({ core, sends }) => {
      say(core, 'm1');
      await sends(1);
    });
    for (let kill = 0; kill < 2; kill++) await play(dir.file('s.db'), again, ({ sends }) => sends(1));
    await play(dir.file('s.db'), again, async ({ core, sent, tells }) => {
      const error = 'error m1 internal-server-error';
      await tells(error);
      say(core, 'm1');
      await tells(error, 'repeat', error);
      await core.stop();
      expect(sent).toEqual([]);
    });
  });

  it('is silent where its sender has taken it back', async () => {
    using dir = tempFolder();
    await play(dir.file('s.db'), paid, async ({ core, sent, sends, tells }) => {
      say(core, 'm1');
      await sends(1);
      say(core, 'm2');
      core.accept(
        { place: mercutio, from: { kind: 'xmpp', bare: romeo }, kind: 'retract', target: 'm2' as never },
        { stanza: 'message', from: `${romeo}/x`, to: 'mercutio@pigeon.example', type: 'chat', id: 'r1' as never },
      );
      say(core, 'm2');
      await tells('repeat');
      expect(sent).toHaveLength(1);
      await core.stop();
    });
  });

  it('changes nothing twice: a correction or retraction of what waited is done, also when that has left', async () => {
    using dir = tempFolder();
    const about = (core: OpenCore, id: string, draft: object): void =>
      core.accept({ place: mercutio, from: { kind: 'xmpp', bare: romeo }, ...draft } as Draft, {
        ...{ stanza: 'message', from: `${romeo}/x`, to: 'mercutio@pigeon.example', type: 'chat', id: id as XmppId },
      });
    const change = (core: OpenCore): void => {
      about(core, 'c1', { kind: 'edit', target: 'm2', text: 'two' });
      about(core, 'c2', { kind: 'retract', target: 'm3' });
    };
    await play(dir.file('s.db'), {}, async ({ core, store, sends }) => {
      for (const id of ['m1', 'm2', 'm3']) say(core, id);
      const { id } = await sends(1);
      change(core);
      say(core, 'm4');
      // What was taken back, and what is known of both changes.
      await untilTrue(async () => (await store.journal.states()).done === 3);
      await core.host.settle(id, DELIVERED);
      expect(await sends(2)).toMatchObject({ text: 'two' });
      await core.stop();
    });
    await play(dir.file('s.db'), { reconcile: async () => 'sent', deliver: () => DELIVERED }, async (world) => {
      expect(await world.sends(1)).toMatchObject({ text: 'm4' });
      await world.tells('receipt m4');
      change(world.core);
      await world.tells('receipt m4', 'repeat', 'repeat');
      say(world.core, 'm5');
      expect(await world.sends(2)).toMatchObject({ text: 'm5' });
      await world.core.stop();
    });
  });

  it('is taken where it was refused before it had a row', async () => {
    using dir = tempFolder();
    const poor: Options = { ...paid, budgets: [{ name: 'pence', perUser: 3, period: MINUTE }] };
    await play(dir.file('s.db'), poor, async ({ core, tells }) => {
      say(core, 'm1');
      await tells('error m1 resource-constraint');
      say(core, 'm1');
      await tells('error m1 resource-constraint', 'error m1 resource-constraint');
      await core.stop();
    });
    await play(dir.file('s.db'), paid, async ({ core, told, sends }) => {
      say(core, 'm1');
      await sends(1);
      expect(told).toEqual([]);
      await core.stop();
    });
  });

  it('is answered during the stop by what became of it', async () => {
    using dir = tempFolder();
    await play(dir.file('s.db'), paid, async (world) => {
      await sendFirst(world, DELIVERED, 'receipt m1');
      say(world.core, 'm2');
      await world.core.host.settle((await world.sends(2)).id, refused);
      await world.tells('receipt m1', 'error m2 item-not-found');
      const stopped = world.core.stop();
      say(world.core, 'm1');
      await world.tells('receipt m1', 'error m2 item-not-found', 'repeat', 'receipt m1');
      say(world.core, 'm2');
      const last = 'error m2 service-unavailable';
      await world.tells('receipt m1', 'error m2 item-not-found', 'repeat', 'receipt m1', last);
      await stopped;
    });
  });

  it('goes once where it comes again and again at once', async () => {
    using dir = tempFolder();
    await play(dir.file('s.db'), paid, async (world) => {
      const { core, sends, tells, sent } = world;
      await sendFirst(world, refused, 'error m1 item-not-found');
      for (let copy = 0; copy < 4; copy++) say(core, 'm1');
      await sends(2);
      await tells('error m1 item-not-found', 'repeat', 'repeat', 'repeat', 'repeat');
      say(core, 'm2');
      await core.host.settle(sent[1]?.id as EventId, DELIVERED);
      expect(await sends(3)).toMatchObject({ text: 'm2' });
      await core.stop();
    });
  });
});

describe('what a repeat is due', () => {
  const piece = (outcome: Journaled['outcome'], more: Partial<EndedPiece> = {}): EndedPiece => ({
    ...{ state: outcome === null ? 'flight' : 'done', outcome, doubted: false },
    origin: JSON.stringify({ failure: { code: 'item-not-found', text: 'gone' } }),
    ...more,
  });
  const free: RepeatFacts = { charged: false, confirms: true, handedOver: false };
  const charged: RepeatFacts = { ...free, charged: true };
  const doubted = { doubted: true };

  it.each<[string, EndedPiece[], RepeatFacts]>([
    ['another try', [piece('bounced')], charged],
    ['another try', [piece('expired')], charged],
    ['another try', [piece('bounced'), piece('expired')], charged],
    ['another try', [piece('bounced', doubted)], free],
    ['another try', [piece('delivered'), piece('bounced')], free],
    ['refusal', [piece('bounced', doubted)], charged],
    ['refusal', [piece('delivered'), piece('bounced')], charged],
    ['refusal', [piece(null), piece('bounced')], free],
    ['refusal', [piece(null, { state: 'taken' }), piece('bounced')], free],
    ['refusal', [piece('parked', { state: 'parked' })], free],
    ['refusal', [piece('parked')], free],
    // Of what an older version has given up it is not known whether it had arrived.
    ['nothing', [piece('bounced', { ...doubted, origin: null })], charged],
    ['nothing', [piece(null)], free],
    ['nothing', [piece(null, { state: 'taken' })], free],
    ['receipt', [piece(null, { state: 'taken' })], { ...free, handedOver: true }],
    ['nothing', [piece(null, { state: 'taken' }), piece('delivered')], { ...free, handedOver: true }],
    ['nothing', [piece('purged')], free],
    ['receipt', [piece('delivered'), piece('delivered')], charged],
    ['nothing', [piece('delivered'), piece(null)], charged],
    ['nothing', [piece('delivered')], { ...free, confirms: false }],
    // Nothing more was heard of it.
    ['nothing', [piece('delivered', doubted)], charged],
    ['receipt', [piece('delivered', doubted)], { ...charged, handedOver: true }],
  ])('is %s', (is, pieces, facts) => {
    expect(dueOf(pieces, facts).is).toBe(is);
  });
});
