import { describe, expect, it, vi } from 'vitest';
import type { Bridge, Delivered } from '#src/bridge.ts';
import { openAliases } from '#src/core/aliases.ts';
import type { Origin } from '#src/core/index.ts';
import { openCore } from '#src/core/open.ts';
import type { CoreTransport, OpenCore } from '#src/core/parts.ts';
import { openLog } from '#src/lib/log.ts';
import type { Event } from '#src/model/event.ts';
import { Failure } from '#src/model/failure.ts';
import { accountKey, type BareJid, type EventId, type ForeignId, type XmppId } from '#src/model/ids.ts';
import type { Place } from '#src/model/place.ts';
import { openKey, openStore, type Store } from '#src/store/index.ts';
import { type HandClock, handClock } from '../hand-clock.ts';
import { pigeon } from '../invented/mapping.ts';
import { addresses } from '../invented/pigeon/addresses.ts';
import { tempFolder } from '../store/folder.ts';
import { xmppSide } from './xmpp-side.ts';

const DOMAIN = 'pigeon.example';
const romeo = 'romeo@a.example' as BareJid;
const account = accountKey(romeo, DOMAIN);
const mercutio: Place = { kind: 'contact', account, id: 'mercutio' };
const log = openLog('silent');
const MINUTE = 60_000;
const WRITTEN: Delivered = { ids: [], state: 'written' };
const TAKEN: Delivered = { ids: ['n1' as ForeignId], state: 'taken' };
const DELIVERED: Delivered = { ids: [], state: 'delivered' };

/** A network without sessions that confirms what a test tells it to. */
const table = {
  ...pigeon,
  facts: {
    ...pigeon.facts,
    confirms: 'delivered',
    delivery: { sessionless: true, expiry: 60 * MINUTE, told: 15 * MINUTE },
  },
} as const;

type World = {
  readonly core: OpenCore;
  readonly store: Store;
  readonly clock: HandClock;
  /** What the network was sent. */
  readonly sent: Event[];
  /** What XMPP was told: texts of messages, `receipt ID`, `error ID CONDITION`. */
  readonly told: string[];
  /** The link to the XMPP server, which may be down. */
  link: { epoch: number | undefined; fails: boolean; silent?: boolean };
  /** Waits until so much was sent. */
  sends(count: number): Promise<Event>;
  tells(...what: string[]): Promise<void>;
};

type Options = Partial<Pick<CoreTransport, 'charges' | 'budgets' | 'receipts'>> & {
  deliver?: (event: Event) => Delivered;
  reconcile?: NonNullable<Bridge['reconcile']>;
};

