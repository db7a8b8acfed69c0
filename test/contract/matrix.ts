import { openAppservice } from '#bridges/matrix/appservice/appservice.ts';
import { bridge } from '#bridges/matrix/index.ts';
import type { EventKind } from '#src/model/event.ts';
import { AS_TOKEN, HS_TOKEN, homeserver, SERVER } from '../fakes/homeserver.ts';
import { hooksServer } from '../fakes/hooks.ts';
import type { Contract, Wire } from './network.ts';

const ALICE = `@alice:${SERVER}`;
const BOB = `@bob:${SERVER}`;

/** The bridge as who has linked no account has it. */
const { facts, policy } = bridge.mapping;
/** Whom an account knows, its own homeserver says. */
const { contact: _, ...told } = facts.in;
const service: typeof bridge = {
  ...bridge,
  mapping: { facts: { ...facts, in: told, identity: 'operator' }, policy },
  logins: [],
  open: openAppservice,
};

/** The contract of the Matrix bridge, over a homeserver of our own that behaves like one. */
export const matrixContract: Contract = {
  name: 'Matrix',
  definition: service,
  network: {
    acknowledged: true,
    lines: false,
    addresses: ['alice:hs.example', '#verona:hs.example', '!verona:hs.example', '!abc_=41', '=41=c3=a4:hs.example'],
    open: openWire,
  },
};

async function openWire(): Promise<Wire> {
  const server = await homeserver();
  const hooks = await hooksServer();
  const { state } = server;
  for (const [user, name] of Object.entries({ [ALICE]: 'Alice', [BOB]: 'Bob' })) state.users.set(user, { name });
  state.now = Date.now();
  const room = state.create('verona', ALICE, { alias: `#verona:${SERVER}` });
  const other = state.create('mantua', ALICE, { alias: `#mantua:${SERVER}` });
  state.add(room, ALICE, 'm.room.power_levels', { users: { [ALICE]: 100 }, users_default: 60 }, '');
  const heard = new Map<string, number>();
  let release = (): void => undefined;
  let twice = false;
  let overtaken: ReturnType<typeof server.gather> | undefined;
  const ghost = (name: string): string => `@_xmpp_${name}=40xmpp.example:${SERVER}`;
  const said = (content: object): void =>
    void state.add(room, ALICE, 'm.room.message', { msgtype: 'm.text', ...content });

  async function say(text: string): Promise<void> {
    const gathered = twice ? server.gather() : undefined;
    said({ body: text });
    if (gathered) void gathered((events) => [...events, ...events]);
    twice = false;
    if (overtaken && room.events.length >= 2) {
      const flush = overtaken;
      overtaken = undefined;
      void flush((events) => events);
    }
  }

  const first = async (): Promise<string> => {
    await say('hark');
    return room.events.at(-1)?.event_id ?? '';
  };
  const relating = (type: string, about: object) => async (): Promise<void> => {
    state.add(room, ALICE, type, { 'm.relates_to': { event_id: await first(), ...about } });
  };
  const provoke: Partial<Record<EventKind, (name: string) => Promise<void>>> = {
    message: () => say('hark'),
    async edit() {
      const about = { rel_type: 'm.replace', event_id: await first() };
      said({ body: '* hear', 'm.new_content': { msgtype: 'm.text', body: 'hear' }, 'm.relates_to': about });
    },
    async retract() {
      state.add(room, ALICE, 'm.room.redaction', { redacts: await first() });
    },
    reaction: relating('m.reaction', { rel_type: 'm.annotation', key: '👍' }),
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
    async presence() {
      void server.ephemeral({ type: 'm.presence', sender: ALICE, content: { presence: 'online' } });
    },
    async profile(name) {
      const direct = state.create('alone', ALICE, { rule: 'invite' });
      state.member(direct, ALICE, ghost(name), 'invite', { is_direct: true });
      await server.when(() => state.membership(direct, ghost(name)) === 'join');
      await server.idle();
      state.member(direct, ALICE, ALICE, 'join', { displayname: 'Alice Capulet' });
    },
    async occupant() {
      state.member(room, BOB, BOB, 'join');
    },
    // Homeservers can put somebody into a room.
    async occupants(name) {
      state.member(other, ghost(name), ghost(name), 'join');
    },
    async topic() {
      state.add(room, ALICE, 'm.room.topic', { topic: 'Two households' }, '');
    },
    async invite(name) {
      state.member(other, ALICE, ghost(name), 'invite');
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
    served() {
      const http = hooks.open();
      server.hooks.push(http.real(''));
      return { http };
    },
    realm: '',
    credentials: async () => undefined,
    room: `!verona:${SERVER}`,
    person: `alice:${SERVER}`,
    nobody: `_xmpp_juliet=3d40a.example:${SERVER}`,
    elsewhere: `bob:${SERVER}`,
    say,
    provoke,
    async heard(name) {
      const index = heard.get(name) ?? 0;
      heard.set(name, index + 1);
      const texts = () =>
        [...state.rooms.values()]
          .flatMap(({ events }) => events)
          .filter(({ sender, type }) => sender === ghost(name) && type === 'm.room.message')
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
    refuseLogin: async () => undefined,
    break: async () => undefined,
    idle: () => server.idle(),
    journal: {
      async acknowledged() {
        await server.when(() => server.sent.every(({ status }) => status !== undefined));
      },
      isAcknowledged: async () => server.sent.every(({ status }) => status === 200),
      async repeat() {
        twice = true;
      },
      reorder: async () => undefined,
    },
    pages: { rooms: 2, people: 2, occupants: 2, history: 0 },
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await hooks[Symbol.asyncDispose]();
    },
  };
}
