import { ANNOUNCING, ENDING, LISTING, listed, REMOVING, stopping, TAKES, total } from '#mappings/administration.ts';
import { ADMINISTRATION, administrationTexts as texts } from '#mappings/texts/administration.ts';
import { act, type Step } from '#src/bridge.ts';
import type { Core, Told } from '#src/core/index.ts';
import type { Alarms } from '#src/core/journal/operator/alarms.ts';
import type { Queue } from '#src/core/journal/operator/queue-entry.ts';
import type { People } from '#src/core/people/people.ts';
import type { Rooms } from '#src/core/rooms/rooms.ts';
import type { Sessions } from '#src/core/sessions/sessions.ts';
import type { Clock } from '#src/lib/time/clock.ts';
import { Failure } from '#src/model/failure.ts';
import type { Answer, Form } from '#src/model/form.ts';
import { accountKey, type BareJid, bareOf, splitAccount } from '#src/model/ids.ts';
import { joined, type Text, type Words } from '#src/model/language.ts';
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

type Talk = AsyncGenerator<Step, Words | Told, Answer>;
/** Who calls a command, and the transport that it is about. */
type Caller = { readonly user: BareJid; readonly transport: string };

/** Accounts that are read at a time. */
const PAGE = 500;

/** What those who run the gateway can do on one of its transports (XEP-0133). */
export function administrationCommands(parts: AdministrationParts): readonly BoundCommand[] {
  const { people, rooms, sessions, store, shutdown } = parts;
  /** Everybody of whom a client is there: for the gateway or its people, or in a room. */
  const online = (transport: string): readonly BareJid[] =>
    [...new Set([...people.online(transport), ...[...rooms.seats(transport)].map(({ jid }) => bareOf(jid))])].sort();

  async function registered(transport: string): Promise<readonly BareJid[]> {
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

  /** Tells everybody who is online, by messages that are kept until they have arrived. How many they are. */
  function tellAll(transport: string, lines: readonly string[]): number {
    const users = online(transport);
    for (const user of users) parts.alarms.tell(transport, user, lines.join('\n'));
    return users.length;
  }

  async function* announce({ transport }: Caller): Talk {
    const { announcement = [] } = yield { kind: 'form', form: ANNOUNCING, last: true };
    return texts.toldTo(tellAll(transport, announcement));
  }

  /** Asks for users and does something with each who is known. */
  async function* withUsers(
    transport: string,
    form: Form,
    done: (users: number) => Text,
    work: (user: BareJid) => Promise<unknown>,
  ): Talk {
    const { accountjids = [] } = yield { kind: 'form', form, last: true };
    const users = [...new Set(accountjids.map((jid) => bareOf(jid.trim().toLowerCase())).filter((jid) => jid !== ''))];
    const unknown: BareJid[] = [];
    for (const user of users) {
      const known = await store.accounts.get(accountKey(user, transport));
      if (known) yield* act(() => work(user));
      else unknown.push(user);
    }
    const text = done(users.length - unknown.length);
    return unknown.length === 0 ? text : joined([text, texts.unknown(unknown.join(', '))], ' ');
  }

  const endSessions = ({ transport }: Caller): Talk =>
    withUsers(transport, ENDING, texts.disconnected, (user) =>
      sessions.drop(accountKey(user, transport), new Failure('recipient-unavailable', { text: texts.ended }), 'left'),
    );

  const remove = (caller: Caller): Talk =>
    withUsers(caller.transport, REMOVING, texts.removed, async (user) => {
      // It would end this dialogue as well.
      if (user === caller.user) throw new Failure('not-allowed', { text: texts.removeYourself });
      (await parts.unregister(caller.transport, user))();
    });

  async function* stop({ transport }: Caller): Talk {
    const form = stopping(await parts.queue.states());
    const { delay: [seconds] = ['60'], announcement = [] } = yield { kind: 'form', form, last: true };
    if (announcement.some((line) => line.trim() !== '')) tellAll(transport, announcement);
    parts.clock.after(Number(seconds) * 1000, () => shutdown?.());
    return seconds === '0' ? texts.stopsNow : texts.stopsIn(seconds ?? '');
  }

  async function* number(which: Parameters<typeof total>[0], transport: string): Talk {
    yield* [];
    return total(which, (await users[which](transport)).length);
  }

  async function* list(which: Parameters<typeof total>[0], transport: string): Talk {
    const { max_items: [size] = [] } = yield { kind: 'form', form: LISTING, last: true };
    return listed(which, await users[which](transport), size);
  }

  const users = { online, registered };
  const runs: Readonly<Record<keyof typeof ADMINISTRATION, (caller: Caller) => Talk>> = {
    announce,
    'end-user-session': endSessions,
    'delete-user': remove,
    'get-registered-users-num': ({ transport }) => number('registered', transport),
    'get-registered-users-list': ({ transport }) => list('registered', transport),
    'get-online-users-num': ({ transport }) => number('online', transport),
    'get-online-users-list': ({ transport }) => list('online', transport),
    shutdown: stop,
  };
  const offered = (Object.keys(ADMINISTRATION) as (keyof typeof ADMINISTRATION)[]).filter(
    (node) => node !== 'shutdown' || shutdown,
  );
  return offered.map((node) => ({
    node,
    title: ADMINISTRATION[node],
    on: 'gateway',
    who: 'admin',
    ...TAKES[node],
    run: ({ account }) => runs[node](splitAccount(account)),
  }));
}
