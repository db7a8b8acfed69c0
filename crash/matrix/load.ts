import { type FakeHomeserver, SERVER } from '../../test/fakes/homeserver.ts';
import type { FakeEvent, FakeRoom } from '../../test/fakes/homeserver-state.ts';
import type { Landed } from '../ledger.ts';
import type { Load, NetworkParts } from '../network.ts';
import { oneOf } from '../random.ts';
import { atRate } from '../rate.ts';
import { USERS } from '../setting.ts';
import { numbered, openUsers, RESENT } from '../users.ts';
import { DOMAIN, OWNERS } from './names.ts';
import type { Transactions } from './transactions.ts';

const PEOPLE = Array.from({ length: 6 }, (_, index) => `bob${index}`);
/** Nobody writes on Matrix when so much has not come. */
const UNHEARD = 60;

type Pair = { readonly owner: string; readonly person: string; readonly ghost: string; readonly room: FakeRoom };

/** Users, and people of a homeserver who have a direct room with the ghost of each. */
export type MatrixLoad = Load & {
  /** Whether all ghosts are in their rooms: who is written to before that has another one. */
  ready(): boolean;
};

/** Begins when it is told to. */
export function openMatrixLoad(
  { ledger, random, rate }: NetworkParts,
  { state }: Pick<FakeHomeserver, 'state'>,
  transactions: Transactions,
): MatrixLoad {
  const users = openUsers({ domain: DOMAIN, ledger, random, other: () => undefined });
  for (const person of PEOPLE) state.users.set(idOf(person), { name: person });
  const pairs = OWNERS.flatMap((owner) =>
    PEOPLE.map((person): Pair => {
      const ghost = `@_xmpp_${owner}=40${USERS}:${SERVER}`;
      const room = state.create(`${owner}-${person}`, idOf(person), { rule: 'invite' });
      state.member(room, idOf(person), ghost, 'invite', { is_direct: true });
      return { owner, person, ghost, room };
    }),
  );

  function say({ owner, person, room }: Pair): void {
    const lane = `${person} ${owner}`;
    state.now = Date.now();
    state.add(room, idOf(person), 'm.room.message', { msgtype: 'm.text', body: `${lane} ${ledger.tell(lane)}` });
  }

  function write({ owner, person }: Pair): void {
    const to = `${person}\\3a${SERVER}`;
    if (users.unheard(owner, to) < RESENT) users.write(owner, to);
  }

  const writing = atRate(rate, () => {
    if (ledger.missing() < UNHEARD) say(oneOf(random, pairs));
    write(oneOf(random, pairs));
  });

  return {
    attach: users.attach,
    ready: () => transactions.open === 0 && pairs.every(({ room, ghost }) => state.membership(room, ghost) === 'join'),
    begin: writing.begin,
    end() {
      users.rest();
      writing.end();
    },
    unacknowledged: () => transactions.open,
    progress: () => users.came + transactions.figures.taken + state.transactions.size,
    landed: () => landedOf([...state.rooms.values()].flatMap(({ events }) => events)),
  };
}

const idOf = (person: string): string => `@${person}:${SERVER}`;

/** What ghosts have said, in the order in which the homeserver took it: each under the row that the transaction id names. */
const landedOf = (events: readonly FakeEvent[]): readonly Landed[] =>
  events
    .filter(({ sender, type }) => sender.startsWith('@_xmpp_') && type === 'm.room.message')
    .sort((one, other) => numberOf(one) - numberOf(other))
    .flatMap(({ content, transaction }): Landed[] => {
      const message = numbered(String(content.body));
      return message ? [{ ...message, tag: (transaction?.id ?? '').replace(/\.\d+$/, '') }] : [];
    });

const numberOf = ({ event_id: id }: FakeEvent): number => Number(id.slice('$e'.length));
