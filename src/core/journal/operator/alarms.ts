import { alarmTexts } from '#mappings/texts/administration.ts';
import type { Languages } from '#src/core/accounts/languages.ts';
import type { CoreParts } from '#src/core/core.ts';
import type { Nearing } from '#src/core/journal/budgets.ts';
import type { Display } from '#src/core/journal/display.ts';
import { inwardId, type OwedRow, placeOf } from '#src/core/journal/rows.ts';
import type { Commit, Rows } from '#src/core/journal/shelf.ts';
import { openRecent } from '#src/lib/recent.ts';
import type { Event } from '#src/model/event.ts';
import { accountKey, type BareJid, bareOf, type EventId, newEventId, splitAccount } from '#src/model/ids.ts';
import { spoken, type Text, type Words, wordsIn } from '#src/model/language.ts';
import { placeTransport } from '#src/model/place.ts';

export type AlarmParts = Pick<CoreParts, 'access' | 'clock' | 'log' | 'report' | 'store'> & {
  readonly display: Pick<Display, 'owe' | 'show'>;
  readonly commit: Pick<Commit, 'write'>;
  readonly rows: Pick<Rows, 'owner'>;
  readonly languages: Pick<Languages, 'of'>;
};

/** What those who run the gateway, and its users, are told as messages of the gateway itself, kept until they have arrived. */
export type Alarms = {
  /** Tells every admin, by the link of that transport. Never throws. */
  tellAdmins(transport: string, text: Words): void;
  /** Tells one user, in the same way. */
  tell(transport: string, user: BareJid, text: Words): void;
  /** A bridge finds something wrong: counted each time, and told once an hour, for what goes wrong goes wrong often. */
  alarm(transport: string, name: string, text: Words): void;
  /**
   * Says once that a budget comes to its end, also where the gateway is started again in its time: that of all users to
   * those who run the gateway, that of one user to that user.
   */
  nearing(budget: Nearing): Promise<void>;
  /** A row was given up. */
  parked(row: OwedRow): void;
};

const NAME = 'alarm-';
/** Milliseconds in which the same alarm is told once. */
const QUIET = 3_600_000;
const REMEMBERED = 1000;

export function openAlarms({
  access,
  clock,
  log,
  report,
  store,
  display,
  commit,
  rows,
  languages,
}: AlarmParts): Alarms {
  const told = openRecent<number>(REMEMBERED);

  function tell(transport: string, user: BareJid, text: Words): void {
    const account = accountKey(user, transport);
    const event: Event = {
      id: `${NAME}${newEventId()}` as EventId,
      at: clock.now(),
      place: { kind: 'realm', account, realm: '' },
      from: { kind: 'network', id: '' },
      live: true,
      kind: 'message',
      ...spoken(text, languages.of(account)),
      style: 'plain',
    };
    display.owe(event.id);
    display.show(event, [{ jid: user }]);
  }

  function tellAdmins(transport: string, text: Words): void {
    for (const admin of access.admins) tell(transport, admin as BareJid, text);
  }

  return {
    tellAdmins,
    tell,
    alarm(transport, name, text) {
      report?.('alarm', transport, name);
      const key = `${transport} ${name}`;
      const last = told.get(key);
      if (last !== undefined && clock.now() - last < QUIET) return;
      told.set(key, clock.now());
      log.error({ transport, alarm: name }, wordsIn(text, 'en'));
      tellAdmins(transport, text);
    },
    async nearing(budget) {
      const { transport, account, name, day } = budget;
      report?.('budget', transport);
      const note = { name: `told ${name}`, day };
      if ((await store.budgets.spent(note)) > 0) return;
      await rows.owner();
      if (account === undefined) tellAdmins(transport, nearingText(budget));
      else tell(transport, bareOf(splitAccount(account).user), nearingText(budget));
      // In one unit with the messages, which wait for it.
      await commit.write([{ ...store.budgets.reserve(note, 1, 1), expect: 'any' }]);
    },
    parked({ id, event, owed }) {
      const transport = placeTransport(placeOf(owed));
      report?.('parked', transport);
      // Nobody is told of what became of what they are told.
      if (!event.startsWith(inwardId(NAME))) tellAdmins(transport, alarmTexts.parked(id));
    },
  };
}

const minuteOf = (time: number): string => `${new Date(time).toISOString().slice(0, 16).replace('T', ' ')} UTC`;

function nearingText({ transport, account, budget, spent, limit, until }: Nearing): Text {
  if (account === undefined) return alarmTexts.allNearing(spent, limit, budget, transport, minuteOf(until));
  return alarmTexts.yoursNearing(spent, limit, budget, minuteOf(until));
}
