import type { Host } from '#src/bridge.ts';
import type { Log } from '#src/lib/log.ts';
import type { Clock } from '#src/lib/time/clock.ts';
import { type LimitedWait, unlimited } from '#src/lib/time/time-limit.ts';
import type { Rate } from '#src/lib/time/token-bucket.ts';
import { Failure } from '#src/model/failure.ts';
import { accountKey, type BareJid, bareOf } from '#src/model/ids.ts';
import { placeTransport } from '#src/model/place.ts';
import type { SealKey, Store } from '#src/store/index.ts';
import type { Access } from './accounts/accounts.ts';
import type { Aliases } from './aliases.ts';
import { openChat } from './dialogues/chat.ts';
import { openChatPlaces } from './dialogues/chat-places.ts';
import type { Core, XmppSide } from './index.ts';
import { type Charging, openCharging } from './journal/budgets.ts';
import type { Alarms } from './journal/operator/alarms.ts';
import type { Queue } from './journal/operator/queue-entry.ts';
import { type OwedRow, placeOf } from './journal/rows.ts';
import type { LimitName } from './limits.ts';
import type { MediaStore } from './media/media.ts';
import type { PictureSource } from './media/pictures.ts';
import type { buildCore } from './open.ts';
import { openCards } from './people/cards.ts';
import { openUnheard } from './people/unheard.ts';
import { restore } from './rooms/restore.ts';
import { checkSeats } from './rooms/seats.ts';
import type { Transport } from './transport.ts';
import type { Inward } from './way/index.ts';

export type CoreParts = {
  readonly transports: ReadonlyMap<string, Transport>;
  readonly access: Access;
  readonly limits: {
    /** How many lines wait for a session that is down, and for how many milliseconds. */
    readonly waitingLines: number;
    readonly waitingTime: number;
    /** Bounds of the wait before another attempt to connect, in milliseconds. */
    readonly reconnectMin: number;
    readonly reconnectMax: number;
    /** Milliseconds between attempts in one realm that nobody has just asked for, and between all where its network wants that. */
    readonly connectPace: number;
    /** Milliseconds that whoever comes into a room waits for its network. */
    readonly joinTime: number;
    /** Milliseconds that a network may take for a page of its history. */
    readonly historyTime: number;
    /** Milliseconds for which an account whose last client was lost stays in its rooms. */
    readonly linger: number;
    /** Milliseconds in which a presence that changes again is told once, at their end; 0 tells every change. */
    readonly presenceWindow?: number;
    /** How many of a room's occupants clients are shown; all without it. */
    readonly shown?: number;
    /** Ms for which somebody may not be seen until what they log in with is not used any more; no end if left out. */
    readonly unseen?: number;
    /** How long somebody may take for one answer of a dialogue, in milliseconds, and how many one may have open. */
    readonly dialogueTime: number;
    readonly dialogues: number;
    /** How fast one user may do what. */
    readonly rates: Readonly<Record<LimitName, Rate>>;
  };
  readonly store: Store;
  /** The long addresses that the store knows. */
  readonly aliases: Aliases;
  /** Seals what is secret in the store. */
  readonly key: SealKey;
  /** Where long texts go whole; absent where the operator keeps no files. */
  readonly media?: MediaStore | undefined;
  /** Files of networks behind links of ours. */
  readonly lent?: PictureSource;
  readonly xmpp: XmppSide;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Log;
  /** How long what is owed to XMPP is tried, in ms. */
  readonly expiry?: number;
  /** Stops the gateway, where an admin may have that done. */
  readonly shutdown?: (() => void) | undefined;
  /** Which domains are of our own XMPP server, and how long a message to a user of another may come back, in ms. All are our own without it. */
  readonly far?: { isHome(domain: string): boolean; readonly returns: number };
  /** Hears of what an operator has to know or has done: a row that was given up, a budget that comes to its end, a bridge's alarm. */
  report?(what: 'parked' | 'lost' | 'budget' | 'dropped' | 'retried' | 'alarm', transport: string, name?: string): void;
};

