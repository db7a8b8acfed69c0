import type { FakeConnection } from '../../test/fakes/xmpp-server.ts';
import { type Loft, settle } from '../../test/invented/loft.ts';
import type { Load, NetworkParts } from '../network.ts';
import { between, oneOf } from '../random.ts';
import { atRate } from '../rate.ts';
import { numbered, openUsers } from '../users.ts';

export const DOMAIN = 'pigeon.example';
const NAMES = ['romeo', 'benvolio', 'balthasar', 'montague', 'juliet', 'nurse', 'capulet', 'peter'];
const FRIENDS = ['mercutio', 'paris', 'tybalt'];
/** Those of another server, where there is one, and those of them whose clients say that a message has come. */
const DISTANT = ['juliet', 'nurse', 'capulet', 'peter'];
const CONFIRMING = ['juliet', 'nurse'];
/** Lives nowhere: what is written there is refused. */
const NOBODY = 'rosaline';
const PASSWORD = 'rapier';
/** One stanza in so many is written to nobody. */
const REFUSED = 25;
/** The loft's people stop to write when so much was not acknowledged: else what they write is all that is carried. */
const UNHEARD = 100;

/** The people of a loft and their friends. */
export type PigeonLoad = Load & {
  /** Registers the users. Resolves when they are. */
  register(): Promise<void>;
  /** Tells so many messages at once. */
  pour(count: number): void;
  /** Resolves when so many more stanzas have come to XMPP. */
  after(count: number): Promise<void>;
  /** Whether all users have a line to the loft, but for those of another server. */
  online(): boolean;
  figures(): object;
};

const presenceOf = (user: string): string => `<presence from='${user}/x' to='${DOMAIN}'/>`;

/** Settles everybody in the loft. */
export function openLoad({ loft, ledger, random, rate, far }: NetworkParts & { readonly loft: Loft }): PigeonLoad {
  for (const name of NAMES) settle(loft, name, PASSWORD);
  for (const name of FRIENDS) settle(loft, name);
  const registered = new Map<string, () => void>();
  const users = openUsers({
    domain: DOMAIN,
    ledger,
    random,
    ...(far && { far: { users: DISTANT, confirming: CONFIRMING } }),
    back() {
      for (const name of DISTANT) users.connection?.send(presenceOf(users.jidOf(name)));
    },
    other({ name, attrs }, from) {
      const { type, id = '', to = '' } = attrs as Record<string, string>;
      if (name === 'iq') registered.get(id)?.();
      else answer(type, to.split('/')[0] ?? '', from);
    },
  });

  function tell(): void {
    const [by, to] = [oneOf(random, FRIENDS), oneOf(random, NAMES)];
    const number = ledger.tell(`${by} ${to}`);
    loft.tell(by, to, { type: 'message', text: `${by} ${to} ${number}`, style: 'plain' }, { readers: [to] });
  }

  const unacknowledged = (): number => NAMES.reduce((sum, name) => sum + loft.person(name).queue.length, 0);

  const writing = atRate(rate, () => {
    if (unacknowledged() < UNHEARD) tell();
    if (!users.connection) return;
    const by = oneOf(random, NAMES);
    users.write(by, between(random, 1, REFUSED) === 1 ? NOBODY : oneOf(random, FRIENDS));
  });

  function answer(type: string | undefined, user: string, to: FakeConnection | undefined): void {
    if (type === 'subscribe')
      for (const what of ['subscribed', 'subscribe'])
        to?.send(`<presence type='${what}' from='${user}' to='${DOMAIN}'/>`);
    if (type === 'subscribe' || type === 'probe') to?.send(presenceOf(user));
  }

  return {
    attach: users.attach,
    async register() {
      await Promise.all(
        NAMES.map((name) => {
          const done = new Promise<void>((resolve) => registered.set(`register-${name}`, resolve));
          users.connection?.send(
            `<iq type='set' id='register-${name}' from='${users.jidOf(name)}/x' to='${DOMAIN}'><query xmlns='jabber:iq:register'><name>${name}</name><password>${PASSWORD}</password></query></iq>`,
          );
          return done;
        }),
      );
    },
    begin() {
      writing.begin();
      if (far) users.far.begin();
    },
    end() {
      users.rest();
      users.far.end();
      writing.end();
    },
    pour(count) {
      for (let told = 0; told < count; told++) tell();
    },
    after: users.after,
    online: () => NAMES.every((name) => loft.person(name).online !== undefined || (far && DISTANT.includes(name))),
    figures: () => (far ? users.far.figures : {}),
    unacknowledged,
    progress: () => users.came + loft.posts.size,
    landed: () =>
      [...loft.posts.values()].flatMap(({ letter, tag }) => {
        const message = letter.type === 'message' && tag !== undefined ? numbered(letter.text) : undefined;
        return message && tag !== undefined ? [{ ...message, tag }] : [];
      }),
  };
}
