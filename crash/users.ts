import type { Element } from 'ltx';
import type { FakeConnection } from '../test/fakes/xmpp-server.ts';
import { type FarServer, type FarStanza, openFarServer } from './far.ts';
import type { Ledger, Numbered } from './ledger.ts';
import { between, type Random } from './random.ts';
import { FAR, RECEIPT, USERS } from './setting.ts';

/** What a client that has come back sends once more, of each conversation. */
export const RESENT = 5;
/** One message in so many is sent again once it has failed, and one in so many once it has arrived. */
const RETRIED = 2;
const DOUBLED = 20;

export type UsersParts = {
  readonly domain: string;
  readonly ledger: Ledger;
  readonly random: Random;
  /** Those of another server, and those of them whose clients say that a message has come (XEP-0184). */
  readonly far?: { readonly users: readonly string[]; readonly confirming: readonly string[] };
  /** Takes what is no message. `written` is the connection in which the gateway has written it. */
  other(stanza: Element, from: FakeConnection | undefined, written: number): void;
  /** Whether a message stands beside what people say, and is taken by `other`. */
  aside?(message: Element): boolean;
  /** The users of another server are there again. */
  back?(): void;
};

/** The clients of the users, at the other end of the gateway's link. */
export type Users = {
  /** The gateway has connected: what the clients may have sent in vain they send once more. */
  attach(connection: FakeConnection): void;
  readonly connection: FakeConnection | undefined;
  /** A user writes the next message to somebody of the network, or into a room, as far as there is a connection: the number of it. */
  write(by: string, to: string, type?: 'chat' | 'groupchat'): number | undefined;
  /** The bare JID of somebody. */
  jidOf(name: string): string;
  readonly far: FarServer;
  /** Whether somebody's server is there. */
  reaches(name: string): boolean;
  /** From now on nothing is sent again for its answer. */
  rest(): void;
  /** How many of the last messages of a conversation have no answer yet; at most `RESENT`. */
  unheard(by: string, to: string): number;
  /** Resolves when so many more stanzas have come. */
  after(count: number): Promise<void>;
  /** Stanzas that have come. */
  readonly came: number;
};

type Sent = { readonly by: string; readonly id: string; readonly stanza: string };

