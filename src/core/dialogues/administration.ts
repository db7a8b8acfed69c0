import { act, type Step } from '#src/bridge.ts';
import type { Core, Told } from '#src/core/index.ts';
import type { Alarms } from '#src/core/journal/operator/alarms.ts';
import type { Queue } from '#src/core/journal/operator/queue-entry.ts';
import type { People } from '#src/core/people/people.ts';
import type { Rooms } from '#src/core/rooms/rooms.ts';
import type { Sessions } from '#src/core/sessions/sessions.ts';
import type { Clock } from '#src/lib/clock.ts';
import { Failure } from '#src/model/failure.ts';
import type { Answer, Field } from '#src/model/form.ts';
import { accountKey, type BareJid, bareOf, splitAccount } from '#src/model/ids.ts';
import { placeTransport } from '#src/model/place.ts';
import type { Account, Store } from '#src/store/index.ts';
import type { BoundCommand } from './talks.ts';

export type AdministrationParts = {
  readonly alarms: Pick<Alarms, 'tell'>;
  readonly clock: Pick<Clock, 'after'>;
  readonly people: Pick<People, 'online'>;
  readonly queue: Pick<Queue, 'states'>;
  readonly rooms: Pick<Rooms, 'seats'>;
  readonly sessions: Pick<Sessions, 'drop'>;
  readonly store: Pick<Store, 'accounts'>;
  readonly unregister: Core['unregister'];
  /** Stops the gateway; absent where that is not ours to do. */
  readonly shutdown?: (() => void) | undefined;
};

type Talk = AsyncGenerator<Step, string | Told, Answer>;
type Work = Parameters<BoundCommand['run']>[0];

/** Accounts that are read at a time. */
const PAGE = 500;
/** The most users that a list has. */
const MOST = 1000;

/** What those who run the gateway can do on one of its transports. Names and fields are those of XEP-0133. */
export function administrationCommands(parts: AdministrationParts): readonly BoundCommand[] {
  const command = (node: string, title: string, run: (work: Work) => Talk): BoundCommand => ({
    node,
    title,
    on: 'gateway',
    who: 'admin',
    run,
  });
  const domain = ({ place }: Work): string => placeTransport(place);
  const online = (transport: string): readonly BareJid[] => onlineAt(parts, transport);
  const { shutdown } = parts;
  return [
    command('announce', 'Tell something to all users who are online', (work) => announce(parts, work)),
    command('end-user-session', 'End the sessions of users', (work) => endSessions(parts, work)),
    command('delete-user', 'Remove users with all that is theirs', (work) => remove(parts, work)),
    command('get-registered-users-num', 'How many users have registered', async function* (work): Talk {
      yield* NOTHING_ASKED;
      return total('registeredusersnum', 'Registered users', (await registeredAt(parts, domain(work))).length);
    }),
    command('get-registered-users-list', 'Who has registered', async function* (work): Talk {
      const most = yield* howMany();
      return list('registereduserjids', 'Registered users', await registeredAt(parts, domain(work)), most);
    }),
    command('get-online-users-num', 'How many users are online', async function* (work): Talk {
      yield* NOTHING_ASKED;
      return total('onlineusersnum', 'Online users', online(domain(work)).length);
    }),
    command('get-online-users-list', 'Who is online', async function* (work): Talk {
      const most = yield* howMany();
      return list('onlineuserjids', 'Online users', online(domain(work)), most);
    }),
    ...(shutdown ? [command('shutdown', 'Stop the gateway', (work) => stop(parts, work, shutdown))] : []),
  ];
}

const NOTHING_ASKED: readonly Step[] = [];

/** Everybody of whom a client is there: for the gateway or its people, or in a room. */
const onlineAt = ({ people, rooms }: AdministrationParts, transport: string): readonly BareJid[] =>
  [...new Set([...people.online(transport), ...[...rooms.seats(transport)].map(({ jid }) => bareOf(jid))])].sort();

async function registeredAt({ store }: AdministrationParts, transport: string): Promise<readonly BareJid[]> {
  const users: BareJid[] = [];
  let page: readonly Account[];
  let after = '';
  do {
    page = await store.accounts.list(PAGE, after);
    for (const one of page) if (one.registered && one.transport === transport) users.push(one.user);
    after = page.at(-1)?.key ?? '';
  } while (page.length === PAGE);
  return users;
}

const total = (name: string, label: string, count: number): Told => ({
  text: `${label}: ${count}`,
  fields: [{ name, label, type: 'text', value: [String(count)] }],
});

const SIZES = ['25', '50', '100', '200', 'none'];

