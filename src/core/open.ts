import { backoff } from '#src/lib/backoff.ts';
import { lanes as openLanes } from '#src/lib/lanes.ts';
import { memo } from '#src/lib/memo.ts';
import { Failure } from '#src/model/failure.ts';
import { splitAccount } from '#src/model/ids.ts';
import { type Place, placeTransport } from '#src/model/place.ts';
import { openAccounts } from './accounts/accounts.ts';
import { openChoices } from './accounts/choices.ts';
import { openFarewell } from './accounts/farewell.ts';
import { openLogins } from './accounts/logins.ts';
import { openMembership } from './accounts/membership.ts';
import { openOwnSettings } from './accounts/own-settings.ts';
import { openPurging } from './accounts/purge.ts';
import { openSettings } from './accounts/settings.ts';
import { openAsFailure } from './bugs.ts';
import { type CoreParts, coreOf, type OpenCore } from './core.ts';
import { administrationCommands } from './dialogues/administration.ts';
import { choiceCommands } from './dialogues/choice.ts';
import { configureCommands } from './dialogues/configure.ts';
import { openDialogues } from './dialogues/dialogue.ts';
import { lastCommands } from './dialogues/last.ts';
import { previewCommands } from './dialogues/preview.ts';
import { registerCommands } from './dialogues/register.ts';
import { openRegistration } from './dialogues/registration.ts';
import { openTalks } from './dialogues/talks.ts';
import { openIds } from './ids.ts';
import { openAmend } from './journal/amend.ts';
import { openBounces } from './journal/bounces.ts';
import { openIntake } from './journal/intake.ts';
import { openJournaling } from './journal/journaling.ts';
import { openLimits } from './limits.ts';
import { openPeople } from './people/people.ts';
import { openArchive } from './rooms/archive.ts';
import { openOccupancy } from './rooms/occupancy.ts';
import { openFlicker } from './rooms/presence-folding.ts';
import { openRooms } from './rooms/rooms.ts';
import { openLasting } from './sessions/lasting.ts';
import { openSessions } from './sessions/sessions.ts';
import type { CoreTransport } from './transport.ts';
import { openInward, openOutward } from './way/index.ts';
import { openRecentTexts } from './way/recent-texts.ts';
import { openTables } from './way/tables.ts';

/**
 * Builds the neutral middle from the bottom to the top: each part gets those below it, and tells what it has to tell to
 * those above, which listen at the end. Nothing happens until the first event.
 */
