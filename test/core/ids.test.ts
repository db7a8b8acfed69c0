import { describe, expect, it } from 'vitest';
import type { Bridge } from '#src/bridge.ts';
import { openAliases } from '#src/core/aliases.ts';
import type { OpenCore } from '#src/core/core.ts';
import type { Origin } from '#src/core/index.ts';
import { openCore } from '#src/core/open.ts';
import { openLog } from '#src/lib/log.ts';
import type { Draft, Event, EventBody } from '#src/model/event.ts';
import { Failure } from '#src/model/failure.ts';
import { accountKey, type BareJid, type ForeignId, type XmppId } from '#src/model/ids.ts';
import type { Place } from '#src/model/place.ts';
import { openKey, openPruning, openStore, type Store } from '#src/store/index.ts';
import { handClock } from '../hand-clock.ts';
import { pigeon } from '../invented/mapping.ts';
import { addresses } from '../invented/pigeon/addresses.ts';
import { untilTrue } from '../patience.ts';
import { tempFolder } from '../store/folder.ts';
import { plainTransport } from '../transports.ts';
import { freeLimits } from './core-parts.ts';
import { xmppSide } from './xmpp-side.ts';

const DOMAIN = 'pigeon.example';
const romeo = 'romeo@a.example' as BareJid;
const account = accountKey(romeo, DOMAIN);
const contact: Place = { kind: 'contact', account, id: 'mercutio' };
const room: Place = { kind: 'room', account, id: '~verona' };
const log = openLog('silent');

type World = {
  readonly core: OpenCore;
  readonly store: Store;
  readonly clock: ReturnType<typeof handClock>;
  readonly shown: Event[];
  /** Waits until XMPP has been shown so many messages: what is journaled is durable first. */
  sees(count: number): Promise<void>;
  readonly refused: string[];
  readonly repeats: () => number;
  /** The next event that reaches the network, joins aside. */
  sent(): Promise<Event>;
};

const foreign = (id: string) => id as ForeignId;
const origin = (id: string): Origin => ({
  stanza: 'message',
  from: `${romeo}/x`,
  to: `mercutio@${DOMAIN}`,
  id: id as XmppId,
});
const told = (id: string, text: string, by = 'mercutio'): Draft => ({
  ids: [foreign(id)],
  place: contact,
  from: { kind: 'network', id: by },
  kind: 'message',
  text,
  style: 'plain',
});
const said = (body: EventBody, place: Place = contact): Draft => ({
  place,
  from: { kind: 'xmpp', bare: romeo },
  ...body,
});
const words = (events: readonly Event[]) => events.map((event) => (event.kind === 'message' ? event.text : event.kind));

/** A core on a store, with romeo in a room and a network that names what it takes `n1`, `n2` and so on. */
async function play(file: string, act: (world: World) => Promise<void>): Promise<void> {
  const clock = handClock();
  await using store = await openStore({ url: `sqlite:${file}`, log, clock });
  const shown: Event[] = [];
  const refused: string[] = [];
  const arrived: Event[] = [];
  const readers: ((event: Event) => void)[] = [];
  let count = 0;
  let repeats = 0;
  const bridge: Bridge = {
    connect: async (key) => ({ ...key, close: async () => undefined }),
    deliver(event) {
      if (event.kind === 'occupant') return { ids: [], state: 'taken' };
      const reader = readers.shift();
      if (reader) reader(event);
      else arrived.push(event);
      return { ids: [foreign(`n${++count}`)], state: 'taken' };
    },
    ask: () => Promise.reject(new Failure('not-supported')),
    pause: () => undefined,
    [Symbol.asyncDispose]: async () => undefined,
  };
  const transport = plainTransport({
    domain: DOMAIN,
    mapping: pigeon,
    addresses,
    history: { record: true, replay: 0 },
    bridge: () => bridge,
    metrics: { repeated: () => void repeats++ },
  });
  const core = openCore({
    transports: new Map([[DOMAIN, transport]]),
    access: { register: ['*'], admins: [] },
    limits: freeLimits,
    store,
    aliases: await openAliases({ store, log }),
    key: openKey({ text: '01'.repeat(32) }),
    xmpp: xmppSide({
      deliver: (event) => event.kind !== 'message' || shown.push(event) > 0,
      refuse: (_, failure) => refused.push(failure.code) > 0,
    }),
    clock,
    random: () => 0,
    log,
  });
  await core.start();
  const who = { id: '', nick: 'Romeo', affiliation: 'none', role: 'participant' } as const;
  core.accept(said({ kind: 'occupant', change: 'join', who }, room), origin('j'));
  const sent = async () => arrived.shift() ?? new Promise<Event>((resolve) => readers.push(resolve));
  const sees = async (count: number) => {
    await untilTrue(() => shown.length >= count);
  };
  await act({ core, store, clock, shown, sees, refused, repeats: () => repeats, sent });
  await core.stop();
}

