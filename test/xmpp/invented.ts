import type { Element } from 'ltx';
import type { Core, Transport } from '#src/core/index.ts';
import type { Address, Addresses } from '#src/model/address.ts';
import { Failure } from '#src/model/failure.ts';
import { accountKey, type BareJid } from '#src/model/ids.ts';
import type { Occupant } from '#src/model/party.ts';
import type { Place } from '#src/model/place.ts';
import type { Surroundings } from '#src/xmpp/stanza/router.ts';
import { type Facts, type View, viewOf } from '#src/xmpp/stanza/target.ts';
import { createReader } from '#src/xmpp/stream/reader.ts';
import type { Service } from '#src/xmpp/xep/extension.ts';
import { pigeon } from '../invented/mapping.ts';
import { plainTransport } from '../transports.ts';

export const GATEWAY = 'gw.example';
export const ROMEO = 'romeo@a.example' as BareJid;
export const SEAT = { in: true };
export const ROMEO_X = `${ROMEO}/x`;

/** Addresses of an invented network: `#room%realm`, `person%realm`, `realm`; the case of letters does not matter. */
export const addresses: Addresses = {
  parse(local) {
    const split = local.lastIndexOf('%');
    const realm = local.slice(split + 1);
    const name = local.slice(0, Math.max(split, 0));
    if (realm === '' || (split >= 0 && name === '')) throw new Failure('jid-malformed');
    const kind: Address['kind'] = split < 0 ? 'realm' : name.startsWith('#') ? 'room' : 'contact';
    return { kind, realm, name };
  },
  format: ({ kind, realm, name }) => (kind === 'realm' ? realm : `${name}%${realm}`),
  fold: (address) => ({ ...address, realm: address.realm.toLowerCase(), name: address.name.toLowerCase() }),
};

export const VERONA: Place = { kind: 'shared', transport: GATEWAY, id: '#verona%net' };

const table = { ...pigeon, facts: { ...pigeon.facts, out: {}, in: {}, rooms: 'shared' } } as const;

/** A transport of that network, of which discovery says nothing but that there are rooms; or what is given. */
export const transport = ({ domain = GATEWAY, said = {}, rooms = 'shared' }: Spoken = {}): Transport => {
  const advertised = {
    ...{ contact: [], room: [], unseen: [], rooms: rooms !== 'none', console: false, forms: false, extras: [] },
    ...said,
  };
  return { ...plain({ domain, rooms }), advertised, advertise: () => advertised };
};

const plain = ({ domain, rooms }: Required<Omit<Spoken, 'said'>>): Transport =>
  plainTransport({
    domain,
    mapping: { ...table, facts: { ...table.facts, rooms } },
    addresses,
    history: { record: true, replay: 0 },
  });

type Spoken = {
  readonly domain?: string;
  readonly said?: Partial<Transport['advertised']>;
  readonly rooms?: 'none' | 'shared';
};

/** Rooms are one for all accounts. */
export const standing: Core['standing'] = (user, domain, address) => {
  const { kind } = address;
  const account = accountKey(user, domain);
  const place: Place =
    kind === 'room' ? { kind: 'shared', transport: domain, id: address.id } : { ...address, account };
  return { place, identity: 'own', membership: 'seat', carried: pigeon.facts };
};

/** A view in which Romeo's resource `x` is in #verona as `Romeo`. */
export const view = (facts: Partial<Facts> = {}): View =>
  viewOf({
    transport: transport(),
    standing,
    addressOf: () => undefined,
    nickOf: (place, jid) => ('id' in place && place.id === '#verona%net' && jid === ROMEO_X ? 'Romeo' : undefined),
    occupants: (place) => ('id' in place && place.id === '#verona%net' ? occupants : []),
    ...facts,
  });

/** The stanzas in a piece of a component stream, read as the real stream is. */
export function stanzas(text: string): Element[] {
  const found: Element[] = [];
  const ignore = (): void => {};
  const reader = createReader({
    start: ignore,
    stanza: (stanza) => found.push(stanza),
    nonza: ignore,
    oversize: ignore,
    end: ignore,
  });
  const header = "<stream:stream xmlns='jabber:component:accept' xmlns:stream='http://etherx.jabber.org/streams'>";
  reader.write(Buffer.from(`<?xml version='1.0'?>${header}${text}`));
  return found;
}

/** The one stanza that the text is. */
export function stanza(text: string): Element {
  const [found, ...more] = stanzas(text);
  if (!found || more.length > 0) throw new Error(`not one stanza: ${text}`);
  return found;
}

/** A gateway of which nothing is said. */
export const service: Service = {
  version: '1.2.3',
  contacts: {},
  outages: [],
  terms: undefined,
  keeps: { messages: 0, files: 0 },
};

/** What a test changes about the surroundings of a request. */
export type Scene = { readonly facts?: Partial<Facts>; readonly core?: Partial<Core> };

const occupants: readonly Occupant[] = ['Romeo', 'Juliet'].map((nick) => ({
  id: nick.toLowerCase(),
  nick,
  affiliation: 'none',
  role: 'participant',
}));

/** A core that knows #verona with Romeo and Juliet in it, and accepts whatever comes. */
export const core = (changes: Partial<Core> = {}): Core => ({
  accept: () => {},
  perform: () => Promise.resolve(),
  gone: () => {},
  unheard: () => {},
  bounced: async () => {},
  confirmed: async () => {},
  archive: () => Promise.resolve({ events: [], complete: true, count: 0 }),
  archived: () => Promise.resolve({ events: [], complete: true, count: 0 }),
  languages: { heard: () => undefined, of: () => 'en' },
  permitted: () => true,
  blocks: () => {},
  lastActivity: () => Promise.reject(new Failure('service-unavailable')),
  admit(user) {
    if (changes.permitted?.(user) === false) throw new Failure('not-on-list');
  },
  standing,
  settings: { form: async () => ({ fields: [] }), change: async () => {} },
  dialogues: {
    command: () => Promise.reject(new Failure('not-supported')),
    answer: () => Promise.reject(new Failure('item-not-found')),
    back: () => Promise.reject(new Failure('item-not-found')),
    cancel: () => {},
    offered: () => [],
    begun: () => [],
  },
  chat: () => Promise.reject(new Failure('not-supported')),
  addressOf: () => undefined,
  registered: () => Promise.resolve(false),
  unregister: async () => () => {},
  unlink: async () => undefined,
  registration: { form: async () => ({ fields: [] }), register: async () => () => {} },
  probed: () => {},
  rooms: {
    quit: () => false,
    isMember: () => false,
    nickOf: view().nickOf,
    seat: (place, jid) => ('id' in place && place.id === '#verona%net' && jid === ROMEO_X ? SEAT : undefined),
    info: (place) => ('id' in place && place.id === '#verona%net' ? { occupants: 2, topic: 'Feud <1>' } : undefined),
    occupants: view().occupants,
  },
  realms: () => ['net', "o'net"],
  ask: () => Promise.reject(new Failure('not-supported')),
  card: () => Promise.reject(new Failure('not-supported')),
  picture: () => undefined,
  looks: () => {},
  ...changes,
});

export const surroundings = ({ facts, core: changes }: Scene = {}): Surroundings => ({
  view: view(facts),
  core: core(changes),
  tell: () => {},
  afterwards: (work) => work(),
  service,
  speech: { language: 'en', spoken: false },
});
