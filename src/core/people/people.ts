import { OFFLINE, type Shown } from '#mappings/presence.ts';
import { peopleTexts as texts } from '#mappings/texts/people.ts';
import type { Outcome, SessionKey } from '#src/bridge.ts';
import type { Accounts } from '#src/core/accounts/accounts.ts';
import type { Dormancy } from '#src/core/accounts/dormancy.ts';
import type { Languages } from '#src/core/accounts/languages.ts';
import type { AsFailure } from '#src/core/bugs.ts';
import type { Identities } from '#src/core/identities.ts';
import type { Origin, XmppSide } from '#src/core/index.ts';
import type { FarServers } from '#src/core/journal/far-servers.ts';
import type { Delivery } from '#src/core/journal/lane.ts';
import type { Limits } from '#src/core/limits.ts';
import type { Sessions } from '#src/core/sessions/sessions.ts';
import type { Transport } from '#src/core/transport.ts';
import type { RouteContext } from '#src/core/way/route.ts';
import type { Lanes } from '#src/lib/lanes.ts';
import type { Clock } from '#src/lib/time/clock.ts';
import type { Draft, EventBody, EventOf } from '#src/model/event.ts';
import { Failure } from '#src/model/failure.ts';
import { type AccountKey, type BareJid, domainOf, splitAccount } from '#src/model/ids.ts';
import { wordsIn } from '#src/model/language.ts';
import { type Place, placeTransport } from '#src/model/place.ts';
import type { Store } from '#src/store/index.ts';
import { knownIn, openContacts } from './contacts.ts';
import type { Digests } from './digests.ts';
import { fill, newPerson, type Person } from './person.ts';
import { openPresence } from './presence.ts';
import type { Profiles } from './profiles.ts';
import type { ContactRefusals } from './refusals.ts';
import { openRoster } from './roster.ts';

export type PeopleParts = {
  readonly store: Pick<Store, 'accounts' | 'contacts' | 'unit'>;
  readonly accounts: Accounts;
  readonly languages: Pick<Languages, 'of'>;
  readonly limits: Limits;
  readonly lanes: Lanes;
  readonly xmpp: XmppSide;
  readonly clock: Clock;
  readonly asFailure: AsFailure;
  readonly sessions: Pick<Sessions, 'need' | 'want' | 'unwant' | 'release' | 'get' | 'state' | 'realms'>;
  readonly delivery: Pick<Delivery, 'tell'>;
  readonly refusals: ContactRefusals;
  readonly digests: Pick<Digests, 'noticed'>;
  readonly dormancy: Pick<Dormancy, 'has' | 'since' | 'left'>;
  readonly profiles: Profiles;
  readonly identities: Pick<Identities, 'of'>;
  readonly standings: RouteContext['standings'];
  readonly tables: RouteContext['tables'];
  now(): number;
  transport(domain: string): Transport;
  /** Milliseconds in which what a contact changes again is told once. */
  readonly presenceWindow: number;
  /** Servers of users that cannot be reached. */
  readonly far: Pick<FarServers, 'isDown'>;
  /** So many stanzas with presence were saved. */
  folded(transport: string, stanzas: number): void;
};

type ProfileBody = Extract<EventBody, { kind: 'profile' }>;

/** What happens between users and the entries of their rosters. */
export type People = {
  /** Whether the event is of this kind: presence, or a subscription, outside of rooms. */
  takes(draft: Draft): draft is Draft<EventOf<'contact'> | EventOf<'presence'>>;
  /** A user's presence or subscription. Throws a `Failure` for what is refused at once. */
  accept(draft: Draft<EventOf<'contact'> | EventOf<'presence'>>, origin: Origin): void;
  probed(place: Place, jid: string): void;
  /** For how long (ms) a contact has done nothing or been away; of the gateway, how long it has run. */
  lastActivity(place: Place): Promise<number>;
  /** A contact's presence, subscription or profile. Resolves once it is durable. */
  heard(event: EventOf<'contact'> | EventOf<'presence'> | EventOf<'profile'>): void | Promise<void>;
  /** While a contact is being put into the roster: resolves once that is durable, and rejects where it is not done. */
  listing(place: Place): Promise<void> | undefined;
  /** What was found out of a contact. */
  learned(account: AccountKey, id: string, profile: ProfileBody): void;
  /** A user shows a picture of this hash, or another name. */
  looks(account: AccountKey, now: { readonly photo?: string; readonly name?: string }): void;
  /** Whether a contact is one of the account's; `full` where it is not and cannot become one. */
  knows(account: AccountKey, id: string): Promise<'yes' | 'no' | 'full'>;
  /** Whether nobody of the account is there, as far as we may see that. */
  isAway(account: AccountKey): boolean;
  /** Whether a message from a contact came back because its user has blocked it; it is not heard any more then. */
  blocks(place: Place): boolean;
  /** A bridge tells what became of a subscription. */
  settled(event: EventOf<'contact'>, outcome: Outcome): void;
  /** A session has changed; `failure` says why it was given up. */
  turned(key: SessionKey, failure?: Failure): void;
  /** The account was registered. Resolves with what asks the user for a place in the roster. */
  enrolled(account: AccountKey): Promise<() => void>;
  /** The account is out of reach from now on: nobody is shown to its user any more. */
  slept(account: AccountKey): void;
  /** The account is about to be removed, or has been. Resolves with what takes everybody out of the user's roster. */
  dismissed(account: AccountKey): Promise<() => void>;
  /** The link of a transport is up: asks for the presence of all who let us see it. */
  attend(transport: string): Promise<void>;
  /** Whose clients are there for the gateway or its people. */
  online(transport: string): readonly BareJid[];
  /** A server of users cannot be reached any more, or can be again: their networks hear that. */
  reached(domain: string): void;
  /** Everybody who is shown goes. */
  farewell(): void;
};