/** A core on the store of the file. Without a stop it ends as a kill ends it. */
async function play(file: string, options: Options, act: (world: World) => Promise<unknown>): Promise<void> {
  const { deliver = () => WRITTEN, reconcile, ...rest } = options;
  const clock = handClock();
  await using store = await openStore({ url: `sqlite:${file}`, log, clock });
  const [sent, told]: [Event[], string[]] = [[], []];
  const link: World['link'] = { epoch: 1, fails: false };
  const bridge: Bridge = {
    connect: () => Promise.reject(new Failure('not-supported')),
    deliver(event) {
      sent.push(event);
      return deliver(event);
    },
    ...(reconcile && { reconcile }),
    ask: () => Promise.reject(new Failure('not-supported')),
    pause: () => undefined,
    [Symbol.asyncDispose]: async () => undefined,
  };
  const transport: CoreTransport = {
    mapping: table,
    settings: {},
    talks: { logins: [], commands: [] },
    overrides: {},
    addresses,
    realms: [],
    persistent: false,
    history: { record: false, replay: 0 },
    bridge: () => bridge,
    accepted: () => undefined,
    repeated: () => void told.push('repeat'),
    ...rest,
  };
  const limits = { waitingLines: 1, waitingTime: 1, reconnectMin: 1, reconnectMax: 1, dialogueTime: 1, dialogues: 1 };
  const core = openCore({
    transports: new Map([[DOMAIN, transport]]),
    access: { register: ['*'], admins: [] },
    limits: {
      ...limits,
      connectPace: 0,
      linger: 0,
      rates: { messages: 'off', joins: 'off', contacts: 'off', registrations: 'off' },
    },
    store,
    aliases: await openAliases({ store, log }),
    key: openKey({ text: '01'.repeat(32) }),
    xmpp: xmppSide({
      deliver: (event) => event.kind !== 'message' || told.push(event.text) > 0,
      receipt: ({ id }) => told.push(`receipt ${id}`) > 0,
      refuse: ({ id }, failure) => told.push(`error ${id} ${failure.row.condition}`) > 0,
      epoch: () => link.epoch,
      barrier: () => {
        if (link.silent) return new Promise(() => undefined);
        return link.fails ? Promise.reject(new Error('gone')) : Promise.resolve();
      },
    }),
    clock,
    random: () => 1,
    log,
  });
  await core.start();
  const until = (look: () => boolean) => vi.waitUntil(look, { timeout: 30_000, interval: 5 });
  await act({
    core,
    store,
    clock,
    sent,
    told,
    link,
    async sends(count) {
      await until(() => sent.length >= count);
      return sent[count - 1] as Event;
    },
    async tells(...what) {
      await until(() => told.length >= what.length);
      expect(told).toEqual(what);
    },
  });
}

function say(core: OpenCore, id: string, text = id): void {
  const origin: Origin = {
    stanza: 'message',
    from: `${romeo}/x`,
    to: `mercutio@${DOMAIN}`,
    type: 'chat',
    id: id as XmppId,
    receipt: true,
  };
  core.accept({ place: mercutio, from: { kind: 'xmpp', bare: romeo }, kind: 'message', text, style: 'plain' }, origin);
}

/** Lets time go by, so much at a time, until something is so. */
function passing(clock: HandClock, ms: number, look: () => boolean): Promise<unknown> {
  const step = () => {
    clock.advance(ms);
    return look();
  };
  return vi.waitUntil(step, { timeout: 30_000, interval: 5 });
}

const outcomeOf = async (store: Store, id: EventId) => (await store.journal.byEvent(id))?.outcome;

describe('what users send', () => {
  it('is receipted once at the strongest confirmation, and not again', async () => {
    using dir = tempFolder();
    await play(dir.file('s.db'), {}, async ({ core, store, sends, tells }) => {
      say(core, 'm1');
      const { id } = await sends(1);
      for (const outcome of [WRITTEN, TAKEN, TAKEN]) core.host.settle(id, outcome);
      await vi.waitUntil(async () => (await store.journal.byEvent(id))?.state === 'taken', { timeout: 30_000 });
      core.host.settle(id, DELIVERED);
      core.host.settle(id, DELIVERED);
      await tells('receipt m1');
      expect(await store.journal.byEvent(id)).toMatchObject({ state: 'done', outcome: 'delivered', body: '' });
      await core.stop();
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
      await vi.waitUntil(async () => (await states()).ready === 1, { timeout: 30_000, interval: 5 });
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

  it('costs what it costs once, and nothing where it certainly did not go', async () => {
    using dir = tempFolder();
    const paid: Options = {
      charges: () => [{ budget: 'pence', amount: 4 }],
      budgets: [{ name: 'pence', perUser: 8, period: MINUTE }],
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
      await vi.waitUntil(() => shown.length === 2, { timeout: 30_000 });
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
      await vi.waitUntil(async () => (await store.journal.states()).ready === 1, { timeout: 30_000 });
      link.fails = false;
      link.epoch = 2;
      core.online(DOMAIN);
      await tells('one', 'one');
      await vi.waitUntil(async () => (await store.journal.states()).done === 1, { timeout: 30_000 });
      await core.stop();
    });
  });
});
