import type { Accounts } from '#src/core/accounts/accounts.ts';
import { openFarewell } from '#src/core/accounts/farewell.ts';
import type { Logins } from '#src/core/accounts/logins.ts';
import { openMembership } from '#src/core/accounts/membership.ts';
import { openOwnSettings } from '#src/core/accounts/own-settings.ts';
import type { Purging } from '#src/core/accounts/purge.ts';
import type { OpenSettings } from '#src/core/accounts/settings.ts';
import { openChat } from '#src/core/dialogues/chat.ts';
import { openChatPlaces } from '#src/core/dialogues/chat-places.ts';
import type { Dialogues } from '#src/core/dialogues/dialogue.ts';
import type { Registration } from '#src/core/dialogues/registration.ts';
import { openCharging } from '#src/core/journal/charging.ts';
import type { Intake } from '#src/core/journal/intake.ts';
import type { Journaling } from '#src/core/journal/journaling.ts';
import { openHostAlarms } from '#src/core/journal/operator/host-alarms.ts';
import { placeOf } from '#src/core/journal/owed.ts';
import type { People } from '#src/core/people/people.ts';
import type { Occupancy } from '#src/core/rooms/occupancy.ts';
import type { Flicker } from '#src/core/rooms/presence-folding.ts';
import { restore } from '#src/core/rooms/restore.ts';
import type { Rooms } from '#src/core/rooms/rooms.ts';
import { checkSeats } from '#src/core/rooms/seats.ts';
import type { Lasting } from '#src/core/sessions/lasting.ts';
import type { Sessions } from '#src/core/sessions/sessions.ts';
import type { Lanes } from '#src/lib/lanes.ts';
import { Failure } from '#src/model/failure.ts';
import { accountKey, type BareJid, bareOf, type XmppId } from '#src/model/ids.ts';
import { type Place, placeTransport } from '#src/model/place.ts';
import type { Ids } from './ids.ts';
import type { Core } from './index.ts';
import type { Limits } from './limits.ts';
import type { CoreParts, CoreTransport, OpenCore } from './parts.ts';
import type { Archive } from './rooms/archive.ts';
import { away } from './store-away.ts';
import type { Inbound } from './way/inbound.ts';
import type { Outbound } from './way/outbound.ts';
import type { Said } from './way/recent-texts.ts';

/** What `open` has built. */
export type House = {
  readonly parts: CoreParts;
  readonly accounts: Accounts;
  readonly archive: Archive;
  readonly bounces: (user: BareJid, id: XmppId) => Promise<void>;
  readonly dialogues: Dialogues;
  readonly flicker: Flicker;
  readonly ids: Ids;
  readonly inbound: Inbound;
  readonly intake: Intake;
  readonly journaling: Journaling;
  readonly lasting: Lasting;
  readonly logins: Logins;
  readonly occupancy: Occupancy;
  readonly outbound: Outbound;
  readonly people: People;
  readonly purging: Purging;
  readonly rates: Limits;
  readonly registration: Registration;
  readonly lanes: Lanes;
  realm(place: Place): string;
  transport(domain: string): CoreTransport;
  readonly rooms: Rooms;
  readonly said: Said;
  readonly sessions: Sessions;
  readonly settings: OpenSettings;
  readonly talks: Core['dialogues'];
};

