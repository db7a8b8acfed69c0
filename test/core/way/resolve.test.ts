import { expect, it } from 'vitest';
import { irc as table } from '#mappings/irc.ts';
import { withoutCapabilities } from '#mappings/irc-capabilities.ts';
import type { Overrides } from '#mappings/overrides.ts';
import { sms } from '#mappings/sms.ts';
import type { Bridge } from '#src/bridge.ts';
import { openAliases } from '#src/core/aliases.ts';
import type { OpenCore } from '#src/core/core.ts';
import type { Marks, Origin } from '#src/core/index.ts';
import { openCore } from '#src/core/open.ts';
import { openLog } from '#src/lib/log.ts';
import type { NetworkMapping } from '#src/model/capabilities.ts';
import type { Draft, Event, EventBody } from '#src/model/event.ts';
import { Failure } from '#src/model/failure.ts';
import { accountKey, type BareJid, type ForeignId, type XmppId } from '#src/model/ids.ts';
import type { Place } from '#src/model/place.ts';
import { openKey, openStore, type Store } from '#src/store/index.ts';
import { handClock } from '../../hand-clock.ts';
import { pigeon } from '../../invented/mapping.ts';
import { untilTrue } from '../../patience.ts';
import { tempFolder } from '../../store/folder.ts';
import { plainTransport } from '../../transports.ts';
import { addresses } from '../../xmpp/invented.ts';
import { freeLimits } from '../core-parts.ts';
import { xmppSide } from '../xmpp-side.ts';

/** A server without capabilities. */
const irc = { ...table, facts: { ...table.facts, out: withoutCapabilities } };

const DOMAIN = 'net.example';
const romeo = 'romeo@a.example' as BareJid;
const account = accountKey(romeo, DOMAIN);
const verona: Place = { kind: 'shared', transport: DOMAIN, id: '#verona%net' };
const mercutio: Place = { kind: 'contact', account, id: 'mercutio%net' };
const log = openLog('silent');

type World = {
  readonly core: OpenCore;
  readonly store: Store;
  readonly clock: ReturnType<typeof handClock>;
  /** What the network was sent, and what XMPP was shown with its marks. */
  readonly sent: string[];
  readonly shown: { readonly event: Event; readonly marks: Marks | undefined }[];
};

const textOf = (event: Event): string => (event.kind === 'message' ? event.text : event.kind);
const origin = (id: string): Origin => ({
  stanza: 'message',
  from: `${romeo}/x`,
  to: `mercutio@${DOMAIN}`,
  id: id as XmppId,
});
const ours = (place: Place, body: EventBody): Draft => ({ place, from: { kind: 'xmpp', bare: romeo }, ...body });
const theirs = (place: Place, text: string, id: string): Draft => ({
  ids: [id as ForeignId],
  place,
  from: { kind: 'network', id: 'mercutio%net', name: 'Mercutio' },
  kind: 'message',
  text,
  style: 'plain',
});
const said = (text: string, replyTo?: XmppId): EventBody => ({
  kind: 'message',
  text,
  style: 'plain',
  ...(replyTo !== undefined && { replyTo }),
});

/** Romeo in a room, and with a session, on a network with this table. */
async function play(mapping: NetworkMapping, overrides: Overrides, act: (world: World) => Promise<void>) {
  using dir = tempFolder();
  const clock = handClock();
  await using store = await openStore({ url: `sqlite:${dir.file('s.db')}`, log, clock });
  const sent: string[] = [];
  const shown: World['shown'] = [];
  const bridge: Bridge = {
    connect: async (key) => ({ ...key, close: async () => undefined }),
    deliver(event) {
      if (event.kind !== 'occupant') sent.push(textOf(event));
      return { ids: [`n${sent.length}` as ForeignId], state: 'taken' };
    },
    ask: () => Promise.reject(new Failure('not-supported')),
    pause: () => undefined,
    [Symbol.asyncDispose]: async () => undefined,
  };
  const transport = plainTransport({
    domain: DOMAIN,
    mapping,
    overrides,
    addresses,
    history: { record: true, replay: 0 },
    bridge: () => bridge,
  });
  const core = openCore({
    transports: new Map([[DOMAIN, transport]]),
    access: { register: ['*'], admins: [] },
    limits: freeLimits,
    store,
    aliases: await openAliases({ store, log }),
    key: openKey({ text: '01'.repeat(32) }),
    xmpp: xmppSide({
      deliver(event, _, marks) {
        if (event.kind === 'message' || event.kind === 'reaction') shown.push({ event, marks });
        return true;
      },
    }),
    clock,
    random: () => 0,
    log,
  });
  await core.start();
  const who = { id: '', nick: 'Romeo', affiliation: 'none', role: 'participant' } as const;
  core.accept(ours(verona, { kind: 'occupant', change: 'join', who }), origin('j'));
  await untilTrue(() => core.rooms.nickOf(verona, `${romeo}/x`) !== undefined);
  await act({ core, store, clock, sent, shown });
  await core.stop();
}