/** The core with what `gateway.ts` joins to the bridges and to the process. */
export type OpenCore = Core & {
  readonly host: Pick<Host, 'settle' | 'status' | 'settings' | 'gap' | 'credentials' | 'admits' | 'language'> &
    Pick<Alarms, 'alarm' | 'tellAdmins'> & {
      readonly emit: Inward['accept'];
      readonly charge: Charging;
    };
  /** The link of the transport is up: asks for the presence of everybody who lets us see it. */
  attend(transport: string): Promise<void>;
  /** Takes up what the last run left: before the links, once the bridges are open. */
  restore(): Promise<void>;
  /**
   * The XMPP server was away and is back: tells what was kept from clients `since` then (ms since 1970), and asks every full JID
   * of the transport whether it is still there.
   */
  recheck(transport: string, since: number): Promise<void>;
  /** Begins with what an earlier run owed. Resolves when all of it is in hand, or with the stop. Never rejects. */
  start(): Promise<void>;
  /** Removes all that a user has, at once and without a word to them. Resolves with how many accounts that were. */
  purge(user: BareJid): Promise<number>;
  /** What is owed, as the operator sees it. */
  readonly queue: Queue;
  /** Tells those who run the gateway, as messages of its own that are kept until they have arrived. Never throws. */
  alarm(text: string): void;
  /** The link of the transport has ended. */
  lost(transport: string): void;
  /** The link of the transport is online: what waited for it goes. */
  online(transport: string): void;
  /** Tells everybody that the gateway stops and closes every session. What hangs is waited for within a limit, if one is given. */
  stop(wait?: LimitedWait): Promise<void>;
  status(): { readonly rooms: number; readonly flights: number };
};

/** What `open` has built. */
export type Opened = ReturnType<typeof buildCore>;

