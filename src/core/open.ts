import { featureOf } from '#mappings/parts.ts';
import { registerTexts } from '#mappings/texts/dialogues.ts';
import { roomTexts } from '#mappings/texts/rooms.ts';
import { lanes as openLanes } from '#src/lib/lanes.ts';
import { memo } from '#src/lib/memo.ts';
import { backoff } from '#src/lib/time/backoff.ts';
import type { Event } from '#src/model/event.ts';
import { Failure } from '#src/model/failure.ts';
import { splitAccount } from '#src/model/ids.ts';
import { type Place, placeTransport } from '#src/model/place.ts';
import { openPurging } from '#src/store/index.ts';
import { openAccounts } from './accounts/accounts.ts';
import { openChoices } from './accounts/choices.ts';
import { openDormancy } from './accounts/dormancy.ts';
import { openLanguages } from './accounts/languages.ts';
import { openLogins } from './accounts/logins.ts';
import { openMembership } from './accounts/membership.ts';
import { means, ownDefaults } from './accounts/own-settings.ts';
import { openOwnSettings, openSettings } from './accounts/settings.ts';
import { openAsFailure } from './bugs.ts';
import { type CoreParts, coreOf, type OpenCore } from './core.ts';
import { administrationCommands } from './dialogues/administration.ts';
import { blockCommands } from './dialogues/block.ts';
import { choiceCommands } from './dialogues/choice.ts';
import { configureCommands } from './dialogues/configure.ts';
import { openDialogues } from './dialogues/dialogue.ts';
import { lastCommands } from './dialogues/last.ts';
import { previewCommands } from './dialogues/preview.ts';
import { registerCommands } from './dialogues/register.ts';
import { openRegistration } from './dialogues/registration.ts';
import { openTalks } from './dialogues/talks.ts';
import { openTyped } from './dialogues/typed.ts';
import { openIdentities } from './identities.ts';
import { openIds } from './ids.ts';
import { openAmend } from './journal/amend.ts';
import { openBounces, openLossNotes } from './journal/bounces.ts';
import { openIntake } from './journal/intake.ts';
import { openJournaling } from './journal/journaling.ts';
import { eventOf, type OwedRow } from './journal/rows.ts';
import { openRunningTime } from './journal/running.ts';
import { openCommit, openRows } from './journal/shelf.ts';
import { openLimits } from './limits.ts';
import { openDigests } from './people/digests.ts';
import { openPeople } from './people/people.ts';
import { openProfiles } from './people/profiles.ts';
import { openContactRefusals } from './people/refusals.ts';
import { openArchive } from './rooms/archive.ts';
import { openBackFill } from './rooms/back-fill/back-fill.ts';
import { openOccupancy } from './rooms/occupancy.ts';
import { openPartlyShown } from './rooms/partly-shown.ts';
import { openFlicker } from './rooms/presence-folding.ts';
import { openRooms } from './rooms/rooms.ts';
import { checkServer } from './rooms/seats.ts';
import { openLasting } from './sessions/lasting.ts';
import { openSessions } from './sessions/sessions.ts';
import { openVisits } from './sessions/visits.ts';
import { openStandings } from './standing.ts';
import type { Transport } from './transport.ts';
import { openEchoes } from './way/accept.ts';
import { openAdmissions } from './way/admission.ts';
import { openInward, openOutward } from './way/index.ts';
import { openMarkers } from './way/markers.ts';
import { openRecentTexts } from './way/recent-texts.ts';
import { openRepeats } from './way/repeats.ts';
import { openSettle } from './way/settle.ts';
import { openTables } from './way/tables.ts';

const NOTHING_RECORDED = { record: false, replay: 0, refers: false };
const ASLEEP = new Failure('not-registered', { text: registerTexts.asleep });

/**
 * Builds the neutral middle from the bottom to the top: each part gets those below it, and tells what it has to tell to
 * those above, which listen at the end. Nothing happens until the first event.
 */
