import type { Element } from 'ltx';
import { type FakeHomeserver, SERVER } from '../../../test/fakes/homeserver.ts';
import type { FakeEvent, FakeRoom } from '../../../test/fakes/homeserver-state.ts';
import type { FakeConnection } from '../../../test/fakes/xmpp-server.ts';
import type { Landed } from '../../ledger.ts';
import type { Load, NetworkParts } from '../../network.ts';
import { oneOf } from '../../random.ts';
import { USERS } from '../../setting.ts';
import { numbered, openUsers, RESENT } from '../../users.ts';
import { DOMAIN, OWNERS } from '../names.ts';
import { openPerson, type Person } from './people.ts';

const PEOPLE = Array.from({ length: 4 }, (_, index) => `bob${index}`);
/** Milliseconds between two portions, and between two looks of people for what was said. */
const TICK = 20;
const READ = 200;
/** Nobody writes on Matrix when so much has not come. */
const UNHEARD = 60;
/** After so many messages an encrypted room has another key. */
const ROTATION = 6;

type Pair = { readonly owner: string; readonly person: Person; readonly room: FakeRoom; readonly encrypted: boolean };

/** Users who have linked an account of their own, and people of its homeserver who talk with each alone: half of them in encrypted rooms. */
export type AccountsLoad = Load & {
  /** Links the accounts. Resolves when all have read what there is. */
  register(): Promise<void>;
  /** Whether all accounts have read what there is. */
  online(): boolean;
};

export const ownerIdOf = (name: string): string => `@${name}:${SERVER}`;

/** Begins when it is told to. */
export async function openAccountsLoad(
  { ledger, random, rate }: NetworkParts,
  { state, accounts }: Pick<FakeHomeserver, 'state' | 'accounts'>,
): Promise<AccountsLoad> {
  const registered = new Map<string, (word: string) => void>();
  const users = openUsers({ domain: DOMAIN, ledger, random, other, aside });
  let timers: readonly NodeJS.Timeout[] = [];
  let portion = 0;
  for (const name of [...PEOPLE, ...OWNERS]) state.users.set(ownerIdOf(name), { name });
  const people = await Promise.all(PEOPLE.map((name) => openPerson(ownerIdOf(name), { state, accounts }, ledger)));
  const pairs = OWNERS.flatMap((owner, row) =>
    people.map((person, column) => pairOf(owner, person, (row + column) % 2 === 0)),
  );
  for (const owner of OWNERS) {
    const own = pairs.filter((pair) => pair.owner === owner);
    const direct = Object.fromEntries(own.map(({ person, room }) => [person.user, [room.id]]));
    accounts.log.setData(ownerIdOf(owner), '', 'm.direct', direct);
  }

  function pairOf(owner: string, person: Person, encrypted: boolean): Pair {
    const room = state.create(`${owner}-${person.user.slice(1, -1 - SERVER.length)}`, person.user, { rule: 'invite' });
    const encryption = { algorithm: 'm.megolm.v1.aes-sha2', rotation_period_msgs: ROTATION };
    if (encrypted) state.add(room, person.user, 'm.room.encryption', encryption, '');
    state.member(room, ownerIdOf(owner), ownerIdOf(owner), 'join');
    return { owner, person, room, encrypted };
  }

  function say({ owner, person, room, encrypted }: Pair): void {
    const lane = `${person.user.slice(1, -1 - SERVER.length)} ${owner}`;
    if (encrypted) return person.say(room, lane);
    state.now = Date.now();
    state.add(room, person.user, 'm.room.message', { msgtype: 'm.text', body: `${lane} ${ledger.tell(lane)}` });
  }

  function write({ owner, person }: Pair): void {
    const to = `${person.user.slice(1).replace(':', '\\3a')}`;
    if (users.unheard(owner, to) < RESENT) users.write(owner, to);
  }

  function tick(): void {
    portion += (rate * TICK) / 1000;
    for (; portion >= 1; portion--) {
      const pair = oneOf(random, pairs);
      if (ledger.missing() < UNHEARD && pair.person.open < PEOPLE.length) say(pair);
      write(oneOf(random, pairs));
    }
  }

  function read(): void {
    for (const person of people) person.read();
  }

  /** What is no message: people see one another, and the gateway finds nothing where it asks. */
  function other({ name, attrs }: Element, to: FakeConnection | undefined): void {
    const { type, id = '', from = '', to: jid = '' } = attrs as Record<string, string>;
    const user = jid.split('/')[0] ?? '';
    if (name === 'iq' && (type === 'result' || type === 'error')) registered.get(id)?.(type);
    else if (name === 'iq')
      to?.send(
        `<iq type='error' id='${id}' from='${jid}' to='${from}'><error type='cancel'><service-unavailable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>`,
      );
    else if (type === 'subscribe')
      for (const what of ['subscribed', 'subscribe'])
        to?.send(`<presence type='${what}' from='${user}' to='${from}'/>`);
    if (name === 'presence' && from === DOMAIN && (type === 'subscribe' || type === 'probe'))
      to?.send(`<presence from='${user}/x' to='${DOMAIN}'/>`);
  }

  const online = (): boolean => accounts.quiet && accounts.parked === OWNERS.length;

  return {
    attach: users.attach,
    async register() {
      const answers = OWNERS.map((name) => {
        const { promise, resolve } = Promise.withResolvers<string>();
        registered.set(`register-${name}`, resolve);
        const fields = { user: name, password: 'secret', encryption: 'true' };
        const form = Object.entries(fields).map(
          ([key, value]) => `<field var='${key}'><value>${value}</value></field>`,
        );
        users.connection?.send(
          `<iq type='set' id='register-${name}' from='${name}@${USERS}/x' to='${DOMAIN}'><query xmlns='jabber:iq:register'><x type='submit' xmlns='jabber:x:data'>${form.join('')}</x></query></iq>`,
        );
        return promise;
      });
      if ((await Promise.all(answers)).includes('error')) throw new Error('an account could not be linked');
    },
    online,
    begin() {
      timers = [setInterval(tick, TICK), setInterval(read, READ)];
    },
    end() {
      users.rest();
      clearInterval(timers[0]);
    },
    unacknowledged: () => (online() ? 0 : 1) + people.reduce((sum, person) => sum + person.open + person.unread(), 0),
    progress: () => users.came + state.transactions.size + people.reduce((sum, { texts }) => sum + texts.size, 0),
    landed() {
      clearInterval(timers[1]);
      const texts = new Map(people.flatMap((person) => [...person.texts]));
      return landedOf(
        [...state.rooms.values()].flatMap(({ events }) => events),
        texts,
      );
    },
  };
}

/** What stands beside what people say: names, and places to come to. */
const aside = (stanza: Element): boolean => stanza.attrs.type === 'headline' || stanza.getChild('body') === undefined;

/** What the accounts have said, in the order in which the homeserver took it: each under the row that the transaction id names. */
const landedOf = (events: readonly FakeEvent[], texts: ReadonlyMap<string, string>): readonly Landed[] =>
  events
    .filter(({ sender, type }) => OWNERS.some((owner) => sender === ownerIdOf(owner)) && SAID.includes(type))
    .sort((one, other) => Number(one.event_id.slice(2)) - Number(other.event_id.slice(2)))
    .flatMap(({ event_id: id, content, transaction = '' }): Landed[] => {
      const message = numbered(texts.get(id) ?? String(content.body));
      return message ? [{ ...message, tag: transaction.replace(/\.\d+$/, '') }] : [];
    });

const SAID = ['m.room.message', 'm.room.encrypted'];