export function openCore(parts: CoreParts): OpenCore {
  const { transports, xmpp, clock, log, limits, store, media } = parts;
  const { now } = clock;
  const transport = (domain: string): CoreTransport => {
    const found = transports.get(domain);
    if (!found) throw new Failure('item-not-found');
    return found;
  };
  const realm = (place: Place): string =>
    place.kind === 'realm' ? place.realm : transport(placeTransport(place)).addresses.parse(place.id).realm;
  const folded = (domain: string, stanzas: number): void => transports.get(domain)?.folded?.(stanzas);
  const asFailure = openAsFailure(log);

  const choices = openChoices({ store, transports, now });
  const tables = openTables(transports, choices);
  const texts = openRecentTexts();
  const lanes = openLanes((error) => log.error({ err: error }, 'work in a lane failed'));
  const rates = openLimits(limits.rates, clock);
  const accounts = openAccounts({ access: parts.access, store, clock, log });
  const settings = openSettings({
    store,
    key: parts.key,
    now,
    schemas: (domain) => transport(domain).settings,
    realm,
    persistent: (domain) => transports.get(domain)?.persistent ?? false,
    choices,
  });
  const logins = openLogins({ store, key: parts.key, now });
  const archive = openArchive({
    store,
    clock,
    log,
    settings: (domain) => transports.get(domain)?.history ?? { record: false, replay: 0 },
  });
  const ids = openIds({ store, log, archived: archive.sentAs });
  const occupancy = openOccupancy({ store, clock, log });
  const lasting = openLasting({ store, log });

  const sessions = openSessions({
    clock,
    log,
    backoff: backoff({ min: limits.reconnectMin, max: limits.reconnectMax, random: parts.random }),
    pace: limits.connectPace,
    lasts: lasting.note,
    bridge: (domain) => transport(domain).bridge(),
    credentials: logins.credentials,
    staysConnected: settings.staysConnected,
  });
  const journaling = openJournaling({ ...parts, archive, ids, sessions, transport, realm, asFailure });
  const { display, delivery, rows, commit } = journaling;
  const rooms = openRooms({
    xmpp,
    display,
    clock,
    log,
    lanes,
    archive,
    occupancy,
    delivery,
    sessions,
    settings,
    realm,
    linger: limits.linger,
  });
  const flicker = openFlicker({ rooms, clock, window: limits.presenceWindow ?? 0, folded });
  const people = openPeople({
    store,
    accounts,
    limits: rates,
    lanes,
    xmpp,
    clock,
    log,
    sessions,
    delivery,
    tables,
    transport,
    realm,
    now,
    presenceWindow: limits.presenceWindow ?? 0,
    folded,
  });

  const dialogues = openDialogues({ clock, log, limits: { time: limits.dialogueTime, most: limits.dialogues } });
  const purging = openPurging({
    store,
    clock,
    log,
    flush: () => Promise.all([archive.flush(), ids.flush(), occupancy.flush(), lasting.flush(), rows.flush()]),
    drop: journaling.purge,
  });

  const membership = openMembership({
    accounts,
    media,
    dialogues,
    limits: rates,
    logins,
    people,
    purging,
    registration: openRegistration({ transport, dialogues, logins, settings }),
    sessions,
    refuse: (account, failure) =>
      delivery.fail(({ row, owed }) => owed.way === 'out' && row.account === account, failure),
    settings,
    farewell: openFarewell({ clock, log, logins, bridge: (domain) => transport(domain).bridge() }),
  });
  const ownSettings = openOwnSettings({ settings, accounts, admins: parts.access.admins });
  const everywhere = [
    ...previewCommands({ media, sessions, tables, transport, realm, now }),
    ...lastCommands({ store }),
    ...administrationCommands({
      ...journaling,
      ...membership,
      clock,
      people,
      rooms,
      sessions,
      store,
      shutdown: parts.shutdown,
    }),
  ];
  const registering = { limits: rates, logins, people, sessions, settings };
  const choosing = choiceCommands({ choices });
  const ownCommands = (domain: string) => [
    ...registerCommands(registering, transport(domain)),
    ...configureCommands(ownSettings, (scope) => settings.has(domain, scope)),
    ...everywhere,
    ...(choices.settings(domain).length > 0 ? choosing : []),
  ];
  const talks = openTalks({
    accounts,
    admins: parts.access.admins,
    dialogues,
    limits: rates,
    log,
    sessions,
    transport,
    realm,
    own: memo(1000, ownCommands),
  });

  const intake = openIntake({ journaling, store, xmpp, now, transport, asFailure });
  const amend = openAmend({ store, delivery, rows, intake, now, sessions, tables, transport, realm });
  const outward = openOutward({
    accounts,
    limits: rates,
    rooms,
    people,
    sessions,
    ids,
    texts,
    archive,
    media,
    tables,
    transport,
    realm,
    xmpp,
    lanes,
    delivery,
    intake,
    amend,
    now,
    journaled: ({ place, kind }) => journaling.keeps('out', place, kind),
    opens: (account) =>
      Promise.all([settings.staysConnected(account), logins.registered(account)])
        .then((reasons) => reasons.includes(true))
        .catch((error: unknown) => {
          log.error({ err: error }, 'an account could not be read');
          return false;
        }),
    asFailure,
  });
  const inward = openInward({
    accounts,
    limits: rates,
    rooms,
    flicker,
    people,
    ids,
    texts,
    archive,
    media: undefined,
    tables,
    lanes,
    display,
    commit,
    rows,
    log,
    now,
    durable: ({ place, kind }) => journaling.keeps('in', place, kind),
    repeated: ({ place }) => transports.get(placeTransport(place))?.repeated(),
  });
  const bounces = openBounces({
    store,
    delivery,
    tell(draft, account) {
      const level = transport(placeTransport(draft.place)).mapping.facts.out[draft.kind] ?? 'none';
      if (level !== 'none') outward.send(draft, account);
    },
  });

  settings.listen({
    changed(account, place) {
      const domain = account ? splitAccount(account).transport : place && placeTransport(place);
      try {
        if (domain !== undefined) transport(domain).bridge().changed?.(account, place);
      } catch (err) {
        log.error({ err }, 'a bridge failed at a change of settings');
      }
    },
    staysConnected: sessions.stay,
    staysInRooms: rooms.keep,
  });
  journaling.listen({ settled: outward.settled });
  rooms.listen({ fares: outward.fares });
  sessions.listen({
    online(key) {
      rooms.rejoin(key);
      delivery.wake(journaling.ofSession(key.account, key.realm));
    },
    changed: (key) => people.turned(key),
    released(key) {
      const fits = journaling.ofSession(key.account, key.realm);
      delivery.fail((item) => !item.kept && fits(item), new Failure('recipient-unavailable'));
    },
    abandoned(key, failure) {
      rooms.abandon(key, failure);
      people.turned(key, failure);
      const refuse = (): void => delivery.fail(journaling.ofSession(key.account, key.realm), failure);
      refuse();
      // What is just being written to the store was for the same attempt.
      void intake.settled()?.then(() => {
        if (sessions.state(key).name === 'idle') refuse();
      });
    },
  });

  return coreOf({
    parts,
    accounts,
    archive,
    bounces,
    choices,
    dialogues,
    flicker,
    ids,
    inward,
    intake,
    journaling,
    lanes,
    lasting,
    logins,
    occupancy,
    membership,
    outward,
    ownSettings,
    people,
    purging,
    rates,
    realm,
    rooms,
    sessions,
    settings,
    talks,
    transport,
  });
}