async function* howMany(): AsyncGenerator<Step, number, Answer> {
  const max: Field = {
    name: 'max_items',
    label: 'How many at most',
    type: 'choice',
    value: ['100'],
    options: SIZES.map((value) => ({ value, ...(value === 'none' && { label: `all (${MOST} at most)` }) })),
  };
  const { max_items: [most] = ['100'] } = yield { kind: 'form', form: { fields: [max] }, last: true };
  return Number(most) || MOST;
}

const list = (name: string, label: string, users: readonly BareJid[], most: number): Told => ({
  text: users.length > most ? `${label}: ${most} of ${users.length}` : `${label}: ${users.length}`,
  fields: [{ name, label, type: 'jids', value: users.slice(0, most) }],
});

const ANNOUNCEMENT: Field = { name: 'announcement', label: 'What they are told', type: 'lines' };
const JIDS: Field = { name: 'accountjids', label: 'Their addresses', type: 'jids', required: true };

async function* announce(parts: AdministrationParts, { place }: Work): Talk {
  const form = { title: 'Announcement', fields: [{ ...ANNOUNCEMENT, required: true }] };
  const { announcement = [] } = yield { kind: 'form', form, last: true };
  return `It was told to ${counted(tellAll(parts, placeTransport(place), announcement))}.`;
}

/** Tells everybody who is online at a transport, by messages that are kept until they have arrived. How many they are. */
function tellAll(parts: AdministrationParts, transport: string, lines: readonly string[]): number {
  const users = onlineAt(parts, transport);
  for (const user of users) parts.alarms.tell(transport, user, lines.join('\n'));
  return users.length;
}

const counted = (users: number): string => (users === 1 ? '1 user' : `${users} users`);

/** Asks for users and does something with each who is known. */
async function* withUsers(
  { store }: AdministrationParts,
  { place }: Work,
  said: { readonly title: string; readonly instructions?: string; readonly done: string },
  work: (user: BareJid, transport: string) => Promise<unknown>,
): Talk {
  const { done, ...form } = said;
  const { accountjids = [] } = yield { kind: 'form', form: { ...form, fields: [JIDS] }, last: true };
  const transport = placeTransport(place);
  const users = [...new Set(accountjids.map((jid) => bareOf(jid.trim().toLowerCase())).filter((jid) => jid !== ''))];
  const unknown: BareJid[] = [];
  for (const user of users) {
    const known = await store.accounts.get(accountKey(user, transport));
    if (known) yield* act(() => work(user, transport));
    else unknown.push(user);
  }
  const text = `${counted(users.length - unknown.length)} ${done}.`;
  return unknown.length === 0 ? text : `${text} Not known here: ${unknown.join(', ')}`;
}

const ENDED = 'Those who run the gateway have ended your session.';

function endSessions(parts: AdministrationParts, work: Work): Talk {
  const failure = new Failure('recipient-unavailable', { text: ENDED });
  return withUsers(parts, work, { title: 'End sessions', done: 'disconnected' }, (user, transport) =>
    parts.sessions.drop(accountKey(user, transport), failure, 'left'),
  );
}

function remove(parts: AdministrationParts, work: Work): Talk {
  const instructions = 'Their registration, settings and archives go for good.';
  return withUsers(parts, work, { title: 'Remove users', instructions, done: 'removed' }, async (user, transport) => {
    // It would end this dialogue as well.
    if (user === splitAccount(work.account).user)
      throw new Failure('not-allowed', { text: 'Unregister yourself to remove yourself.' });
    (await parts.unregister(transport, user))();
  });
}

/** Seconds until the stop. */
const DELAYS = ['0', '30', '60', '180', '300', '600'];

async function* stop(parts: AdministrationParts, { place }: Work, shutdown: () => void): Talk {
  const delay: Field = {
    name: 'delay',
    label: 'When',
    type: 'choice',
    value: ['60'],
    options: DELAYS.map((value) => ({ value, label: value === '0' ? 'at once' : `in ${value} s` })),
  };
  const { ready = 0, flight = 0, taken = 0 } = await parts.queue.states();
  const instructions =
    `${ready} messages wait in the queue, ${flight} are on their way and ${taken} are not confirmed yet. ` +
    'They are kept, and go on after the next start.';
  const form = { title: 'Stop the gateway', instructions, fields: [delay, ANNOUNCEMENT] };
  const { delay: [seconds] = ['60'], announcement = [] } = yield { kind: 'form', form, last: true };
  if (announcement.some((line) => line.trim() !== '')) tellAll(parts, placeTransport(place), announcement);
  parts.clock.after(Number(seconds) * 1000, shutdown);
  return seconds === '0' ? 'It stops now.' : `It stops in ${seconds} s.`;
}
