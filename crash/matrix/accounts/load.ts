import { type FakeHomeserver, SERVER } from '../../../test/fakes/homeserver.ts';
import type { FakeEvent, FakeRoom } from '../../../test/fakes/homeserver-state.ts';
import { openOwnClients, submitted } from '../../clients.ts';
import type { Landed } from '../../ledger.ts';
import type { Load, NetworkParts } from '../../network.ts';
import { oneOf } from '../../random.ts';
import { atRate } from '../../rate.ts';
import { numbered, openUsers, RESENT } from '../../users.ts';
import { DOMAIN, OWNERS } from '../names.ts';
import { openPerson, type Person } from './people.ts';

const PEOPLE = Array.from({ length: 4 }, (_, index) => `bob${index}`);
/** Milliseconds between two looks of people for what was said. */
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
  const clients = openOwnClients(DOMAIN);
  const users = openUsers({ domain: DOMAIN, ledger, random, ...clients });
  let reading: NodeJS.Timeout | undefined;
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

  const writing = atRate(rate, () => {
    const pair = oneOf(random, pairs);
    if (ledger.missing() < UNHEARD && pair.person.open < PEOPLE.length) say(pair);
    write(oneOf(random, pairs));
  });

  function read(): void {
    for (const person of people) person.read();
  }

  const online = (): boolean => accounts.quiet && accounts.parked === OWNERS.length;

  return {
    attach(connection) {
      clients.attach(connection);
      users.attach(connection);
    },
    async register() {
      const form = (user: string): string => submitted({ user, password: 'secret', encryption: 'true' });
      await Promise.all(
        OWNERS.map((user) => clients.ask(user, `<query xmlns='jabber:iq:register'>${form(user)}</query>`)),
      );
    },
    online,
    begin() {
      writing.begin();
      reading = setInterval(read, READ);
    },
    end() {
      users.rest();
      writing.end();
    },
    unacknowledged: () => (online() ? 0 : 1) + people.reduce((sum, person) => sum + person.open + person.unread(), 0),
    progress: () => users.came + state.transactions.size + people.reduce((sum, { texts }) => sum + texts.size, 0),
    landed() {
      clearInterval(reading);
      const texts = new Map(people.flatMap((person) => [...person.texts]));
      return landedOf(
        [...state.rooms.values()].flatMap(({ events }) => events),
        texts,
      );
    },
  };
}

/** What the accounts have said, in the order in which the homeserver took it: each under the row that the transaction id names. */
const landedOf = (events: readonly FakeEvent[], texts: ReadonlyMap<string, string>): readonly Landed[] =>
  events
    .filter(({ sender, type }) => OWNERS.some((owner) => sender === ownerIdOf(owner)) && SAID.includes(type))
    .sort((one, other) => Number(one.event_id.slice(2)) - Number(other.event_id.slice(2)))
    .flatMap(({ event_id: id, content, transaction }): Landed[] => {
      const message = numbered(texts.get(id) ?? String(content.body));
      return message ? [{ ...message, tag: (transaction?.id ?? '').replace(/\.\d+$/, '') }] : [];
    });

const SAID = ['m.room.message', 'm.room.encrypted'];