/** How many reactions were kept, and how many of them are still to go. */
async function waiting(store: Store): Promise<string> {
  const sql = "select count(*) as kept, sum(state = 'ready') as left from journal where lane like 'out %'";
  const [found] = await store.read<{ kept: number; left: number }>({ sql, params: [] });
  return `${found?.kept} ${found?.left}`;
}

const until = (look: () => boolean) => untilTrue(look);

it.each<[Overrides, readonly string[]]>([
  [{ reply: 'nick' }, ['Mercutio: Aye', 'Mercutio: re "Tut, dun\'s the mouse": Aye']],
  [{ reply: 'quote' }, ['Mercutio: re "Tut, dun\'s the mouse": Aye', 'Mercutio: re "Tut, dun\'s the mouse": Aye']],
])('a reply in a channel names whom it answers, and quotes what is no longer fresh: %j', async (overrides, texts) => {
  await play(irc, overrides, async ({ core, sent, shown }) => {
    await core.host.emit([theirs(verona, "Tut, dun's the mouse", 'f0')]);
    await until(() => shown.length === 1);
    const stanzaId = shown[0]?.marks?.stanzaId as XmppId;
    core.accept(ours(verona, said('Aye', stanzaId)), origin('r1'));
    await until(() => sent.length === 1);
    for (let more = 1; more < 10; more++) core.host.emit([theirs(verona, 'more', `f${more}`)]);
    core.accept(ours(verona, said('Aye', stanzaId)), origin('r2'));
    await until(() => sent.length === 2);
    expect(sent).toEqual(texts);
  });
});

it('a reaction to what somebody wrote in private has its first words', async () => {
  await play(irc, {}, async ({ core, store, clock, sent, shown }) => {
    await core.host.emit([theirs(mercutio, 'A plague on both your houses', 'f1')]);
    await until(() => shown.length === 1);
    const id = shown[0]?.event.id as string as XmppId;
    core.accept(ours(mercutio, { kind: 'reaction', target: id, emoji: ['👍'] }), origin('r1'));
    core.accept(ours(mercutio, { kind: 'reaction', target: id, emoji: ['👎'] }), origin('r2'));
    core.accept(ours(mercutio, { kind: 'reaction', target: id, emoji: ['👍'] }), origin('r3'));
    // All three are kept, the last in place of the others.
    await untilTrue(async () => (await waiting(store)) === '3 1');
    clock.advance(10_000);
    await until(() => sent.length === 1);
    expect(sent).toEqual(['👍 to "A plague on both your houses"']);
  });
});

it('nobody is quoted what was said before they came', async () => {
  await play(irc, {}, async ({ core, sent, shown }) => {
    await core.host.emit([theirs(verona, 'a secret', 'f1')]);
    await until(() => shown.length === 1);
    const stanzaId = shown[0]?.marks?.stanzaId as XmppId;
    const juliet = 'juliet@a.example' as BareJid;
    const hers = (body: EventBody): Draft => ({ place: verona, from: { kind: 'xmpp', bare: juliet }, ...body });
    const from = { ...origin('j1'), from: `${juliet}/y` };
    const who = { id: '', nick: 'Juliet', affiliation: 'none', role: 'participant' } as const;
    core.accept(hers({ kind: 'occupant', change: 'join', who }), from);
    await until(() => core.rooms.nickOf(verona, `${juliet}/y`) !== undefined);
    core.accept(hers(said('What?', stanzaId)), { ...from, id: 'j2' as XmppId });
    await until(() => sent.length === 1);
    expect(sent).toEqual(['What?']);
  });
});

it('a reply by text message quotes what it answers', async () => {
  await play(
    { ...sms, facts: { ...sms.facts, rooms: 'shared', out: { ...sms.facts.out, occupant: 'full' } } },
    {},
    async (world) => {
      const { core, sent, shown } = world;
      await core.host.emit([theirs(mercutio, 'Where the devil should this Romeo be?', 'f1')]);
      await until(() => shown.length === 1);
      core.accept(ours(mercutio, said('Here', shown[0]?.event.id as string as XmppId)), origin('r1'));
      await until(() => sent.length === 1);
      expect(sent).toEqual(['Re "Where the devil should this Romeo be?": Here']);
    },
  );
});

it('what a network says about an earlier message is told with its words, whoever wrote it', async () => {
  await play(pigeon, {}, async ({ core, sent, shown }) => {
    const about = (target: string): Draft => ({
      ids: [`r-${target}` as ForeignId],
      place: verona,
      from: { kind: 'network', id: 'mercutio%net', name: 'Mercutio' },
      kind: 'reaction',
      target: target as ForeignId,
      emoji: ['👍'],
    });
    core.accept(ours(verona, said('I dreamt a dream')), origin('m1'));
    await until(() => sent.length === 1);
    await core.host.emit([theirs(verona, 'And so did I', 'f1'), about('n1'), about('f1'), about('f9')]);
    const told = shown.filter(({ event }) => event.kind === 'reaction').map(({ marks }) => marks?.about);
    expect(told).toEqual([
      { quote: 'I dreamt a dream', author: 'Romeo', stanzaId: expect.any(String) },
      { quote: 'And so did I', author: 'Mercutio', stanzaId: expect.any(String) },
    ]);
  });
});
