import type { Element } from 'ltx';
import type { FakeConnection } from '../test/fakes/xmpp-server.ts';
import type { Ledger, Numbered } from './ledger.ts';
import { between, type Random } from './random.ts';
import { USERS } from './setting.ts';

/** What a client that has come back sends once more, of each conversation. */
export const RESENT = 5;
/** One message in so many is sent again once it has failed, and one in so many once it has arrived. */
const RETRIED = 2;
const DOUBLED = 20;

export type UsersParts = {
  readonly domain: string;
  readonly ledger: Ledger;
  readonly random: Random;
  /** Takes what is no message. */
  other(stanza: Element, from: FakeConnection): void;
};

/** The clients of the users, at the other end of the gateway's link. */
export type Users = {
  /** The gateway has connected: what the clients may have sent in vain they send once more. */
  attach(connection: FakeConnection): void;
  readonly connection: FakeConnection | undefined;
  /** A user writes the next message to somebody of the network, as far as there is a connection. */
  write(by: string, to: string): void;
  /** From now on nothing is sent again for its answer. */
  rest(): void;
  /** How many of the last messages of a conversation have no answer yet; at most `RESENT`. */
  unheard(by: string, to: string): number;
  /** Resolves when so many more stanzas have come. */
  after(count: number): Promise<void>;
  /** Stanzas that have come. */
  readonly came: number;
};

export function openUsers({ domain, ledger, random, other }: UsersParts): Users {
  const numbers = new Map<string, number>();
  const unsure = new Map<string, { readonly id: string; readonly stanza: string }[]>();
  let connection: FakeConnection | undefined;
  /** What was sent again for its answer. */
  const retried = new Set<string>();
  let resting = false;
  let came = 0;
  let awaited: { readonly count: number; readonly done: () => void } | undefined;

  function take(stanza: Element, from: FakeConnection): void {
    const { type, id = '' } = stanza.attrs as Record<string, string>;
    came++;
    if (awaited && came >= awaited.count) awaited.done();
    if (stanza.name !== 'message') return other(stanza, from);
    const received = stanza.getChild('received', 'urn:xmpp:receipts');
    if (type === 'error') return heard(id, 'error');
    if (received) return heard(String(received.attrs.id), 'receipt');
    const message = numbered(stanza.getChildText('body') ?? '');
    if (message) ledger.came(message, id);
    else ledger.violate(`nobody has written this: ${stanza.toString().slice(0, 300)}`);
  }

  /** Whoever hears that a message has failed may send it again, under its id; some clients do so with what has arrived. */
  function heard(id: string, word: 'receipt' | 'error'): void {
    ledger.heard(id, word);
    if (resting || retried.has(id) || between(random, 1, word === 'error' ? RETRIED : DOUBLED) > 1) return;
    const sent = [...unsure.values()].flat().find((one) => one.id === id);
    if (!sent || !connection) return;
    retried.add(id);
    ledger.repeated(id);
    connection.send(sent.stanza);
  }

  async function read(from: FakeConnection): Promise<void> {
    for (;;) take(await from.next(), from);
  }

  return {
    attach(fresh) {
      connection = fresh;
      void read(fresh);
      void fresh.closed.then(() => {
        if (connection === fresh) connection = undefined;
      });
      for (const { id, stanza } of [...unsure.values()].flat()) {
        if (ledger.knows(id)) continue;
        ledger.repeated(id);
        fresh.send(stanza);
      }
    },
    get connection() {
      return connection;
    },
    write(by, to) {
      if (!connection) return;
      const lane = `${by} ${to}`;
      const number = numbers.get(lane) ?? 0;
      numbers.set(lane, number + 1);
      const id = `${by}-${to}-${number}`;
      const stanza = `<message type='chat' id='${id}' from='${by}@${USERS}/x' to='${to}@${domain}'><body>${lane} ${number}</body><request xmlns='urn:xmpp:receipts'/></message>`;
      unsure.set(lane, [...(unsure.get(lane) ?? []).slice(1 - RESENT), { id, stanza }]);
      connection.send(stanza);
    },
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

/** The message that a text names at its end. */
export function numbered(text: string): Numbered | undefined {
  const [, lane, number] = /(\S+ \S+) (\d+)$/.exec(text) ?? [];
  return lane === undefined ? undefined : { lane, number: Number(number) };
}
