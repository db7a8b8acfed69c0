import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { bridge } from '#bridges/email/index.ts';
import { openMailState } from '#bridges/email/threads/state.ts';
import type { Host } from '#src/bridge.ts';
import type { Event } from '#src/model/event.ts';
import { accountKey, type BareJid, type EventId } from '#src/model/ids.ts';
import type { Place } from '#src/model/place.ts';
import { type TestHost, testHost } from '../../contract/host.ts';
import { deliveryReport, type MailServer, mailServer, post, vouched } from '../../fakes/mail-server.ts';
import { startNameServer } from '../../fakes/name-server.ts';

const DOMAIN = 'mail.example';
const ROMEO = `romeo=a.example@${DOMAIN}`;
const account = accountKey('romeo@a.example' as BareJid, DOMAIN);
const BOB: Place = { kind: 'contact', account, id: 'bob@example.com' };

type Play = TestHost & {
  /** Hands a mail to our user on, and resolves with what it was answered. */
  comes(from: string, headers: readonly string[]): Promise<readonly string[]>;
  /** Resolves when it is read next what a thread with several is like. */
  threadRead(): Promise<void>;
  /** Runs a command that asks nothing. */
  runs(node: string, place: Place): Promise<void>;
  readonly server: MailServer;
  /** How it is read what became of a mail of ours. */
  readonly sentRead: { now<T>(read: () => Promise<T>): Promise<T> };
  reported(to: string, raw: string): Promise<readonly string[]>;
  deliver(event: Event): Promise<void>;
  occupants(room: string): Promise<readonly string[]>;
};

/** A bridge with the thread of Bob's mail `b1`, which went to Carol, too. */
async function play(work: (play: Play) => Promise<void>): Promise<void> {
  await using server = await mailServer();
  await using names = await startNameServer({});
  const ports: number[] = [];
  const listen: Host['listen'] = async (_endpoint, onSocket) => {
    const listener = createServer(onSocket).listen(0, '127.0.0.1');
    await once(listener, 'listening');
    const { port } = listener.address() as AddressInfo;
    ports.push(port);
    return { port, close: () => new Promise<void>((closed) => listener.close(() => closed())) };
  };
  const watchers: (() => void)[] = [];
  const world = testHost(DOMAIN, { account: {} } as never, { listen });
  const { state } = world.host;
  const get: Host['state']['get'] = (at) => {
    if (at.key.startsWith('group/')) for (const watch of watchers.splice(0)) watch();
    return at.key.startsWith('mail/') ? sentRead.now(() => state.get(at)) : state.get(at);
  };
  const sentRead: Play['sentRead'] = { now: (read) => read() };
  const host = { ...world.host, state: { ...state, get } };
  const config = bridge.config.parse({
    domain: DOMAIN,
    outgoing: { host: '127.0.0.1', port: server.port, tls: 'off' },
    incoming: { lmtp: '127.0.0.1:0' },
    authserv: ['mx.example'],
    dns: `127.0.0.1:${names.port}`,
  });
  await using opened = await bridge.open(config, host);
  const comes: Play['comes'] = (from, headers) => {
    const head = [vouched(from), `From: <${from}>`, ...headers];
    return post(ports[0] ?? 0, { from, to: [ROMEO], raw: [...head, '', 'Hark.', ''].join('\r\n') });
  };
  await comes('bob@example.com', ['Message-ID: <b1@example.com>', `To: <${ROMEO}>, <carol@example.com>`]);
  await work({
    ...{ ...world, host, server, sentRead, comes },
    reported: (to, raw) => post(ports[0] ?? 0, { from: '', to: [to], raw }),
    deliver: async (event) => void (await opened.deliver(event, undefined as never)),
    threadRead: () => new Promise((done) => void watchers.push(done)),
    async runs(node, place) {
      const command = bridge.commands.find((one) => one.node === node && one.on === place.kind);
      await command?.run({ config, host, account, place, user: 'romeo@a.example' } as never).next();
    },
    async occupants(id) {
      const reply = await opened.ask?.({ kind: 'occupants', place: { kind: 'room', account, id }, page: { max: 10 } });
      return reply?.kind === 'occupants' ? reply.list.map(({ id: address }) => address).filter(Boolean) : [];
    },
  });
}

