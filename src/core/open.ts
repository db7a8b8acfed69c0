import type { Credentials, SessionKey } from '#src/bridge.ts';
import { backoff } from '#src/lib/backoff.ts';
import { lanes as openLanes } from '#src/lib/lanes.ts';
import type { Event } from '#src/model/event.ts';
import { Failure } from '#src/model/failure.ts';
import { accountKey, type BareJid, bareOf, newEventId, splitAccount } from '#src/model/ids.ts';
import { type Place, placeTransport } from '#src/model/place.ts';
import { openAccounts } from './accounts.ts';
import { openArchive } from './archive.ts';
import { openCrossing } from './crossing.ts';
import { openDialogues } from './dialogue.ts';
import { openIds } from './ids.ts';
import { openInbound } from './inbound.ts';
import { openLasting } from './lasting.ts';
import { openLimits } from './limits.ts';
import { openLogins } from './logins.ts';
import { openMembership } from './membership.ts';
import { openOccupancy } from './occupancy.ts';
import { openOutbound } from './outbound.ts';
import type { CoreParts, CoreTransport, OpenCore } from './parts.ts';
import { openPeople } from './people.ts';
import { openPurging } from './purge.ts';
import { openRegistration } from './registration.ts';
import { restore } from './restore.ts';
import { openRooms } from './rooms.ts';
import { openSessions } from './sessions.ts';
import { openSettings } from './settings.ts';
import { openTalks } from './talks.ts';

/** Full JIDs that are asked at the same time whether they are still there. */
const AT_A_TIME = 50;