/** Accounts that are probed at once, and the wait after them in ms: 200 a second. */
const PAGE = 50;
const PACE = 250;
/** The longest status that crosses, in UTF-16 units: presence is said often, and kept in memory. */
const LONGEST = 1000;
/** How long a server may take for the answer to a probe, in ms. */
const PATIENCE = 60_000;

/** The users that are there or have a session, with their contacts; one lane for each. */
export function openPeople(parts: PeopleParts): People {
  const { store, accounts, limits, lanes, xmpp, clock, sessions, dormancy, profiles } = parts;
  const people = new Map<AccountKey, Person>();
  const loading = new Set<AccountKey>();
  const started = clock.now();
  let [round, stopped] = [0, false];

  const roster = openRoster(parts);
  const presence = openPresence({ ...parts, roster });
  const contacts = openContacts({ ...parts, roster, presence, within });

  async function load(account: AccountKey): Promise<Person> {
    loading.add(account);
    try {
      const [row, list] = await Promise.all([
        store.accounts.get(account),
        store.contacts.of(account),
        profiles.load(account),
      ]);
      const person = newPerson(account, row?.registered === true && !dormancy.has(account));
      // Whoever has the address now may be somebody else.
      if (dormancy.since(account) === undefined) fill(person, list);
      people.set(account, person);
      return person;
    } finally {
      loading.delete(account);
    }
  }

  /** Who is not there and has no session is in the store. */
  function prune(account: AccountKey): void {
    if (people.get(account)?.resources.size !== 0 || sessions.realms(account).length > 0) return;
    people.delete(account);
    profiles.forget(account);
  }

  /** Works on a person in their lane. Synchronous where they are in memory and the work is. */
  function within(account: AccountKey, work: (person: Person) => void | Promise<void>): void | Promise<void> {
    return lanes.within(`people ${account}`, () => {
      let going: Promise<void> | undefined;
      try {
        const person = people.get(account);
        going = (person ? work(person) : load(account).then(work)) ?? undefined;
        return going?.finally(() => prune(account));
      } finally {
        if (!going) prune(account);
      }
    });
  }

  /** Lets the user hear of a failure that came later. */
  function answered(going: void | Promise<void>, origin?: Origin): void {
    going?.catch((error: unknown) => {
      const failure = parts.asFailure(error);
      if (origin) xmpp.refuse(origin, failure);
    });
  }

  const transportOf = (account: AccountKey): string => splitAccount(account).transport;

  /** Whoever sees a contact sees what became of them, and clients that know no presence of vCards hear of it beside. */
  async function learn(person: Person, id: string, profile: ProfileBody): Promise<void> {
    const { account, contacts: all, shown } = person;
    if (!all.has(id)) return;
    const news = await profiles.learn(account, id, profile);
    if (!news || (shown.get(id) ?? OFFLINE).show === 'offline') return;
    presence.show(person, id);
    roster.tell(account, id, news);
  }

  function came(draft: Draft<EventOf<'presence'>>, account: AccountKey, jid: string): void {
    const id = roster.idOf(draft.place);
    if (draft.show !== 'offline') {
      const come = (person: Person): void => {
        // Servers may show us all of their users: that alone makes nobody an account.
        if (id !== '' || person.registered || person.contacts.size > 0) accounts.used(account);
        presence.come(person, { jid, id, round }, shownOf(draft));
        if (draft.photo !== undefined) void profiles.noticed(account, { photo: draft.photo }).catch(parts.asFailure);
      };
      answered(within(account, come));
    } else if (people.has(account) || loading.has(account)) {
      answered(within(account, (person) => presence.leave(person, jid, id)));
    }
  }

  /** Who has not answered a round of probes is not there. */
  function sweep(transport: string, before: number): void {
    for (const [account, { resources }] of people) {
      if (transportOf(account) !== transport) continue;
      const gone = [...resources].filter(([, one]) => one.round < before).map(([jid]) => jid);
      answered(
        within(account, (person) => {
          for (const jid of gone) presence.leave(person, jid);
        }),
      );
    }
  }

  parts.refusals.listen((account, id) => {
    if (people.has(account)) answered(within(account, (person) => presence.blocked(person, id)));
  });

  return {
    takes: (draft): draft is Draft<EventOf<'contact'> | EventOf<'presence'>> =>
      (draft.kind === 'contact' || draft.kind === 'presence') &&
      (draft.place.kind === 'contact' || draft.place.kind === 'realm'),
    accept(draft, origin) {
      const asking = draft.kind === 'contact' && draft.action === 'subscribe';
      const account = accounts.of(draft.from, placeTransport(draft.place));
      const { user } = splitAccount(account);
      // Strangers are answered where they ask for something, and nowhere else.
      if (asking) accounts.admit(user);
      else if (!accounts.permitted(user)) return;
      if (draft.kind === 'presence') return came(draft, account, origin.from);
      const id = roster.idOf(draft.place);
      if (asking && parts.refusals.blocks(account, id)) throw new Failure('blocked');
      if (asking) limits.spend('contacts', user);
      const { action } = draft;
      const apply = async (person: Person): Promise<void> => {
        const before = person.contacts.get(id);
        await contacts.apply(person, id, { by: 'user', action });
        // A server that removes an account takes all out of its roster, the gateway too (RFC 6121 §2.5). Who has never
        // let it in has only said no.
        if (id === '' && (before?.from || before?.to) && !person.contacts.has(id)) dormancy.left(account);
      };
      answered(within(account, apply), origin);
    },
    probed(place, jid) {
      if (place.kind === 'shared' || place.kind === 'room') return;
      const { account } = place;
      const id = roster.idOf(place);
      const unknown = (): void => roster.tell(account, id, { kind: 'contact', action: 'unsubscribed' });
      // RFC 6121 §4.3.2: without a subscription there is nothing to see.
      if (!accounts.permitted(splitAccount(account).user)) return unknown();
      const look = (person: Person): void =>
        person.contacts.get(id)?.from ? presence.probed(person, id, jid) : unknown();
      answered(within(account, look));
    },
    looks(account, now) {
      // Of who is nobody here nothing is remembered.
      if (people.has(account) || loading.has(account)) void profiles.noticed(account, now).catch(parts.asFailure);
    },
    learned: (account, id, profile) => answered(within(account, (person) => learn(person, id, profile))),
    async lastActivity(place) {
      if (place.kind !== 'contact') return clock.now() - started;
      let found: number | undefined;
      await within(place.account, (person) => {
        // XEP-0012 §4: it is for who may see the presence.
        if (!person.contacts.get(place.id)?.from) throw new Failure('not-permitted');
        found = presence.inactive(person, place.id);
      });
      if (found === undefined) throw new Failure('service-unavailable');
      return found;
    },
    heard(event) {
      const { place } = event;
      if (place.kind !== 'contact') return;
      const { account, id } = place;
      if (event.kind === 'profile') return within(account, (person) => learn(person, id, event));
      if (event.kind === 'presence') return within(account, (person) => presence.heard(person, id, shownOf(event)));
      const { action, reason, name, groups } = event;
      if (groups && (action === 'subscribed' || action === 'unsubscribed'))
        return within(account, (person) => contacts.listed(person, { account, id, name, groups }, action));
      return within(account, (person) => contacts.apply(person, id, { by: 'contact', action }, reason));
    },
    listing: (place) => (place.kind === 'contact' ? contacts.listing(place.account, place.id) : undefined),
    async knows(account, id) {
      const asks = !people.has(account) && dormancy.since(account) === undefined;
      if (asks && (await contacts.isStored(account, id))) return 'yes';
      let known: 'yes' | 'no' | 'full' = 'no';
      await within(account, (person) => void (known = knownIn(person, id)));
      return known;
    },
    isAway(account) {
      const person = people.get(account);
      const hears = [...(person?.resources.values() ?? [])].some(({ presence: { deaf } }) => !deaf);
      return person !== undefined && !hears && [...person.contacts.values()].some(({ to }) => to);
    },
    blocks(place) {
      const person = place.kind === 'contact' ? people.get(place.account) : undefined;
      if (!person || place.kind !== 'contact' || !presence.hides(person, place.id)) return false;
      parts.refusals.refuse(place.account, place.id, 'seen');
      return true;
    },
    settled({ place, action }, outcome) {
      if (place.kind !== 'contact' || (action === 'subscribe' && !(outcome instanceof Failure))) return;
      const { account, id } = place;
      answered(within(account, (person) => contacts.settled(person, id, action, outcome)));
    },
    turned(key, failure) {
      if (stopped) return;
      // What it is now: the work waits for its turn, and the next change comes for itself.
      const online = sessions.state(key).name === 'online';
      const turn = (person: Person): void => {
        if (failure) person.failures.set(key.realm, failure);
        presence.turned(person, key, online);
        if (online) contacts.catchUp(person, key.realm);
        if (online) void profiles.report(key.account).catch(parts.asFailure);
      };
      answered(within(key.account, turn));
    },
    slept(account) {
      const sleep = (person: Person): void => {
        person.registered = false;
        for (const id of person.resources.size > 0 ? [...person.shown.keys()] : []) presence.hide(person, id);
        person.contacts.clear();
        person.owed.clear();
        presence.count(person);
      };
      if (people.has(account) || loading.has(account)) answered(within(account, sleep));
    },
    async enrolled(account) {
      await within(account, async (person) => {
        if (person.contacts.size === 0) fill(person, await store.contacts.of(account));
        person.registered = true;
        presence.count(person);
        person.failures.clear();
      });
      const welcome = async (person: Person): Promise<void> => {
        // XEP-0100 §4.1: the gateway wants to see when the user is there.
        await contacts.apply(person, '', { by: 'contact', action: 'subscribe' });
        if (person.resources.size > 0) presence.logIn(person);
      };
      return () => answered(within(account, welcome));
    },
    async dismissed(account) {
      const ids = new Set(['']);
      await within(account, (person) => {
        for (const id of person.contacts.keys()) ids.add(id);
        // Nothing that waits to be shown is news any more, and nobody is there who wants a session.
        person.resources.clear();
        presence.count(person);
        people.delete(account);
        profiles.forget(account);
      });
      return () => {
        for (const id of ids) {
          // XEP-0100 §4.3
          roster.tell(account, id, { kind: 'contact', action: 'unsubscribe' });
          roster.tell(account, id, { kind: 'contact', action: 'unsubscribed' });
          roster.tell(account, id, { kind: 'presence', ...OFFLINE });
        }
      };
    },
    async attend(transport) {
      const now = ++round;
      // Before it the server has said of whom it shows us the presence by itself.
      await xmpp.barrier(transport).catch(() => undefined);
      for (let after = ''; !stopped; ) {
        const seen = await store.contacts.seeing(transport, PAGE, after);
        for (const { account, id } of seen)
          if (dormancy.since(account) === undefined)
            xmpp.probe(roster.placeOf(account, id), splitAccount(account).user as BareJid);
        if (seen.length < PAGE) break;
        after = seen.at(-1)?.account ?? '';
        await new Promise<void>((resolve) => void clock.after(PACE, resolve));
      }
      if (people.size > 0) clock.after(PATIENCE, () => sweep(transport, now));
    },
    online: (transport) =>
      [...people.values()].flatMap(({ account, resources }) =>
        resources.size > 0 && transportOf(account) === transport ? splitAccount(account).user : [],
      ),
    reached(domain) {
      for (const account of [...people.keys()])
        if (domainOf(splitAccount(account).user) === domain) answered(within(account, presence.report));
    },
    farewell() {
      stopped = true;
      presence.stop();
      for (const { account, shown, resources } of people.values()) {
        if (resources.size === 0) continue;
        const status = wordsIn(texts.stopping, parts.languages.of(account));
        for (const [id, { show }] of shown)
          if (show !== 'offline') roster.tell(account, id, { kind: 'presence', ...OFFLINE, status });
      }
    },
  };
}

const shownOf = ({ show, status, idle, deaf }: Shown): Shown => ({
  show,
  ...(status && { status: status.slice(0, LONGEST) }),
  ...(idle !== undefined && { idle }),
  ...(deaf && { deaf }),
});