export function buildCore(parts: CoreParts) {
  const { transports, aliases, xmpp, clock, log, limits, store, media } = parts;
  const { now } = clock;
  const opened = now();
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
  const markers = openMarkers();
  const lanes = openLanes((error) => log.error({ err: error }, 'work in a lane failed'));
  const rates = openLimits(limits.rates, clock);
  const accounts = openAccounts({ access: parts.access, store, clock, log });
  const languages = openLanguages({ store });
  const digests = openDigests({ store, clock, log });
  /** What lies below all that follows. */
  const ground = {
    ...{ xmpp, store, clock, log, now, transport, realm, asFailure },
    ...{ aliases, tables, texts, lanes, media, accounts, languages, digests, limits: rates },
  };
  const settings = openSettings({
    store,
    key: parts.key,
    now,
    schemas: (domain) => transport(domain).settable,
    realm,
    defaults: (domain) => ownDefaults(transports.get(domain)),
    means: (domain, ...setting) => means(transport(domain), ...setting),
    choices,
    languages,
    digests,
  });
  const dormancy = openDormancy({
    ...{ store, key: parts.key, clock, log },
    unseen: limits.unseen ?? Number.POSITIVE_INFINITY,
  });
  const logins = openLogins({ store, key: parts.key, now, dormancy });
  const time = openRunningTime(store, clock, log);
  const commit = openCommit(store);
  const rows = openRows({ store, commit, time, clock, log, returns: parts.far?.returns ?? 0 });
  const together = rows.writeWaiting;
  const archive = openArchive({
    store,
    clock,
    log,
    together,
    visibleFrom: dormancy.since,
    settings: (domain) => tables.get(domain)?.recorded ?? NOTHING_RECORDED,
  });
  const ids = openIds({ store, log, together, archived: archive.sentAs });
  commit.join(archive.cut);
  commit.join(ids.cut);
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
  const standings = openStandings({ identities, aliases, sessions, transport, realm });
  const journaling = openJournaling({
    ...parts,
    ...{ languages, digests, ids, time, commit, rows, identities, standings, transport, realm, asFailure },
    serves: (domain) => transports.has(domain),
  });
  const { display, delivery, settling } = journaling;
  const durable = ({ place, kind }: Pick<Event, 'place' | 'kind'>): boolean => journaling.keeps('in', place, kind);
  const { linger, joinTime, historyTime, presenceWindow = 0, shown = Number.POSITIVE_INFINITY } = limits;
  const partly = openPartlyShown();
  const rooms = openRooms({
    ...{ ...ground, display, archive, occupancy, partly, identities, delivery },
    ...{ sessions, settings, linger, joinTime, shown },
  });
  const flicker = openFlicker({ rooms, clock, window: presenceWindow, folded });
  const refusals = openContactRefusals({ store, xmpp, clock, log });
  const lent = parts.lent ?? (() => undefined);
  const profiles = openProfiles({ ...ground, sessions, standings, delivery, lent });
  const people = openPeople({
    ...ground,
    dormancy,
    profiles,
    refusals,
    sessions,
    identities,
    standings,
    delivery,
    far: journaling.far,
    presenceWindow,
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

  const registration = openRegistration({ ...ground, dialogues, logins, people, settings });
  const membership = openMembership({
    ...ground,
    delivery,
    dialogues,
    logins,
    people,
    purging,
    refusals,
    sessions,
    settings,
  });
  const { admins } = parts.access;
  const ownSettings = openOwnSettings({ settings, accounts });
  const everywhere = [
    ...previewCommands({ ...ground, standings }),
    ...lastCommands({ store }),
    ...blockCommands({ refusals }),
    ...administrationCommands({ ...parts, ...journaling, ...membership, people, rooms, sessions }),
  ];
  const choosing = choiceCommands({ choices });
  const talks = openTalks({
    ...{ ...ground, dialogues, identities, rooms, sessions, admins },
    own: memo(1000, (domain) => [
      ...registerCommands({ ...ground, logins, membership, people, sessions, settings }, transport(domain)),
      ...configureCommands(ownSettings, (scope) => settings.has(domain, scope)),
      ...everywhere,
      ...(choices.settings(domain).length > 0 ? choosing : []),
    ]),
  });

  const intake = openIntake({ ...ground, journaling });
  const amend = openAmend({ ...ground, delivery, settling, rows, intake, standings });
  const outward = openOutward({
    ...{
      ...ground,
      markers,
      refusals,
      rooms,
      people,
      sessions,
      standings,
      ids,
      archive,
      delivery,
      settling,
      intake,
      amend,
    },
    typed: openTyped({ ...ground, dialogues: talks, display }),
    journaled: (draft) => journaling.keeps('out', draft.place, featureOf(draft)),
    opening: new Map(),
    opens: (account) =>
      Promise.all([settings.staysConnected(account), logins.registered(account)])
        .then((reasons) => reasons.includes(true))
        .catch((error: unknown) => {
          log.error({ err: error }, 'an account could not be read');
          return false;
        }),
  });
  const echoes = openEchoes({ settling });
  const admissions = openAdmissions({ ...ground, refusals, people, settling, transports });
  const inward = openInward({
    ...{ ...ground, markers, admissions, rooms, flicker, people, ids, archive, echoes, display, commit, rows },
    media: undefined,
    durable,
    repeated: openRepeats({ transports, ids, rooms, partly }),
  });
  const history = { historyTime, visibleFrom: dormancy.since, accept: inward.accept };
  const backFill = openBackFill({ ...ground, ...history, archive, ids, sessions, standings });
  const tellLost = openLossNotes({ now, send: outward.send, mapping: (domain) => transport(domain).mapping });
  const bounces = openBounces({
    store,
    settling,
    far: journaling.far,
    digests,
    // Whoever is blocked does not hear of it so.
    lost: (lost) => people.blocks(lost.place) || tellLost(lost),
  });

  settings.listen({
    async changed(account, place) {
      try {
        await transport(splitAccount(account).transport).bridge().changed?.(account, place);
      } catch (err) {
        log.error({ err }, 'a bridge failed at a change of settings');
      }
    },
    staysConnected: sessions.stay,
    inRooms: rooms.heed,
  });
  dormancy.listen({
    wipe: membership.remove,
    sleeps(account, left) {
      const { user, transport: domain } = splitAccount(account);
      if (left) journaling.alarms.tell(domain, user, registerTexts.hasLeft);
      rooms.end(account, ASLEEP.words);
      delivery.fail(({ owed, account: own }) => owed.way === 'out' && own === account, ASLEEP);
      people.slept(account);
      void sessions.drop(account, ASLEEP, 'left');
    },
  });
  digests.listen((account) => delivery.wake((row) => row.account === account));
  logins.listen({
    changed(account, linked) {
      const turned = identities.turn(account, linked);
      if (turned === 'again') return sessions.turn(account);
      if (turned === 'same') return;
      rooms.end(account, linked ? roomTexts.linked : roomTexts.unlinked);
      const left = ({ account: own, owed }: OwedRow): boolean =>
        owed.way === 'out' && own === account && owed.identity === 'own';
      if (!linked) delivery.fail(left, new Failure('not-registered'));
      sessions.turn(account);
    },
  });
  settling.listen(openSettle({ languages, ids, rooms, people, display, durable, xmpp, now }));
  settling.listen({
    bounced(row, { code: why }) {
      if (row.owed.way !== 'in') return;
      if (journaling.isFar(row)) parts.report?.('lost', placeTransport(row.owed.event.place));
      if (!people.blocks(row.owed.event.place)) tellLost({ ...row.owed.event, why });
    },
  });
  journaling.reached(people.reached);
  journaling.reached((domain) => {
    if (!journaling.far.isDown(domain)) return;
    for (const transport of transports.keys())
      checkServer({ rooms, xmpp, transport }, domain).catch((err: unknown) =>
        log.error({ err }, 'those of a server that cannot be reached could not be checked'),
      );
  });
  settling.listen({ settled: echoes.tried, tried: echoes.tried });
  rooms.listen({ fares: outward.fares, hears: backFill.hears });
  sessions.listen({
    online(key) {
      rooms.rejoin(key);
      delivery.wake(journaling.ofSession(key.account, key.realm));
    },
    changed: (key) => people.turned(key),
    released(key) {
      const fits = journaling.ofSession(key.account, key.realm);
      delivery.fail((row) => !row.kept && fits(row), new Failure('recipient-unavailable'));
    },
    refused(key, failure) {
      rooms.refuse(key);
      delivery.fail(journaling.ofSession(key.account, key.realm), failure);
    },
    abandoned(key, failure) {
      rooms.abandon(key, failure);
      people.turned(key, failure);
      const fits = journaling.ofSession(key.account, key.realm);
      // What was tried, or accepted by an earlier run, waits for another attempt, unless that would fail as well.
      const isFresh = (row: OwedRow): boolean => row.life.attempts === 0 && eventOf(row).at >= opened;
      const hears = (row: OwedRow): boolean => !row.kept || !failure.row.retry || isFresh(row);
      const refuse = (): void => delivery.fail((row) => fits(row) && hears(row), failure);
      refuse();
      // What is just being written to the store was for the same attempt.
      void intake.settled()?.then(() => {
        if (sessions.state(key).name === 'idle') refuse();
      });
    },
  });

  return {
    parts,
    accounts,
    admissions,
    archive,
    backFill,
    bounces,
    choices,
    dialogues,
    digests,
    dormancy,
    echoes,
    flicker,
    identities,
    ids,
    inward,
    intake,
    journaling,
    languages,
    lanes,
    lasting,
    logins,
    occupancy,
    membership,
    outward,
    ownSettings,
    people,
    profiles,
    purging,
    rates,
    refusals,
    realm,
    registration,
    rooms,
    sessions,
    visits: openVisits({ sessions, clock: parts.clock }),
    settings,
    standings,
    talks,
    transport,
  };
}

/** The core, built, as the edges, the bridges and the process see it. */
export const openCore = (parts: CoreParts): OpenCore => coreOf(buildCore(parts));
