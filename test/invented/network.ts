import type { BridgeDefinition } from '#src/bridge.ts';
import type { EventKind } from '#src/model/event.ts';
import { Sealed } from '#src/model/sealed.ts';
import type { Contract, Wire } from '../contract/network.ts';
import { type Orders, orders } from './control.ts';
import { facts } from './mapping.ts';
import { bridge, ghostBridge } from './pigeon/index.ts';
import type { Letter, ToLoft } from './pigeon/wire.ts';
import { pigeonServer } from './server.ts';

const ROOM = '~verona';
const PERSON = 'mercutio';

/** The contract of an invented bridge, over a real loft. */
export const pigeonContract = (name: string, definition: BridgeDefinition = bridge, settings = {}): Contract => ({
  name,
  definition,
  network: {
    acknowledged: true,
    lines: definition !== ghostBridge,
    bytes: 'file_size' in settings,
    addresses: ['', 'romeo', ROOM, '~a.b-c_d', 'X1'],
    open: () => openWire(definition, settings),
  },
});

/** A loft with Mercutio in a room, and what orders its faults. */
export async function openWire(definition: BridgeDefinition, more: object = {}): Promise<Wire & { order: Orders }> {
  const server = await pigeonServer();
  const order = await orders(server.controlPort);
  const act = (to: string, letter: Letter) => order({ as: PERSON, to, letter }).then(() => undefined);
  const keys = new Map<string, string>();
  await order({ person: PERSON });
  await order({ room: ROOM });
  await act(ROOM, { type: 'occupant', change: 'join', who: occupantOf(PERSON) });
  await act(ROOM, message('Two households'));
  await act(ROOM, message('both alike'));
  await act(ROOM, message('in dignity'));
  return {
    order,
    settings: ({ slow }) => ({ port: server.port, ...(slow && { window: 1 }), ...more }),
    realm: '',
    async credentials(name) {
      if (definition === ghostBridge) return undefined;
      const key = keys.get(name) ?? String(await order({ person: name, password: 'secret' }));
      keys.set(name, key);
      return { name: new Sealed(name), key: new Sealed(key) };
    },
    room: ROOM,
    person: PERSON,
    nobody: 'keeper',
    say: (text) => act(ROOM, message(text)),
    async sayElsewhere(name, text) {
      await order({ as: name, to: PERSON, letter: message(text), elsewhere: true });
    },
    provoke: provoking(order, definition),
    heard: (name) => heard(order, name),
    hold: () => order({ fault: 'hold', on: 'send', times: 1000 }).then(() => undefined),
    held: (count) => order({ wait: 'held', count }).then(() => undefined),
    release: () => order({ release: true }).then(() => undefined),
    refuseMessage: () => order({ fault: 'refuse', on: 'send' }).then(() => undefined),
    loseMessage: () => order({ fault: 'lose', on: 'send', code: PERSON }).then(() => undefined),
    refuseLogin: () => order({ fault: 'refuse', on: 'login', code: 'banned' }).then(() => undefined),
    break: () => order({ break: true }).then(() => undefined),
    idle: () => order({ wait: 'idle' }).then(() => undefined),
    journal: {
      acknowledged: (of) => order({ wait: 'acked', of }).then(() => undefined),
      isAcknowledged: (of) => order({ isAcked: of }).then((found) => found === true),
      repeat: () => order({ fault: 'repeat-event' }).then(() => undefined),
      reorder: () => order({ fault: 'reorder-event' }).then(() => undefined),
    },
    pages: { rooms: 1, people: 2, occupants: 2, history: 3 },
    async [Symbol.asyncDispose]() {
      await order[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
    },
  };
}

const message = (text: string): Letter => ({ type: 'message', text, style: 'plain' });
const occupantOf = (name: string) => ({ id: name, nick: name, affiliation: 'none', role: 'participant' }) as const;

/** The text of the next message among all that is heard. */
async function heard(order: Orders, name: string): Promise<string> {
  for (;;) {
    const said = JSON.parse(String(await order({ hear: name }))) as ToLoft;
    if ('letter' in said && said.letter.type === 'message') return said.letter.text;
  }
}

/** How Mercutio makes each kind happen. */
function provoking(order: Orders, { mapping }: BridgeDefinition): Wire['provoke'] {
  const act = (to: string, letter: Letter) => order({ as: PERSON, to, letter });
  const last = async () => ((await act(ROOM, message('this'))) as { ids: string[] }).ids[0] ?? '';
  const letters: Record<Exclude<EventKind, 'nick'>, (name: string) => Promise<unknown>> = {
    message: () => act(ROOM, message('hark')),
    edit: async () => act(ROOM, { type: 'edit', of: await last(), text: 'that' }),
    retract: async () => act(ROOM, { type: 'retract', of: await last() }),
    reaction: async () => act(ROOM, { type: 'react', of: await last(), emoji: ['👍'] }),
    receipt: async (name) => act(name, { type: 'receipt', of: await last(), state: 'displayed' }),
    typing: (name) => act(name, { type: 'typing', active: true }),
    attention: (name) => act(name, { type: 'ring' }),
    call: (name) => act(name, { type: 'call' }),
    presence: (name) => act(name, { type: 'presence', show: 'away' }),
    profile: (name) => act(name, { type: 'profile', name: 'Mercutio' }),
    contact: (name) => act(name, { type: 'contact', action: 'subscribe' }),
    occupant: () => act(ROOM, { type: 'nick', nick: 'queen mab' }),
    occupants: (name) =>
      order({ as: name, to: ROOM, letter: { type: 'occupant', change: 'join', who: occupantOf(name) } }),
    affiliation: () => act(ROOM, { type: 'affiliation', changes: [{ id: PERSON, affiliation: 'owner' }] }),
    topic: () => act(ROOM, { type: 'topic', text: 'A plague' }),
    invite: (name) => act(name, { type: 'invite', room: ROOM }),
    room: () => act(ROOM, { type: 'room', change: 'renamed', text: 'Verona' }),
  };
  const wanted = Object.entries(letters).filter(([kind]) => (mapping.facts.in[kind as EventKind] ?? 'none') !== 'none');
  return Object.fromEntries(wanted.map(([kind, run]) => [kind, (name: string) => run(name).then(() => undefined)]));
}

/** Everything that can be carried, for settings that switch it off. */
export const nothing = Object.fromEntries(Object.keys({ ...facts.out, ...facts.in }).map((kind) => [kind, 'none']));