export function openUsers({ domain, ledger, random, other, ...parts }: UsersParts): Users {
  const numbers = new Map<string, number>();
  const unsure = new Map<string, Sent[]>();
  let connection: FakeConnection | undefined;
  /** What was sent again for its answer. */
  const retried = new Set<string>();
  let resting = false;
  let came = 0;
  let awaited: { readonly count: number; readonly done: () => void } | undefined;

  const distant = new Set(parts.far?.users);
  const confirming = new Set(parts.far?.confirming.map((name) => `${name}@${FAR}`));
  const jidOf = (name: string): string => `${name}@${distant.has(name) ? FAR : USERS}`;
  const far = openFarServer({
    random,
    arrives: take,
    returns({ stanza }) {
      const [id, word] = nameOf(stanza);
      if (stanza.name === 'message') word ? ledger.unreached(id) : ledger.returned(id);
    },
    back() {
      parts.back?.();
      if (connection) sendAgain(connection, ({ by }) => distant.has(by));
    },
  });
  const reaches = (name: string): boolean => far.isUp || !distant.has(name);

  function take({ stanza, written }: FarStanza): void {
    came++;
    if (awaited && came >= awaited.count) awaited.done();
    if (isPing(stanza)) return void connection?.send(pong(stanza));
    if (stanza.name !== 'message') return other(stanza, connection, written);
    const [id, word] = nameOf(stanza);
    if (word === 'error' && isUnkept(stanza) && ledger.unkept(id)) return;
    if (word) return heard(id, word, written);
    if (parts.aside?.(stanza)) return other(stanza, connection, written);
    const message = numbered(stanza.getChildText('body') ?? '');
    if (!message) return ledger.violate(`nobody has written this: ${stanza.toString().slice(0, 300)}`);
    ledger.came(message, id, written);
    const { to = '', from } = stanza.attrs as Record<string, string>;
    if (confirming.has(to.split('/')[0] ?? ''))
      connection?.send(
        `<message id='${RECEIPT}${id}' from='${to}/x' to='${from}'><received xmlns='urn:xmpp:receipts' id='${id}'/></message>`,
      );
  }

  /** The message that a stanza is or answers, and with which word. */
  function nameOf(stanza: Element): readonly [string, ('receipt' | 'error')?] {
    const { type, id = '' } = stanza.attrs as Record<string, string>;
    const received = stanza.getChild('received', 'urn:xmpp:receipts');
    if (type === 'error') return [id, 'error'];
    return received ? [String(received.attrs.id), 'receipt'] : [id];
  }

  /** Whoever hears that a message has failed may send it again, under its id; some clients do so with what has arrived. */
  function heard(id: string, word: 'receipt' | 'error', written: number): void {
    ledger.heard(id, word, written);
    if (resting || retried.has(id) || between(random, 1, word === 'error' ? RETRIED : DOUBLED) > 1) return;
    const sent = [...unsure.values()].flat().find((one) => one.id === id);
    if (!sent || !connection) return;
    retried.add(id);
    ledger.repeated(id);
    connection.send(sent.stanza);
  }

  async function read(from: FakeConnection, written: number): Promise<void> {
    for (;;) {
      const stanza = await from.next();
      const one = { stanza, written };
      if (`${stanza.attrs.to}`.replace(/^.*@|\/.*$/g, '') === FAR) far.take(one);
      else take(one);
    }
  }

  function sendAgain(to: FakeConnection, fits: (one: Sent) => boolean): void {
    for (const one of [...unsure.values()].flat()) {
      if (!fits(one) || ledger.knows(one.id)) continue;
      ledger.repeated(one.id);
      to.send(one.stanza);
    }
  }

  return {
    attach(fresh) {
      connection = fresh;
      far.attach(fresh);
      void read(fresh, ledger.connection);
      void fresh.closed.then(() => {
        if (connection === fresh) connection = undefined;
      });
      sendAgain(fresh, ({ by }) => reaches(by));
    },
    get connection() {
      return connection;
    },
    write(by, to, type = 'chat') {
      if (!connection || !reaches(by)) return undefined;
      const lane = `${by} ${to}`;
      const number = numbers.get(lane) ?? 0;
      numbers.set(lane, number + 1);
      const id = `${by}-${to}-${number}`;
      const asked = type === 'chat' ? "<request xmlns='urn:xmpp:receipts'/>" : '';
      const stanza = `<message type='${type}' id='${id}' from='${jidOf(by)}/x' to='${to}@${domain}'><body>${lane} ${number}</body>${asked}</message>`;
      unsure.set(lane, [...(unsure.get(lane) ?? []).slice(1 - RESENT), { by, id, stanza }]);
      connection.send(stanza);
      return number;
    },
    jidOf,
    far,
    reaches,
    rest() {
      resting = true;
    },
    unheard: (by, to) => (unsure.get(`${by} ${to}`) ?? []).filter(({ id }) => !ledger.knows(id)).length,
    after: (count) =>
      new Promise((done) => {
        awaited = { count: came + count, done };
      }),
    get came() {
      return came;
    },
  };
}

/** What the gateway asks a server that was away (XEP-0199). */
const isPing = (stanza: Element): boolean => stanza.getChild('ping', 'urn:xmpp:ping') !== undefined;
const pong = ({ attrs }: Element): string =>
  `<iq type='result' id='${attrs.id}' from='${attrs.to}' to='${attrs.from}'/>`;

/** Whether an error says that the store takes nothing at the moment (RFC 6120 §8.3.3.18). */
const isUnkept = (stanza: Element): boolean => stanza.getChild('error')?.getChild('resource-constraint') !== undefined;

/** The message that a text names at its end. */
export function numbered(text: string): Numbered | undefined {
  const [, lane, number] = /(\S+ \S+) (\d+)$/.exec(text) ?? [];
  return lane === undefined ? undefined : { lane, number: Number(number) };
}
