import type { Credentials, SessionKey } from '#src/bridge.ts';
import { openAccounts } from '#src/core/accounts/accounts.ts';
import { openLogins } from '#src/core/accounts/logins.ts';
import { openPurging } from '#src/core/accounts/purge.ts';
import { openSettings } from '#src/core/accounts/settings.ts';
import { openDialogues } from '#src/core/dialogues/dialogue.ts';
import { lastCommands } from '#src/core/dialogues/last.ts';
import { previewCommands } from '#src/core/dialogues/preview.ts';
import { openRegistration } from '#src/core/dialogues/registration.ts';
import { openTalks } from '#src/core/dialogues/talks.ts';
import { openAmend } from '#src/core/journal/amend.ts';
import { openBounces } from '#src/core/journal/bounces.ts';
import { openIntake } from '#src/core/journal/intake.ts';
import { openJournaling } from '#src/core/journal/journaling.ts';
import { openPeople } from '#src/core/people/people.ts';
import { openOccupancy } from '#src/core/rooms/occupancy.ts';
import { openFlicker } from '#src/core/rooms/presence-folding.ts';
import { openRooms } from '#src/core/rooms/rooms.ts';
import { openLasting } from '#src/core/sessions/lasting.ts';
import { openSessions } from '#src/core/sessions/sessions.ts';
import { backoff } from '#src/lib/backoff.ts';
import { lanes as openLanes } from '#src/lib/lanes.ts';
import { Failure } from '#src/model/failure.ts';
import { newEventId, splitAccount } from '#src/model/ids.ts';
import { type Place, placeTransport } from '#src/model/place.ts';
import { faceOf } from './face.ts';
import { openIds } from './ids.ts';
import { openLimits } from './limits.ts';
import type { CoreParts, CoreTransport, OpenCore } from './parts.ts';
import { openArchive } from './rooms/archive.ts';
import { openHanding } from './way/hand-over.ts';
import { openInbound } from './way/inbound.ts';
import { openOutbound } from './way/outbound.ts';
import { openSaid } from './way/recent-texts.ts';
import { openCrossing } from './way/translation.ts';