/** What was opened, as the edges, the bridges and the process see it. */
export function coreOf(opened: Opened): OpenCore {
  const { parts, accounts, archive, dialogues, intake, journaling, people, rooms, sessions, settings } = opened;
  const { store, xmpp, log, aliases, transports } = parts;
  const { delivery, settling } = journaling;
  let stopping = false;

  const accountOf = (domain: string, jid: string) => accountKey(bareOf(jid), domain);

  const ask: Core['ask'] = async (query, domain, user) => {
    const account = accountKey(user, domain);
    const realm = 'realm' in query ? query.realm : 'place' in query ? opened.realm(query.place) : '';
    const bridge = opened.transport(domain).bridge();
    // Whoever looks round is let in for it.
    const visits = query.kind === 'rooms' && bridge.connect && accounts.permitted(user);
    const session = await (visits ? opened.visits.enter({ account, realm }) : sessions.get({ account, realm }));
    const reply = await bridge.ask(query, session);
    if ('id' in reply) aliases.note({ kind: 'contact', account, id: reply.id });
    return reply;
  };
  const admit: Core['admit'] = (user, limit) => {
    accounts.admit(user);
    if (limit) opened.rates.spend(limit, user);
  };
  const unheard = openUnheard({ ...parts, rooms, people });
  const chat = openChat({
    dialogues: opened.talks,
    network: (domain) => opened.transport(domain).definition.identity.name,
    places: openChatPlaces({ ask, standing: opened.standings.at, transport: opened.transport }),
    admit({ user }) {
      if (stopping) throw new Failure('stopping');
      admit(user, 'messages');
    },
  });

  return {
    host: {
      emit(drafts, statements) {
        for (const { place } of drafts) aliases.note(place);
        return opened.inward.accept(drafts, statements);
      },
      admits: opened.admissions.admits,
      settle: settling.settle,
      charge: openCharging({ store, budgets: journaling.budgets, transport: opened.transport }),
      status: sessions.status,
      settings: settings.of,
      gap(place) {
        if (place.kind !== 'shared') opened.backFill.hears(place.account, place, false);
      },
      credentials: opened.logins.replace,
      alarm: journaling.alarms.alarm,
      tellAdmins: journaling.alarms.tellAdmins,
      language: opened.languages.of,
    },
    accept(draft, origin) {
      if (stopping) {
        if (!intake.recognises(draft, origin)) throw new Failure('stopping');
        return void intake.refuse(draft, origin, new Failure('stopping'));
      }
      if (people.takes(draft)) return people.accept(draft, origin);
      opened.outward.accept(draft, origin);
    },
    async perform(drafts, jid) {
      if (stopping) throw new Failure('stopping');
      const { place } = drafts[0] ?? {};
      const key = place && { account: accountOf(placeTransport(place), jid), realm: opened.realm(place) };
      // A room that ends by it is not to take the session along before the answer.
      if (key) sessions.want(key, 'room');
      await opened.outward.perform(drafts, jid).finally(() => {
        if (!key) return;
        sessions.unwant(key, 'room');
        sessions.release(key);
      });
    },
    gone(domain, jid, place, { unreachable, seat }) {
      if (unreachable) unheard.bounced(place, jid);
      if (seat) void rooms.lost(place, { account: accountOf(domain, jid), jid }, seat);
    },
    unheard: (place, user) => unheard.bounced(place, user),
    confirmed: (_domain, user, id) =>
      opened.bounces.confirmed(user, id).catch((err: unknown) => log.error({ err }, 'a receipt could not be taken')),
    bounced: (_domain, user, id, why) =>
      opened.bounces.bounced(user, id, why).catch((err: unknown) => log.error({ err }, 'a bounce could not be told')),
    languages: opened.languages,
    permitted: accounts.permitted,
    blocks: (domain, user, change) => opened.refusals.took(accountKey(user, domain), change),
    admit,
    standing: opened.standings.at,
    settings: opened.ownSettings,
    dialogues: opened.talks,
    chat,
    registered: opened.membership.registered,
    unregister: opened.membership.unregister,
    unlink: opened.membership.unlink,
    registration: opened.registration,
    probed: people.probed,
    lastActivity: people.lastActivity,
    attend: people.attend,
    addressOf: aliases.address,
    rooms: {
      quit: (place, user) => rooms.quit(place, accountKey(user, placeTransport(place))),
      isMember: (place, user) => rooms.isMember(place, accountKey(user, placeTransport(place))),
      seat: (place, jid) => rooms.seat(place, accountOf(placeTransport(place), jid), jid),
      nickOf: (place, jid) => rooms.nickOf(place, accountOf(placeTransport(place), jid), jid),
      info: rooms.info,
      occupants: rooms.occupants,
    },
    realms: (domain, user) => [
      ...new Set([...opened.transport(domain).realms, ...sessions.realms(accountKey(user, domain))]),
    ],
    archive: (place, user, query) => opened.backFill.page(place, accountKey(user, placeTransport(place)), query),
    archived: (place, user, ids) => archive.pick(place, accountKey(user, placeTransport(place)), ids),
    ask,
    card: openCards({ ...opened, ask, lent: parts.lent ?? (() => undefined) }),
    picture: opened.profiles.picture,
    looks(domain, user, now) {
      if (accounts.permitted(user)) people.looks(accountKey(user, domain), now);
    },
    recheck(domain, since) {
      rooms.catchUp(domain, since);
      return checkSeats({ rooms, sessions, xmpp, transport: domain });
    },
    async restore() {
      await opened.identities.load();
      await opened.refusals.load();
      await opened.languages.load();
      await opened.digests.load();
      await opened.dormancy.load();
      await restore({ ...parts, ...opened });
      opened.purging.resume();
    },
    async start() {
      opened.dormancy.start();
      await opened.choices.load().catch((err: unknown) => log.error({ err }, 'what users chose could not be read'));
      await delivery.start().catch((err: unknown) => log.error({ err }, 'what is owed could not be looked up'));
    },
    async purge(user) {
      const all = (await store.accounts.ofUser(user)).filter(({ transport }) => transports.has(transport));
      for (const { key } of all) await opened.membership.remove(key);
      return all.length;
    },
    queue: journaling.queue,
    alarm(text) {
      const [domain] = transports.keys();
      if (domain !== undefined) journaling.alarms.tellAdmins(domain, text);
    },
    lost: (domain) => void journaling.lost(domain),
    online: (domain) => delivery.wake(({ owed }) => owed.way !== 'out' && placeTransport(placeOf(owed)) === domain),
    async stop(wait = unlimited) {
      stopping = true;
      opened.dormancy.stop();
      dialogues.drop(() => true);
      opened.echoes.stop();
      await wait('what is being accepted', intake.idle().then(opened.lanes.idle));
      people.farewell();
      opened.flicker.stop();
      unheard.stop();
      await wait('who is told to be out of a room', rooms.farewell());
      // What is only held back goes.
      delivery.wake(({ kept }) => !kept);
      delivery.fail((row) => !row.kept && !isLeaving(row), new Failure('stopping'));
      opened.visits.stop();
      await wait('rooms to be left', new Promise<void>((left) => settling.behind(isLeaving, left)));
      await sessions.close(wait);
      await wait('what is being told', opened.lanes.idle());
      await journaling.stop();
      await archive.flush();
      await opened.ids.flush();
      await accounts.flush();
      await opened.occupancy.flush();
      await opened.lasting.flush();
      await opened.purging.stop();
    },
    status: () => ({ rooms: rooms.size, flights: settling.size }),
  };
}

/** Somebody leaves a room: who has no connection of their own there would stay in it. */
const isLeaving = ({ owed }: OwedRow): boolean =>
  owed.way === 'out' && owed.event.kind === 'occupant' && owed.event.change === 'leave';