/** Builds the neutral middle. Nothing happens until the first event. */
export function openCore(parts: CoreParts): OpenCore {
  const { transports, xmpp, clock, log, limits } = parts;
  const accounts = openAccounts({ access: parts.access, store: parts.store, clock, log });
  const lanes = openLanes((error) => log.error({ err: error }, 'work in a lane failed'));
  let stopping = false;

  const transport = (domain: string): CoreTransport => {
    const found = transports.get(domain);
    if (!found) throw new Failure('item-not-found');
    return found;
  };
  const realm = (place: Place): string =>
    place.kind === 'realm' ? place.realm : transport(placeTransport(place)).addresses.parse(place.id).realm;

  const crossing = openCrossing({ transports, log, media: parts.media });
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
    session: (place) =>
      place.kind === 'shared' ? undefined : sessions.get({ account: place.account, realm: realm(place) }),
  });
  /** A finished login connects whoever stays connected; others connect with their first room. */
  async function register(at: SessionKey, credentials: Credentials): Promise<void> {
    await logins.register(at, credentials);
    if (await settings.staysConnected(at.account)) sessions.need(at);
  }

  const ids = openIds({ store: parts.store, log, archived: archive.sentAs });
  const occupancy = openOccupancy({ store: parts.store, clock, log });
  const lasting = openLasting({ store: parts.store, log });
  const purging = openPurging({
    store: parts.store,
    clock,
    log,
    flush: () => Promise.all([archive.flush(), ids.flush(), occupancy.flush(), lasting.flush()]),
  });
  const rooms = openRooms({
    lanes,
    archive,
    occupancy,
    xmpp,
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
    send: (key, event) => handOccupant(key, event),
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
    rejoin: (key) => rooms.rejoin(key).map(departing),
    deliver,
    refuse: (event, failure) => outbound.settle(event.id, failure),
    abandon(key, failure) {
      rooms.abandon(key, failure);
      people.turned(key, failure);
    },
  });
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
    inRoom: rooms.wanted,
    outward(draft, session) {
      const pieces = crossing.outward(draft, session);
      // Only long texts are waited for.
      if (pieces instanceof Promise) throw new Error('presence is waited for');
      return pieces;
    },
    hand(key, draft) {
      const session = sessions.get(key);
      if (session) deliver(departing({ ...draft, id: newEventId(), at: clock.now(), live: true }), session);
    },
  });
  const registration = openRegistration({ transport, dialogues, logins, settings });
  const outbound = openOutbound({
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
    rooms,
    ids,
    archive,
    store: parts.store,
    xmpp,
    now: clock.now,
    degrade: crossing.inward,
    journaled: (place, kind) =>
      transports.get(placeTransport(place))?.mapping.facts.durability.in?.[place.kind]?.[kind] === 'journal',
    repeated: ({ place }) => transports.get(placeTransport(place))?.repeated(),
  });

  function departing(event: Event): Event {
    ids.depart({ event, origin: undefined, lead: true, shared: { answered: false } });
    return event;
  }

  /** Joins and parts of the rooms: without a session there is nothing to part from, and `rejoin` brings the joins. */
  function handOccupant(key: SessionKey, event: Event): void {
    const session = sessions.get(key);
    if (session) deliver(departing(event), session);
  }

  function deliver(event: Event, session: ReturnType<typeof sessions.get> & object): void {
    const fail = (error: unknown): void => outbound.settle(event.id, asFailure(error));
    try {
      const { bridge, accepted } = transport(placeTransport(event.place));
      accepted(event.kind);
      const delivered = bridge().deliver(event, session);
      if (delivered instanceof Promise) delivered.then((done) => outbound.settle(event.id, done), fail);
      else outbound.settle(event.id, delivered);
    } catch (error) {
      fail(error);
    }
  }

  function asFailure(error: unknown): Failure {
    if (error instanceof Failure) return error;
    log.error({ err: error }, 'a bridge failed');
    return new Failure('internal', { cause: error });
  }

  /** People set what is theirs. What all share is the operators' (SECURITY rule 13: bare JIDs, matched exactly). */
  function maySet(place: Place, user: BareJid): void {
    if (!accounts.permitted(user)) throw accounts.refusal();
    const own =
      place.kind === 'shared' ? parts.access.admins.includes(user) : splitAccount(place.account).user === user;
    if (!own) throw new Failure('not-permitted');
  }

  const accountOf = (domain: string, jid: string) => accountKey(bareOf(jid), domain);

  async function check(domain: string, { place, jid }: { place: Place; jid: string }): Promise<void> {
    if (place.kind === 'realm' || (await xmpp.alive(domain, place.id, jid))) return;
    await rooms.lost(place, { account: accountOf(domain, jid), jid });
  }

  return {
    host: {
      emit(drafts, statements) {
        for (const { place } of drafts) parts.aliases.note(place);
        return inbound.accept(drafts, statements);
      },
      settle: outbound.settle,
      status: sessions.status,
      settings: settings.of,
    },
    accept(draft, origin) {
      if (stopping) throw new Failure('stopping');
      if (people.takes(draft)) return people.accept(draft, origin);
      outbound.accept(draft, origin);
    },
    async perform(drafts, jid) {
      if (stopping) throw new Failure('stopping');
      await outbound.perform(drafts, jid);
    },
    gone(domain, jid, place) {
      if (place) void rooms.lost(place, { account: accountOf(domain, jid), jid });
      else rooms.gone(domain, accountOf(domain, jid), jid);
    },
    permitted: accounts.permitted,
    refusal: accounts.refusal,
    settings: {
      async form(place, scope, user) {
        maySet(place, user);
        return settings.form(place, scope);
      },
      async change(change, user) {
        maySet(change.place, user);
        await settings.change(change.place, change.scope, change.answer);
      },
    },
    dialogues: talks,
    ...openMembership({
      accounts,
      media: parts.media,
      dialogues,
      limits: rates,
      logins,
      people,
      purging,
      registration,
      sessions,
      settings,
    }),
    probed: people.probed,
    attend: people.attend,
    addressOf: parts.aliases.address,
    rooms: {
      nickOf: (place, jid) => rooms.nickOf(place, accountOf(placeTransport(place), jid), jid),
      info: rooms.info,
      occupants: rooms.occupants,
    },
    realms: (domain, user) => [...new Set([...transport(domain).realms, ...sessions.realms(accountKey(user, domain))])],
    archive: (place, user, query) => archive.page(place, accountKey(user, placeTransport(place)), query),
    archived: (place, user, ids) => archive.pick(place, accountKey(user, placeTransport(place)), ids),
    async ask(query, domain, user) {
      const account = accountKey(user, domain);
      const asked = 'realm' in query ? query.realm : 'place' in query ? realm(query.place) : '';
      const reply = await transport(domain)
        .bridge()
        .ask(query, sessions.get({ account, realm: asked }));
      if ('id' in reply) parts.aliases.note({ kind: 'contact', account, id: reply.id });
      return reply;
    },
    async recheck(domain) {
      const seats = [...rooms.seats(domain)];
      // So many at a time: a server that has just come up has enough to do.
      for (let done = 0; done < seats.length; done += AT_A_TIME) {
        await Promise.all(seats.slice(done, done + AT_A_TIME).map((seat) => check(domain, seat)));
      }
      sessions.resume(domain);
    },
    async restore() {
      await restore({ store: parts.store, occupancy, rooms, sessions, transports, accounts, realm });
      purging.resume();
    },
    async stop() {
      stopping = true;
      dialogues.drop(() => true);
      await lanes.idle();
      people.farewell();
      rooms.farewell();
      await sessions.close('The gateway is stopping.');
      await lanes.idle();
      await archive.flush();
      await ids.flush();
      await accounts.flush();
      await occupancy.flush();
      await lasting.flush();
      await purging.stop();
    },
    status: () => ({ rooms: rooms.size, flights: ids.size }),
  };
}