describe('what a network tells again', () => {
  it('is shown once, also after a restart, and every time only after it is known to be new', async () => {
    using dir = tempFolder();
    await play(dir.file('s.db'), async ({ core, shown, sees, repeats }) => {
      await Promise.all([core.host.emit([told('f1', 'one')]), core.host.emit([told('f1', 'one'), told('f2', 'two')])]);
      await sees(2);
      expect(words(shown)).toEqual(['one', 'two']);
      expect(repeats()).toBe(1);
    });
    await play(dir.file('s.db'), async ({ core, shown, sees, repeats }) => {
      await core.host.emit([told('f1', 'one'), told('f3', 'three'), told('f2', 'two')]);
      await sees(1);
      expect(words(shown)).toEqual(['three']);
      expect(repeats()).toBe(2);
    });
  });

  it('is durable with its writes once emit resolves, and not a repeat where somebody else has the id', async () => {
    using dir = tempFolder();
    await play(dir.file('s.db'), async ({ core, store, shown, sees }) => {
      const at = { transport: DOMAIN, account: '', key: 'sync' };
      const write = store.bridgeState.put(at, new Uint8Array([1]));
      await core.host.emit([told('f1', 'one')], [write]);
      expect(await store.bridgeState.get(at)).toEqual(new Uint8Array([1]));
      const rows = await store.read({ sql: "select id from links where side = 'foreign'", params: [] });
      expect(rows).toEqual([{ id: 'f1' }]);
      await core.host.emit([told('f1', 'mine', 'tybalt')]);
      await sees(2);
      expect(words(shown)).toEqual(['one', 'mine']);
    });
  });

  it('keeps the order of a place while the store is asked', async () => {
    using dir = tempFolder();
    await play(dir.file('s.db'), async ({ core, shown, sees }) => {
      const { ids: _, ...plain } = told('', 'second');
      await Promise.all([core.host.emit([told('f1', 'first')]), core.host.emit([plain])]);
      await sees(2);
      await core.stop();
      expect(words(shown)).toEqual(['first', 'second']);
    });
  });

  it('takes nothing that is not journaled into the store, and is done with it at once', async () => {
    using dir = tempFolder();
    await play(dir.file('s.db'), async ({ core, shown }) => {
      const { ids: _, ...plain } = { ...told('', 'hark'), live: false };
      expect(core.host.emit([plain])).toBeUndefined();
      expect(words(shown)).toEqual(['hark']);
    });
  });
});

describe('what is about an earlier message', () => {
  it('reaches the network under its own id, right after and after a restart', async () => {
    using dir = tempFolder();
    const edit = said({ kind: 'edit', target: 'm1' as XmppId, text: 'hello' });
    await play(dir.file('s.db'), async ({ core, sent }) => {
      core.accept(said({ kind: 'message', text: 'helo', style: 'plain' }), origin('m1'));
      expect((await sent()).kind).toBe('message');
      core.accept(edit, origin('m2'));
      expect(await sent()).toMatchObject({ kind: 'edit', target: 'n1' });
    });
    await play(dir.file('s.db'), async ({ core, sent }) => {
      core.accept(edit, origin('m3'));
      expect(await sent()).toMatchObject({ kind: 'edit', target: 'n1' });
    });
  });

  it('finds what the network has said by the id of the stanza, in rooms by the stanza-id too', async () => {
    using dir = tempFolder();
    await play(dir.file('s.db'), async ({ core, store, shown, sees, sent }) => {
      await core.host.emit([told('f1', 'one'), { ...told('f2', 'two'), place: room }]);
      await sees(2);
      const one = shown.find((event) => event.place.kind === 'contact');
      core.accept(said({ kind: 'reaction', target: one?.id ?? ('' as XmppId), emoji: ['👍'] }), origin('r1'));
      expect(await sent()).toMatchObject({ kind: 'reaction', target: 'f1' });
      const [row] = await store.read<{ id: number }>({ sql: 'select id from archive', params: [] });
      core.accept(said({ kind: 'reaction', target: String(row?.id) as XmppId, emoji: ['👍'] }, room), origin('r2'));
      expect(await sent()).toMatchObject({ kind: 'reaction', target: 'f2' });
    });
  });

  it('is refused where the message is unknown or somebody else wrote it; a reply goes without what it answers', async () => {
    using dir = tempFolder();
    await play(dir.file('s.db'), async ({ core, shown, sees, refused, sent }) => {
      await core.host.emit([told('f1', 'one')]);
      await sees(1);
      const [one] = shown;
      const forged = said({ kind: 'edit', target: one?.id ?? ('' as XmppId), text: 'forged' });
      expect(() => core.accept(forged, origin('e1'))).toThrow('Only who has written a message');
      core.accept(said({ kind: 'retract', target: 'nothing' as XmppId }), origin('e2'));
      core.accept(said({ kind: 'message', text: 'so?', style: 'plain', replyTo: 'nothing' as XmppId }), origin('e3'));
      const reply = await sent();
      expect([words([reply]), 'replyTo' in reply]).toEqual([['so?'], false]);
      await untilTrue(() => refused.length === 1);
      expect(refused).toEqual(['item-not-found']);
    });
  });

  it('is forgotten with age', async () => {
    using dir = tempFolder();
    await play(dir.file('s.db'), async ({ core, store, clock }) => {
      await core.host.emit([told('f1', 'one')]);
      clock.advance(2000);
      await core.host.emit([told('f2', 'two')]);
      const pruning = openPruning({ store, clock, log, idsKept: 1000, journalKept: 1000 });
      await pruning.run();
      await pruning.stop();
      expect(await store.read({ sql: "select id from links where side = 'foreign'", params: [] })).toEqual([
        { id: 'f2' },
      ]);
    });
  });
});