/** Builds the neutral middle. Nothing happens until the first event. */
export function openCore(parts: CoreParts): OpenCore {
  const { transports, xmpp, clock, log, limits } = parts;
  const accounts = openAccounts({ access: parts.access, store: parts.store, clock, log });
  const lanes = openLanes((error) => log.error({ err: error }, 'work in a lane failed'));

  const transport = (domain: string): CoreTransport => {
    const found = transports.get(domain);
    if (!found) throw new Failure('item-not-found');
    return found;
  };
  const realm = (place: Place): string =>
    place.kind === 'realm' ? place.realm : transport(placeTransport(place)).addresses.parse(place.id).realm;

  const said = openSaid();
  const crossing = openCrossing({ transports, log, media: parts.media, said });
  const archive = openArchive({
    store: parts.store,
    clock,
    log,
    settings: (domain) => transports.get(domain)?.history ?? { record: false, replay: 0 },
  });
  const settings = openSettings({
    store: parts.store,
    key: parts.key,
    now: clock.now,
    schemas: (domain) => transport(domain).settings,
    realm,
    persistent: (domain) => transports.get(domain)?.persistent ?? false,
    changed(account, place) {
      const domain = account ? splitAccount(account).transport : place && placeTransport(place);
      try {
        if (domain !== undefined) transport(domain).bridge().changed?.(account, place);
      } catch (err) {
        log.error({ err }, 'a bridge failed at a change of settings');
      }
    },
    stay: (account, on) => sessions.stay(account, on),
    keep: (account, on) => rooms.keep(account, on),
  });
  const logins = openLogins({ store: parts.store, key: parts.key, now: clock.now });
  const dialogues = openDialogues({
    clock,
    log,
    limits: { time: limits.dialogueTime, most: limits.dialogues },
  });
  const talks = openTalks({
    accounts,
    admins: parts.access.admins,
    dialogues,
    logins: { ...logins, register },
    transport,
    enrolled: async (account) => (await people.enrolled(account))(),
    session: (account, place) => sessions.get({ account, realm: realm(place) }),
    own: [...previewCommands({ crossing, transport, now: clock.now }), ...lastCommands({ store: parts.store })],
  });
  /** A finished login connects whoever stays connected; others connect with their first room. */
  async function register(at: SessionKey, credentials: Credentials): Promise<void> {
    await logins.register(at, credentials);
    if (await settings.staysConnected(at.account)) sessions.need(at);
  }

  const ids = openIds({ store: parts.store, log, archived: archive.sentAs });
  const handing = openHanding({
    ids,
    log,
    transport,
    session: (key) => sessions.get(key),
    settle: (id, outcome) => outbound.settle(id, outcome),
  });
  const journaling = openJournaling({
    ...parts,
    archive,
    ids,
    sessions: () => sessions,
    transport,
    realm,
    landed(event, journey, foreign) {
      if (journaling.keeps('in', event.place, event.kind)) journaling.outbox.expect(event.id);
      outbound.landed(event, journey, foreign);
    },
    asFailure: handing.asFailure,
  });
  const { outbox, delivery } = journaling;
  const occupancy = openOccupancy({ store: parts.store, clock, log });
  const lasting = openLasting({ store: parts.store, log });
  const purging = openPurging({
    store: parts.store,
    clock,
    log,
    flush: () =>
      Promise.all([archive.flush(), ids.flush(), occupancy.flush(), lasting.flush(), journaling.rows.flush()]),
    drop: journaling.purge,
  });
  const rooms = openRooms({
    lanes,
    archive,
    occupancy,
    xmpp: outbox,
    clock,
    realm,
    linger: limits.linger,
    keeps: (account) =>
      settings.staysInRooms(account).catch((err: unknown) => {
        log.error({ err }, 'settings could not be read');
        return false;
      }),
    connect: (key, nick) => {
      sessions.need(key, nick);
      return sessions.get(key) !== undefined;
    },
    send: handing.occupant,
    fares: (account, place, shown) =>
      outbound.fares({ place, from: { kind: 'xmpp', bare: splitAccount(account).user } }, account, shown),
    release: (key) => {
      if (!people.wants(key)) sessions.release(key);
    },
  });
  const sessions = openSessions({
    clock,
    log,
    limits,
    backoff: backoff({ min: limits.reconnectMin, max: limits.reconnectMax, random: parts.random }),
    pace: limits.connectPace,
    lasts: lasting.note,
    bridge: (domain) => transport(domain).bridge(),
    credentials: logins.credentials,
    staysConnected: settings.staysConnected,
    wanted: (key) => rooms.wanted(key) || people.wants(key),
    patient: (key) => people.wants(key) && !rooms.wanted(key),
    changed: (key) => people.turned(key),
    rejoin: (key) => rooms.rejoin(key).map(handing.departing),
    deliver: handing.deliver,
    refuse: (event, failure) => outbound.settle(event.id, failure),
    online: ({ account, realm: at }) => delivery.wake(journaling.ofSession(account, at)),
    abandon(key, failure) {
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
  const folded = (domain: string, stanzas: number): void => transports.get(domain)?.folded?.(stanzas);
  const rates = openLimits(limits.rates, clock);
  const people = openPeople({
    store: parts.store,
    accounts,
    limits: rates,
    lanes,
    xmpp,
    clock,
    log,
    sessions,
    transport,
    now: clock.now,
    presenceWindow: limits.presenceWindow ?? 0,
    folded,
    inRoom: rooms.wanted,
    outward(draft, session) {
      const pieces = crossing.outward(draft, session);
      // Only long texts are waited for.
      if (pieces instanceof Promise) throw new Error('presence is waited for');
      return pieces;
    },
    hand: (key, draft) => handing.occupant(key, { ...draft, id: newEventId(), at: clock.now(), live: true }),
  });
  const flicker = openFlicker({ rooms, clock, window: limits.presenceWindow ?? 0, folded });
  const registration = openRegistration({ transport, dialogues, logins, settings });
  const intake = openIntake({
    journaling,
    store: parts.store,
    xmpp,
    now: clock.now,
    transport,
    asFailure: handing.asFailure,
  });
  const amend = openAmend({
    store: parts.store,
    delivery,
    rows: journaling.rows,
    intake,
    now: clock.now,
    transport,
    degrade: (draft) => crossing.outward(draft, undefined),
  });
  const outbound = openOutbound({
    intake,
    amend,
    journaled: ({ place, kind }) => journaling.keeps('out', place, kind),
    sessionless: (place) => transport(placeTransport(place)).mapping.facts.delivery?.sessionless === true,
    limits: rates,
    contact: people.settled,
    accounts,
    ids,
    lanes,
    rooms,
    sessions,
    xmpp,
    now: clock.now,
    realm,
    opens: (account) =>
      Promise.all([settings.staysConnected(account), logins.registered(account)])
        .then((reasons) => reasons.includes(true))
        .catch((error: unknown) => {
          log.error({ err: error }, 'an account could not be read');
          return false;
        }),
    degrade: (draft, key) => crossing.outward(draft, sessions.get(key)),
  });
  const inbound = openInbound({
    person: people.heard,
    lanes,
    rooms: flicker,
    ids,
    outbox,
    commit: journaling.commit,
    rows: journaling.rows,
    now: clock.now,
    degrade: crossing.inward,
    journaled: (place, kind) => journaling.keeps('in', place, kind),
    repeated: ({ place }) => transports.get(placeTransport(place))?.repeated(),
  });

  const bounces = openBounces({
    store: parts.store,
    delivery,
    tell(draft, account) {
      const level = transport(placeTransport(draft.place)).mapping.facts.out[draft.kind] ?? 'none';
      if (level !== 'none') outbound.send(draft, account);
    },
  });

  return faceOf({
    parts,
    said,
    accounts,
    archive,
    bounces,
    dialogues,
    flicker,
    ids,
    inbound,
    intake,
    journaling,
    lanes,
    lasting,
    logins,
    occupancy,
    outbound,
    people,
    purging,
    rates,
    realm,
    registration,
    rooms,
    sessions,
    settings,
    talks,
    transport,
  });
}