const answer = (id: string, to: string): string[] => [
  `Message-ID: <${id}@example.com>`,
  'In-Reply-To: <b1@example.com>',
  `To: <${ROMEO}>, ${to}`,
];

type Meanwhile = { readonly work: () => Promise<unknown>; readonly begun?: () => Promise<void> };

/** Begins something while a mail is on its way, which then gets to its end. */
async function meanwhile(
  { holdEmits, drafts, when }: Play,
  mail: () => Promise<unknown>,
  { work, begun = () => Promise.resolve() }: Meanwhile,
): Promise<void> {
  const release = holdEmits();
  const before = drafts.length;
  const come = mail();
  await when('the mail is on its way', () => drafts.length > before);
  const begins = begun();
  const done = work();
  await begins;
  // All that it reads is in memory.
  await setImmediate();
  release();
  await Promise.all([come, done]);
}

const roomOf = ({ drafts }: Play): string => {
  const { place } = drafts.find(({ place: { kind } }) => kind === 'room') ?? {};
  return place?.kind === 'room' ? place.id : '';
};

it('goes on in plain text with who writes at the moment in which that is asked for', () =>
  play(async (world) => {
    const mail = () => world.comes('bob@example.com', ['Message-ID: <b2@example.com>', `To: <${ROMEO}>`]);
    await meanwhile(world, mail, { work: () => world.runs('plain', BOB) });
    expect(await (await openMailState(world.host)).peer(account, 'bob@example.com')).toMatchObject({ plain: true });
  }));

it('has a thread as a room that is opened while somebody writes there', () =>
  play(async (world) => {
    const mail = () => world.comes('carol@example.com', answer('c1', '<bob@example.com>'));
    await meanwhile(world, mail, { work: () => world.runs('open', BOB) });
    expect(await world.occupants(roomOf(world))).toEqual(['carol@example.com', 'bob@example.com']);
  }));

it('has all in a room whom two that write at the same moment have brought along', () =>
  play(async (world) => {
    await world.runs('open', BOB);
    const others = (who: string) => `<bob@example.com>, <carol@example.com>, <${who}>`;
    await meanwhile(world, () => world.comes('bob@example.com', answer('b2', others('dave@example.com'))), {
      work: () => world.comes('carol@example.com', answer('c1', others('erin@example.com'))),
      begun: world.threadRead,
    });
    expect((await world.occupants(roomOf(world))).toSorted()).toEqual(
      ['bob', 'carol', 'dave', 'erin'].map((one) => `${one}@example.com`),
    );
  }));

it('tells once whom in a room a mail has not reached that is reported twice, and first at the moment in which it was taken', () =>
  play(async (world) => {
    const { runs, deliver, reported, server, sentRead, settled } = world;
    await runs('open', BOB);
    const [held, taken, found] = [1, 2, 3].map(() => Promise.withResolvers<void>());
    sentRead.now = async (read) => {
      const known = await read();
      // It is read twice whom a report is for, and then what it is about.
      let reads = 0;
      sentRead.now = (next) => {
        if (++reads === 3) found?.resolve();
        return next();
      };
      taken?.resolve();
      await held?.promise;
      return known;
    };
    const said = deliver({
      ...{
        place: { kind: 'room', account, id: roomOf(world) },
        from: { kind: 'xmpp', bare: 'romeo@a.example' as BareJid },
      },
      ...{ kind: 'message', style: 'plain', text: 'Hark.', id: 'e1.0' as EventId, at: 0, live: true },
    });
    await taken?.promise;
    const [mail] = server.heard;
    const about = { token: mail?.from ?? '', to: mail?.to[0] ?? '', messageId: mail?.parsed.messageId ?? '' };
    const report = deliveryReport(about, { action: 'failed', status: '5.1.1', diagnostic: '550 5.1.1 no such user' });
    const first = reported(about.token, report);
    await found?.promise;
    // All that follows from it is in memory.
    await setImmediate();
    held?.resolve();
    await Promise.all([said, first]);
    await reported(about.token, report);
    expect(settled).toHaveLength(1);
  }));
