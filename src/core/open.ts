import { backoff } from '#src/lib/backoff.ts';
import { lanes as openLanes } from '#src/lib/lanes.ts';
import { memo } from '#src/lib/memo.ts';
import { Failure } from '#src/model/failure.ts';
import { splitAccount } from '#src/model/ids.ts';
import { type Place, placeTransport } from '#src/model/place.ts';
import { openPurging } from '#src/store/index.ts';
import { openAccounts } from './accounts/accounts.ts';
import { openChoices } from './accounts/choices.ts';
import { openFarewell } from './accounts/farewell.ts';
import { openLogins } from './accounts/logins.ts';
import { openMembership } from './accounts/membership.ts';
import { openOwnSettings } from './accounts/own-settings.ts';
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
import { openIdentities } from './identities.ts';
import { openIds } from './ids.ts';
import { openAmend } from './journal/amend.ts';
import { openBounces } from './journal/bounces.ts';
import { openIntake } from './journal/intake.ts';
import { openJournaling } from './journal/journaling.ts';
import type { Item } from './journal/rows.ts';
import { openLimits } from './limits.ts';
import { openPeople } from './people/people.ts';
import { openArchive } from './rooms/archive.ts';
import { openOccupancy } from './rooms/occupancy.ts';
import { openFlicker } from './rooms/presence-folding.ts';
import { openRooms } from './rooms/rooms.ts';
import { openLasting } from './sessions/lasting.ts';
import { openSessions } from './sessions/sessions.ts';
import { openStandings } from './standing.ts';
import type { Transport } from './transport.ts';
import { openEchoes } from './way/echoes.ts';
import { openInward, openOutward } from './way/index.ts';
import { openRecentTexts } from './way/recent-texts.ts';
import { openTables } from './way/tables.ts';

const LINKED = 'You are on this network by yourself now. Join again to be in the room so.';
const UNLINKED = 'You are not on this network by yourself any more. Join again to be in the room all the same.';

/**
 * Builds the neutral middle from the bottom to the top: each part gets those below it, and tells what it has to tell to
 * those above, which listen at the end. Nothing happens until the first event.
 */
export function openCore(parts: CoreParts): OpenCore {
  const { transports, xmpp, clock, log, limits, store, media } = parts;
  const { now } = clock;
  const transport = (domain: string): Transport => {
    const found = transports.get(domain);
    if (!found) throw new Failure('item-not-found');
    return found;
  };
  const realm = (place: Place): string =>
    place.kind === 'realm' ? place.realm : transport(placeTransport(place)).realmOf(place.id);
  const folded = (domain: string, stanzas: number): void => transports.get(domain)?.metrics.folded(stanzas);
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
    schemas: (domain) => transport(domain).definition.settings,
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

  const identities = openIdentities({ store, transports });
  const sessions = openSessions({
    identities,
    clock,
    log,
    backoff: backoff({ min: limits.reconnectMin, max: limits.reconnectMax, random: parts.random }),
    pace: limits.connectPace,
    lasts: lasting.note,
    bridge: (domain) => transport(domain).bridge(),
    credentials: logins.credentials,
    staysConnected: settings.staysConnected,
  });
  const standings = openStandings({ identities, sessions, transport, realm });
  const journaling = openJournaling({ ...parts, archive, ids, identities, standings, transport, realm, asFailure });
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
    asFailure,
    sessions,
    identities,
    standings,
    delivery,
    tables,
    transport,
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
  const { admins } = parts.access;
  const ownSettings = openOwnSettings({ settings, accounts, admins });
  const { shutdown } = parts;
  const everywhere = [
    ...previewCommands({ media, standings, tables, now }),
    ...lastCommands({ store }),
    ...administrationCommands({ ...journaling, ...membership, clock, people, rooms, sessions, store, shutdown }),
  ];
  const choosing = choiceCommands({ choices });
  const ownCommands = memo(1000, (domain) => [
    ...registerCommands({ limits: rates, logins, people, sessions, settings }, transport(domain)),
    ...configureCommands(ownSettings, (scope) => settings.has(domain, scope)),
    ...everywhere,
    ...(choices.settings(domain).length > 0 ? choosing : []),
  ]);
  const talks = openTalks({
    accounts,
    admins,
    dialogues,
    limits: rates,
    log,
    sessions,
    transport,
    realm,
    own: ownCommands,
  });

  const intake = openIntake({ journaling, store, xmpp, now, transport, asFailure });
  const amend = openAmend({ store, delivery, rows, intake, now, standings, tables, transport });
  const outward = openOutward({
    accounts,
    limits: rates,
    rooms,
    people,
    sessions,
    standings,
    ids,
    texts,
    archive,
    media,
    tables,
    transport,
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
  const echoes = openEchoes({ delivery });
  const inward = openInward({
    accounts,
    limits: rates,
    rooms,
    flicker,
    people,
    ids,
    texts,
    archive,
    echoes,
    media: undefined,
    tables,
    lanes,
    display,
    commit,
    rows,
    log,
    now,
    durable: ({ place, kind }) => journaling.keeps('in', place, kind),
    repeated: ({ place }) => transports.get(placeTransport(place))?.metrics.repeated(),
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
  logins.listen({
    changed(account, linked) {
      if (!identities.turn(account, linked)) return;
      rooms.end(account, linked ? LINKED : UNLINKED);
      const left = ({ row, owed }: Item): boolean =>
        owed.way === 'out' && row.account === account && owed.identity === 'own';
      if (!linked) delivery.fail(left, new Failure('not-registered'));
      sessions.turn(account);
    },
  });
  journaling.listen({
    settled(item, failure) {
      outward.settled(item, failure);
      // What became of it is noted after this.
      queueMicrotask(echoes.settled);
    },
  });
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
    identities,
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
    standings,
    talks,
    transport,
  });
}
