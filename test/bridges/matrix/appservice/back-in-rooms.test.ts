import { expect, it } from 'vitest';
import { openAppservice } from '#bridges/matrix/appservice/appservice.ts';
import { config } from '#bridges/matrix/config.ts';
import { type AccountKey, accountKey, type BareJid, type EventId } from '#src/model/ids.ts';
import { testHost } from '../../../contract/host.ts';
import { AS_TOKEN, type FakeHomeserver, HS_TOKEN, homeserver, SERVER } from '../../../fakes/homeserver.ts';
import type { Json } from '../../../fakes/homeserver-state.ts';
import { hooksServer } from '../../../fakes/hooks.ts';

const ALICE = `@alice:${SERVER}`;
const ROOM = `!verona:${SERVER}`;
const ROMEO: AccountKey = accountKey('romeo@a.example' as BareJid, 'matrix.example');
const GHOST = `@_xmpp_romeo=40a.example:${SERVER}`;

const byRomeo = (id: string) => ({
  ...{ id: id as EventId, at: 1, live: true },
  place: { kind: 'shared', transport: 'matrix.example', id: ROOM } as const,
  from: { kind: 'xmpp', bare: 'romeo@a.example' as BareJid } as const,
});

/** A bridge that begins where another has ended without a word: Romeo's ghost is in a room. */
async function killed(set: (server: FakeHomeserver) => void = () => undefined, below = '') {
  await using stack = new AsyncDisposableStack();
  const server = stack.use(await homeserver());
  set(server);
  const hooks = stack.use(await hooksServer());
  const { state } = server;
  state.users.set(ALICE, { name: 'Alice' });
  state.users.set(GHOST, { name: 'Romeo' });
  const room = state.create('verona', ALICE, { alias: `#verona:${SERVER}` });
  state.member(room, GHOST, GHOST, 'join');
  const say = (body: string): void => void state.add(room, ALICE, 'm.room.message', { msgtype: 'm.text', body });
  const http = hooks.open();
  const parts = testHost('matrix.example', {}, { http });
  await parts.host.state.put({ key: `inside ${ROMEO} ${ROOM}` }, '');
  say('before');
  const settings = config.parse({
    homeserver: { url: server.url + below, name: SERVER },
    appservice: { as_token: AS_TOKEN, hs_token: HS_TOKEN },
  });
  const bridge = await openAppservice(settings, parts.host);
  stack.defer(() => bridge[Symbol.asyncDispose]());
  server.hooks.push(http.real(''));
  const resources = stack.move();
  const texts = (): readonly string[] => parts.drafts.flatMap((draft) => (draft.kind === 'message' ? draft.text : []));
  return {
    ...{ server, parts, say, texts },
    heard: (text: string) => parts.when(text, () => texts().includes(text)),
    putOut: (): void => void state.member(room, ALICE, GHOST, 'leave'),
    /** He is on his way in. */
    enter: (id = 'j1') =>
      bridge.deliver({
        ...byRomeo(id),
        ...{
          kind: 'occupant',
          change: 'join',
          who: { id: '', nick: 'Romeo', affiliation: 'none', role: 'participant' },
        },
      }),
    speak: (id: string) => bridge.deliver({ ...byRomeo(id), kind: 'message', text: 'Ay me', style: 'plain' }),
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}

it('hears what is said in rooms after a kill before anybody is back, and shows nothing of it again', async () => {
  await using world = await killed();
  world.say('while nobody was back');
  await world.heard('while nobody was back');
  await world.enter();
  await world.parts.when('the occupants', () => world.parts.drafts.some(({ kind }) => kind === 'occupants'));
  world.say('after');
  await world.heard('after');
  expect(world.texts()).toEqual(['while nobody was back', 'after']);
});

it('comes anew into a room whose end it is just being told', async () => {
  await using world = await killed();
  const { parts, server } = world;
  const settled = (id: string) => () => parts.settled.find((one) => one.id === id);
  await world.enter();
  await parts.when('the join', settled('j1'));
  const release = parts.holdEmits();
  world.putOut();
  await parts.when('the end', () => parts.drafts.some((one) => one.kind === 'occupant' && one.change === 'kick'));
  await world.enter('j2');
  await parts.when('the occupants again', () => parts.drafts.filter(({ kind }) => kind === 'occupants').length === 2);
  release();
  await parts.when('the join', settled('j2'));
  await server.idle();
  await world.speak('m1');
  expect(await parts.when('the message', settled('m1'))).toMatchObject({ outcome: { state: 'taken' } });
  expect(await parts.host.state.get({ key: `inside ${ROMEO} ${ROOM}` })).toBe('');
});

it('stays in a room into which its user comes back while it is being taken out of it', async () => {
  await using world = await killed();
  const { parts, server } = world;
  await server.idle();
  server.slow.add(`rooms/${ROOM}/state/m.room.member/${GHOST}`);
  parts.clock.advance(180_000);
  await server.when(() => server.late === 1);
  await world.enter();
  await server.when(() => server.late === 2);
  server.slow.clear();
  server.answerLate();
  expect(await parts.when('the join', () => parts.settled.find(({ id }) => id === 'j1'))).toMatchObject({
    outcome: { state: 'taken' },
  });
  await server.idle();
  expect(server.done.filter((line) => / leave /.test(line))).toEqual([]);
});

it('comes back into a room once the homeserver answers again', async () => {
  await using world = await killed();
  const { server, parts } = world;
  await server.idle();
  server.faults.push(...Array.from({ length: 7 }, () => ({ kind: 'html', status: 502 }) as const));
  await world.enter();
  const tick = setInterval(() => parts.clock.advance(2_000), 10);
  await parts
    .when('the occupants', () => parts.drafts.some(({ kind }) => kind === 'occupants'))
    .finally(() => clearInterval(tick));
  expect(server.faults).toEqual([]);
  expect(parts.settled.map(({ outcome }) => outcome)).not.toContainEqual(expect.any(Error));
});

it('takes nothing for heard while a proxy in between answers with a page for the homeserver', async () => {
  await using world = await killed();
  const { server, parts } = world;
  server.garbled.add(`rooms/${ROOM}/state`);
  world.say('meanwhile');
  const tick = setInterval(() => parts.clock.advance(2_000), 10);
  const one = await server.when(() => server.sent.at(-1));
  await server.when(() => one.status !== undefined);
  clearInterval(tick);
  expect(one.status).not.toBe(200);
  server.garbled.clear();
  await server.push(one.body, one.id);
  await world.heard('meanwhile');
});

const refusing = (status: number, errcode: string, more?: Json) => (server: FakeHomeserver) =>
  void (server.state.pingRefusal = [status, errcode, more]);

it.each<[string, (server: FakeHomeserver) => void, RegExp, string?]>([
  ['that it does not reach them', refusing(502, 'M_CONNECTION_FAILED'), /does not reach .*\(M_CONNECTION_FAILED\)/],
  ['that it shows another token', refusing(502, 'M_BAD_STATUS', { status: 403 }), /another token than its hs_token/],
  [
    'that something else is there',
    refusing(502, 'M_BAD_STATUS', { status: 404 }),
    /something else .*M_BAD_STATUS, 404/,
  ],
  ['an id of before', refusing(403, 'M_FORBIDDEN'), /under another id than "isthmus matrix\.example"/],
  ['nothing, for it is not there', () => undefined, /No Matrix homeserver answers at http:.*\/elsewhere/, '/elsewhere'],
  [
    'another name',
    ({ accounts }) => void (accounts.claimed = '@_xmpp_bot:other.example'),
    /calls this gateway @_xmpp_bot:other\.example, the config @_xmpp_bot:hs\.example/,
  ],
])('tells those who run it at the start what the homeserver says: %s', async (_, set, alarm, below) => {
  await using world = await killed(set, below);
  const { alarms, clock } = world.parts;
  const tick = setInterval(() => clock.advance(10_000), 10);
  await world.parts.when('an alarm', () => alarms.length > 0).finally(() => clearInterval(tick));
  expect(alarms).toEqual([{ name: 'appservice', text: expect.stringMatching(alarm) }]);
});

it('is alarmed by no homeserver that does not reach it yet, while both are starting', async () => {
  await using world = await killed(({ state }) => void (state.pingRefusal = [502, 'M_CONNECTION_FAILED']));
  const { parts, server } = world;
  const { pings } = server.state;
  await server.when(() => pings.length === 1);
  server.state.pingRefusal = undefined;
  const tick = setInterval(() => parts.clock.advance(10_000), 10);
  await server.when(() => pings.length === 2).finally(() => clearInterval(tick));
  expect(parts.alarms).toEqual([]);
});

it('asks the homeserver for what it has for it as soon as it is there', async () => {
  await using world = await killed();
  const { pings } = world.server.state;
  expect(await world.server.when(() => pings.length > 0 && pings)).toEqual(['isthmus matrix.example']);
});