/** The house as the edges, the bridges and the process see it. */
export function faceOf(house: House): OpenCore {
  const { parts, accounts, archive, dialogues, intake, journaling, people, rooms, sessions, settings } = house;
  const { store, xmpp, log, aliases, transports } = parts;
  const { delivery } = journaling;
  let stopping = false;

  const accountOf = (domain: string, jid: string) => accountKey(bareOf(jid), domain);

  const ask: Core['ask'] = async (query, domain, user) => {
    const account = accountKey(user, domain);
    const asked = 'realm' in query ? query.realm : 'place' in query ? house.realm(query.place) : '';
    const reply = await house
      .transport(domain)
      .bridge()
      .ask(query, sessions.get({ account, realm: asked }));
    if ('id' in reply) aliases.note({ kind: 'contact', account, id: reply.id });
    return reply;
  };
  const chat = openChat({
    dialogues: house.talks,
    places: openChatPlaces({ ask, transport: house.transport }),
    admit({ user }) {
      if (stopping) throw new Failure('stopping');
      if (!accounts.permitted(user)) throw accounts.refusal();
      house.rates.spend('messages', user);
    },
  });

  return {
    host: {
      emit(drafts, statements) {
        for (const { place } of drafts) aliases.note(place);
        try {
          return house.inbound.accept(drafts, statements)?.catch(away);
        } catch (error) {
          return away(error);
        }
      },
      settle(id, outcome) {
        const kept = delivery.settle(id, outcome);
        if (!kept) house.outbound.settle(id, outcome);
        return kept?.catch(away);
      },
      charge: openCharging({ store, budgets: journaling.budgets, transport: house.transport }),
      status: sessions.status,
      settings: settings.of,
      credentials: house.logins.replace,
      ...openHostAlarms({ ...parts, alarms: journaling.alarms, now: parts.clock.now }),
    },
    accept(draft, origin) {
      if (stopping) {
        if (!intake.recognises(draft, origin)) throw new Failure('stopping');
        return void intake.refuse(draft, origin, new Failure('stopping'));
      }
      if (people.takes(draft)) return people.accept(draft, origin);
      house.outbound.accept(draft, origin);
      house.said.note(draft, origin);
    },
    async perform(drafts, jid) {
      if (stopping) throw new Failure('stopping');
      await house.outbound.perform(drafts, jid);
    },
    gone(domain, jid, place) {
      if (place) void rooms.lost(place, { account: accountOf(domain, jid), jid });
      else rooms.gone(domain, accountOf(domain, jid), jid);
    },
    bounced: (_domain, user, id) =>
      house.bounces(user, id).catch((err: unknown) => log.error({ err }, 'a bounce could not be told')),
    permitted: accounts.permitted,
    refusal: accounts.refusal,
    settings: openOwnSettings({ settings, accounts, admins: parts.access.admins }),
    dialogues: house.talks,
    chat,
    ...openMembership({
      accounts,
      media: parts.media,
      dialogues,
      limits: house.rates,
      logins: house.logins,
      people,
      purging: house.purging,
      registration: house.registration,
      sessions,
      refuse: (account, failure) =>
        delivery.fail(({ row, owed }) => owed.way === 'out' && row.account === account, failure),
      settings,
      farewell: openFarewell({ ...parts, logins: house.logins, bridge: (domain) => house.transport(domain).bridge() }),
    }),
    probed: people.probed,
    attend: people.attend,
    addressOf: aliases.address,
    rooms: {
      nickOf: (place, jid) => rooms.nickOf(place, accountOf(placeTransport(place), jid), jid),
      info: rooms.info,
      occupants: rooms.occupants,
    },
    realms: (domain, user) => [
      ...new Set([...house.transport(domain).realms, ...sessions.realms(accountKey(user, domain))]),
    ],
    archive: (place, user, query) => archive.page(place, accountKey(user, placeTransport(place)), query),
    archived: (place, user, ids) => archive.pick(place, accountKey(user, placeTransport(place)), ids),
    ask,
    recheck: (domain) => checkSeats({ rooms, sessions, xmpp, transport: domain }),
    async restore() {
      await restore({
        store: store,
        occupancy: house.occupancy,
        rooms,
        sessions,
        transports,
        accounts,
        realm: house.realm,
      });
      house.purging.resume();
    },
    start: () => delivery.start().catch((err: unknown) => log.error({ err }, 'what is owed could not be looked up')),
    queue: journaling.queue,
    alarm(text) {
      const [domain] = transports.keys();
      if (domain !== undefined) journaling.alarms.tell(domain, text);
    },
    online: (domain) => delivery.wake(({ owed }) => owed.way !== 'out' && placeTransport(placeOf(owed)) === domain),
    async stop() {
      stopping = true;
      dialogues.drop(() => true);
      await intake.idle();
      await house.lanes.idle();
      people.farewell();
      house.flicker.stop();
      rooms.farewell();
      await sessions.close();
      await house.lanes.idle();
      await journaling.stop();
      await archive.flush();
      await house.ids.flush();
      await accounts.flush();
      await house.occupancy.flush();
      await house.lasting.flush();
      await house.purging.stop();
    },
    status: () => ({ rooms: rooms.size, flights: house.ids.size }),
  };
}
