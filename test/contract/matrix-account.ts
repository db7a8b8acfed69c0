import { credentialsOf } from '#bridges/matrix/account/connection.ts';
import { bridge } from '#bridges/matrix/index.ts';
import type { EventKind } from '#src/model/event.ts';
import { AS_TOKEN, HS_TOKEN, homeserver, SERVER } from '../fakes/homeserver.ts';
import { hooksServer } from '../fakes/hooks.ts';
import type { Contract, Wire } from './network.ts';

const ALICE = `@alice:${SERVER}`;
const BOB = `@bob:${SERVER}`;
const userOf = (name: string): string => `@${name}:${SERVER}`;

/** The bridge as who has an account of their own has it: each is in their rooms, and who else is told when they enter. */
const { facts, policy } = bridge.mapping;
const { occupants: _, ...told } = facts.in;
const own: typeof bridge = {
  ...bridge,
  mapping: { facts: { ...facts, in: told, rooms: 'room', identity: 'own' }, policy },
};

/** The contract of the Matrix bridge with accounts of their own, over a homeserver of our own that behaves like one. */
export const matrixAccountContract: Contract = {
  name: 'Matrix, with accounts of their own',
  definition: own,
  network: {
    acknowledged: true,
    addresses: ['alice:hs.example', '#verona:hs.example', '!verona:hs.example', '!abc_=41', '=41=c3=a4:hs.example'],
    open: openWire,
  },
};

async function openWire(): Promise<Wire> {
  const server = await homeserver();
  const hooks = await hooksServer();
  const { state, accounts } = server;
  for (const name of ['alice', 'bob', 'romeo', 'juliet', '_xmpp_bot']) state.users.set(userOf(name), { name });
  state.now = Date.now();
  const room = state.create('verona', ALICE, { alias: `#verona:${SERVER}` });
  const other = state.create('mantua', ALICE, { rule: 'invite' });
  state.add(room, ALICE, 'm.room.power_levels', { users: { [ALICE]: 100 }, users_default: 60 }, '');
  const heard = new Map<string, number>();
  const logins: string[] = [];
  let release = (): void => undefined;
  let refused = false;
  let twice = false;
  const said = (content: object): void =>
    void state.add(room, ALICE, 'm.room.message', { msgtype: 'm.text', ...content });

  async function say(text: string): Promise<void> {
    said({ body: text });
    if (!twice) return;
    twice = false;
    await server.when(() => accounts.quiet);
    accounts.faults.push({ kind: 'repeat' });
    accounts.wake();
    await server.when(() => accounts.faults.length === 0 && accounts.quiet);
  }

  const first = async (): Promise<string> => {
    await say('hark');
    return room.events.at(-1)?.event_id ?? '';
  };
  /** She asks to talk alone, and is answered. */
  async function alone(name: string): Promise<ReturnType<typeof state.create>> {
    const direct = state.create(`alone${state.rooms.size}`, ALICE, { rule: 'invite' });
    state.member(direct, ALICE, userOf(name), 'invite', { is_direct: true });
    await server.when(() => state.membership(direct, userOf(name)) === 'join' && accounts.quiet);
    return direct;
  }
  const provoke: Partial<Record<EventKind, (name: string) => Promise<void>>> = {
    message: () => say('hark'),
    async edit() {
      const about = { rel_type: 'm.replace', event_id: await first() };
      said({ body: '* hear', 'm.new_content': { msgtype: 'm.text', body: 'hear' }, 'm.relates_to': about });
    },
    async retract() {
      state.add(room, ALICE, 'm.room.redaction', { redacts: await first() });
    },
    async reaction() {
      const about = { event_id: await first(), rel_type: 'm.annotation', key: '👍' };
      state.add(room, ALICE, 'm.reaction', { 'm.relates_to': about });
    },
    async receipt() {
      const content = { [await first()]: { 'm.read': { [ALICE]: { ts: 1 } } } };
      void server.ephemeral({ type: 'm.receipt', room_id: room.id, content });
    },
    async typing() {
      void server.ephemeral({ type: 'm.typing', room_id: room.id, content: { user_ids: [ALICE] } });
    },
    async call() {
      state.add(room, ALICE, 'm.call.invite', {});
    },
    contact: async (name) => void (await alone(name)),
    async presence(name) {
      await alone(name);
      void server.ephemeral({ type: 'm.presence', sender: ALICE, content: { presence: 'online' } });
    },
    async profile(name) {
      state.member(await alone(name), ALICE, ALICE, 'join', { displayname: 'Alice Capulet' });
    },
    async occupant() {
      state.member(room, BOB, BOB, 'join');
    },
    async topic() {
      state.add(room, ALICE, 'm.room.topic', { topic: 'Two households' }, '');
    },
    async invite(name) {
      state.member(other, ALICE, userOf(name), 'invite');
    },
    async room() {
      state.add(room, ALICE, 'm.room.name', { name: 'Fair Verona' }, '');
    },
  };

  return {
    settings: () => ({
      homeserver: { url: server.url, name: SERVER },
      appservice: { as_token: AS_TOKEN, hs_token: HS_TOKEN },
    }),
    served: () => ({ http: hooks.open() }),
    realm: '',
    async credentials(name) {
      const { user, id: device, token } = accounts.login(userOf(name));
      logins.push(user);
      return credentialsOf({ user, device, url: server.url, token: refused ? 'none' : token, encryption: false });
    },
    room: `!verona:${SERVER}`,
    person: `alice:${SERVER}`,
    nobody: `_xmpp_juliet=3d40a.example:${SERVER}`,
    elsewhere: `bob:${SERVER}`,
    say,
    provoke,
    async sayElsewhere(name, text) {
      state.add(await alone(name), userOf(name), 'm.room.message', { msgtype: 'm.text', body: text });
    },
    async heard(name) {
      const index = heard.get(name) ?? 0;
      heard.set(name, index + 1);
      const texts = () =>
        [...state.rooms.values()]
          .flatMap(({ events }) => events)
          .filter(({ sender, type }) => sender === userOf(name) && type === 'm.room.message')
          .map(({ content }) => String(content.body));
      return server.when(() => texts()[index]);
    },
    async hold() {
      release = server.hold();
    },
    held: async (count) => void (await server.when(() => server.held >= count)),
    release: async () => release(),
    async refuseMessage() {
      server.faults.push({ kind: 'refuse', status: 403, body: { errcode: 'M_FORBIDDEN', error: '' } });
    },
    async refuseLogin() {
      refused = true;
    },
    // What is sent over and over has no line that breaks, but a login that ends.
    async break() {
      for (const user of logins) accounts.end(user, false);
      server.drop();
    },
    idle: () => server.idle(),
    journal: {
      acknowledged: async (name) => void (await server.when(() => accounts.hasRead(userOf(name)))),
      isAcknowledged: async (name) => accounts.hasRead(userOf(name)),
      async repeat() {
        twice = true;
      },
      reorder: async () => undefined,
    },
    pages: { rooms: 1, people: 5, occupants: 2, history: 0 },
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await hooks[Symbol.asyncDispose]();
    },
  };
}
