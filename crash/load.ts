import type { Element } from 'ltx';
import type { FakeConnection } from '../test/fakes/xmpp-server.ts';
import { type Loft, settle } from '../test/invented/loft.ts';
import type { Landed, Ledger } from './ledger.ts';
import { between, oneOf, type Random } from './random.ts';
import { DOMAIN, USERS } from './setting.ts';

const NAMES = ['romeo', 'benvolio', 'balthasar', 'montague', 'juliet', 'nurse', 'capulet', 'peter'];
const FRIENDS = ['mercutio', 'paris', 'tybalt'];
/** Lives nowhere: what is written there is refused. */
const NOBODY = 'rosaline';
const PASSWORD = 'rapier';
/** Milliseconds between two portions. */
const TICK = 20;
/** One stanza in so many is written to nobody. */
const REFUSED = 25;
/** The loft's people stop to write when so much was not acknowledged: else what they write is all that is carried. */
const UNHEARD = 100;
/** What a client that has come back sends once more, of each conversation. */
const RESENT = 5;

export type LoadParts = {
  readonly loft: Loft;
  readonly ledger: Ledger;
  readonly random: Random;
  /** Messages a second, each way. */
  readonly rate: number;
};

/** People on both sides who write to one another, and what they see goes into the ledger. */
export type Load = {
  /** The gateway has connected: its users are there, and what they may have sent in vain they send once more. */
  attach(connection: FakeConnection): void;
  /** Registers the users. Resolves when they are. */
  register(): Promise<void>;
  /** Writes from now on; the loft's side writes whether a gateway is there or not. */
  begin(): void;
  end(): void;
  /** Tells so many messages at once. */
  pour(count: number): void;
  /** Resolves when so many more stanzas have come to XMPP. */
  after(count: number): Promise<void>;
  /** Whether all users have a line to the loft. */
  online(): boolean;
  /** How many messages of the loft are not acknowledged. */
  unacknowledged(): number;
  /** Counts what comes out anywhere: as long as it grows, something happens. */
  progress(): number;
  /** What lies in the loft, in the order in which it came. */
  landed(): readonly Landed[];
};

/** Settles everybody in the loft. */
export function openLoad({ loft, ledger, random, rate }: LoadParts): Load {
  for (const name of NAMES) settle(loft, name, PASSWORD);
  for (const name of FRIENDS) settle(loft, name);
  const numbers = new Map<string, number>();
  const unsure = new Map<string, { readonly id: string; readonly stanza: string }[]>();
  const registered = new Map<string, () => void>();
  let connection: FakeConnection | undefined;
  let timer: NodeJS.Timeout | undefined;
  let portion = 0;
  let came = 0;
  let awaited: { readonly count: number; readonly done: () => void } | undefined;

  function tell(): void {
    const [by, to] = [oneOf(random, FRIENDS), oneOf(random, NAMES)];
    const number = ledger.tell(`${by} ${to}`);
    loft.tell(by, to, { type: 'message', text: `${by} ${to} ${number}`, style: 'plain' }, { readers: [to] });
  }

  const unacknowledged = (): number => NAMES.reduce((sum, name) => sum + loft.person(name).queue.length, 0);

  function write(): void {
    if (!connection) return;
    const by = oneOf(random, NAMES);
    const to = between(random, 1, REFUSED) === 1 ? NOBODY : oneOf(random, FRIENDS);
    const lane = `${by} ${to}`;
    const number = numbers.get(lane) ?? 0;
    numbers.set(lane, number + 1);
    const id = `${by}-${to}-${number}`;
    const stanza = `<message type='chat' id='${id}' from='${by}@${USERS}/x' to='${to}@${DOMAIN}'><body>${lane} ${number}</body><request xmlns='urn:xmpp:receipts'/></message>`;
    unsure.set(lane, [...(unsure.get(lane) ?? []).slice(1 - RESENT), { id, stanza }]);
    connection.send(stanza);
  }

  function tick(): void {
    portion += (rate * TICK) / 1000;
    for (; portion >= 1; portion--) {
      if (unacknowledged() < UNHEARD) tell();
      write();
    }
  }

  function take(stanza: Element, from: FakeConnection): void {
    const { type, id = '', to = '' } = stanza.attrs as Record<string, string>;
    came++;
    if (awaited && came >= awaited.count) awaited.done();
    if (stanza.name === 'iq') return registered.get(id)?.();
    if (stanza.name === 'presence') return answer(type, to.split('/')[0] ?? '', from);
    const received = stanza.getChild('received', 'urn:xmpp:receipts');
    if (type === 'error') return ledger.heard(id, 'error');
    if (received) return ledger.heard(String(received.attrs.id), 'receipt');
    const message = numbered(stanza.getChildText('body') ?? '');
    if (message) ledger.came(message, id);
    else ledger.violate(`nobody has written this: ${stanza.toString().slice(0, 300)}`);
  }

  function answer(type: string | undefined, user: string, to: FakeConnection): void {
    if (type === 'subscribe')
      for (const what of ['subscribed', 'subscribe'])
        to.send(`<presence type='${what}' from='${user}' to='${DOMAIN}'/>`);
    if (type === 'subscribe' || type === 'probe') to.send(`<presence from='${user}/x' to='${DOMAIN}'/>`);
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
      for (const { id, stanza } of [...unsure.values()].flat()) if (!ledger.knows(id)) fresh.send(stanza);
    },
    async register() {
      await Promise.all(
        NAMES.map((name) => {
          const done = new Promise<void>((resolve) => registered.set(`register-${name}`, resolve));
          connection?.send(
            `<iq type='set' id='register-${name}' from='${name}@${USERS}/x' to='${DOMAIN}'><query xmlns='jabber:iq:register'><name>${name}</name><password>${PASSWORD}</password></query></iq>`,
          );
          return done;
        }),
      );
    },
    begin() {
      timer ??= setInterval(tick, TICK);
    },
    end() {
      clearInterval(timer);
      timer = undefined;
    },
    pour(count) {
      for (let told = 0; told < count; told++) tell();
    },
    after: (count) =>
      new Promise((done) => {
        awaited = { count: came + count, done };
      }),
    online: () => NAMES.every((name) => loft.person(name).online !== undefined),
    unacknowledged,
    progress: () => came + loft.posts.size,
    landed: () =>
      [...loft.posts.values()].flatMap(({ letter, tag }) => {
        const message = letter.type === 'message' && tag !== undefined ? numbered(letter.text) : undefined;
        return message && tag !== undefined ? [{ ...message, tag }] : [];
      }),
  };
}

function numbered(text: string): { lane: string; number: number } | undefined {
  const [, lane, number] = /^(\S+ \S+) (\d+)$/.exec(text) ?? [];
  return lane === undefined ? undefined : { lane, number: Number(number) };
}
