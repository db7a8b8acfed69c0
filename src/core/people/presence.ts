import { AVAILABLE, OFFLINE, type Shown, sameShown, strongest, UNREACHABLE } from '#mappings/presence.ts';
import { peopleTexts as texts } from '#mappings/texts/people.ts';
import type { SessionKey } from '#src/bridge.ts';
import { openFold } from '#src/lib/fold.ts';
import { openRecent } from '#src/lib/recent.ts';
import type { Draft } from '#src/model/event.ts';
import { bareOf, domainOf, splitAccount } from '#src/model/ids.ts';
import { type Words, wordsIn } from '#src/model/language.ts';
import { carried } from './carried.ts';
import type { PeopleParts } from './people.ts';
import type { Person, Resource } from './person.ts';
import type { Roster } from './roster.ts';

export type PresenceParts = Pick<
  PeopleParts,
  | 'transport'
  | 'identities'
  | 'languages'
  | 'standings'
  | 'tables'
  | 'sessions'
  | 'clock'
  | 'presenceWindow'
  | 'folded'
  | 'far'
  | 'refusals'
  | 'digests'
> & {
  readonly roster: Roster;
};

/** What users see of their contacts, and networks of their users: only what changed, and only to who is there. */
export type Presence = {
  /** A resource is available to one of ours. */
  come(person: Person, at: { readonly jid: string; readonly id: string; readonly round: number }, now: Shown): void;
  /** A resource is no longer available to one of ours, or to nobody where no id is given. */
  leave(person: Person, jid: string, id?: string): void;
  /** The network says how a contact fares. */
  heard(person: Person, id: string, now: Shown): void;
  /** Shows how a contact fares to a full JID, or to all resources of the user. */
  show(person: Person, id: string, jid?: string): void;
  /** For how long (ms) a contact has done nothing, or been away; nothing where that is not known. */
  inactive(person: Person, id: string): number | undefined;
  /** Answers a probe of a contact. */
  probed(person: Person, id: string, jid: string): void;
  /** A contact's presence is no longer the user's to see. */
  hide(person: Person, id: string): void;
  /** A session of the account has come, gone, or begun to be made. */
  turned(person: Person, key: SessionKey, online: boolean): void;
  /** Whether a contact that saw the user does not any more, while somebody else does: so looks who was blocked (XEP-0191 §3.2). */
  hides(person: Person, id: string): boolean;
  /** Somebody was blocked, or is not any more: everybody where no id is given. */
  blocked(person: Person, id: string): void;
  /** Makes sure of the sessions that a registered user wants. */
  logIn(person: Person): void;
  /** Whether a registered user's presence wants the session. */
  wants(person: Person, realm: string): boolean;
  /** Notes what sessions are wanted for the presence of a user, after any change of it. */
  count(person: Person): void;
  /** Makes sure of the session in one realm. */
  enter(person: Person, realm: string): void;
  /** Tells the network how a user fares, where that has changed. */
  report(person: Person): void;
  /** What flickers is not told any more. */
  stop(): void;
};

/** Resources of one user, and contacts that one of them may be available to (SECURITY rule 11). */
const MOST_RESOURCES = 20;
const MOST_CONTACTS = 5000;

/** A login is a probe and a presence to each contact, in either order: ms between the two, and logins at the same time. */
const LOGIN = 10_000;
const LOGINS = 1000;

/** Ms until it is asked whether somebody was blocked: till then it is clear who has only gone. */
const SECOND_LOOK = 5000;

export function openPresence(parts: PresenceParts): Presence {
  const { transport, sessions, roster } = parts;
  const { tell, realmOf } = roster;
  /** What contacts change of themselves: a client or script that flickers costs its readers little. */
  const fold = openFold<{ readonly person: Person; readonly id: string }>({
    clock: parts.clock,
    window: parts.presenceWindow,
    tell: ({ person, id }) => refresh(person, [id]),
    needless: ({ person, id }) => !isNews(person, id),
    saved: ({ person }) => parts.folded(splitAccount(person.account).transport, 1),
  });
  /** When those asked of whom nothing was known, in ms since 1970. */
  const probes = openRecent<number>(LOGINS);
  const foldName = ({ account }: Person, id: string): string => `${account} ${id}`;

  /** Whether their presence is reason enough to be on the network. */
  const mayBe = (person: Person): boolean => person.registered || !isByItself(person);

  /** The realms in which a user wants to be: those of the contacts, and where there is one alone, that. */
  function realmsOf({ account, contacts }: Person): Set<string> {
    const { realms } = transport(splitAccount(account).transport);
    const found = new Set(realms.length === 1 ? realms : []);
    for (const id of contacts.keys()) if (id !== '') found.add(realmOf(account, id));
    return found;
  }

  /** For whom the operator acts is there whenever they are, registered or not. */
  const isByItself = ({ account }: Person): boolean => parts.identities.of(account) === 'own';

  /** How the account fares in some realms. */
  function faring(person: Person, realms: readonly string[]): Shown | undefined {
    if (!isByItself(person)) return undefined;
    const { account, failures } = person;
    const say = (words: Words): string => wordsIn(words, parts.languages.of(account));
    const states = realms.map((realm) => sessions.state({ account, realm }));
    const online = states.find(({ name }) => name === 'online');
    if (online) return { ...AVAILABLE, status: say(online.nick ? texts.onlineAs(online.nick) : texts.online) };
    if (states.some(({ name }) => name === 'connecting' || name === 'waiting'))
      return { show: 'away', status: say(texts.connecting) };
    const failure = realms.map((realm) => failures.get(realm)).find((one) => one !== undefined);
    return failure && { ...OFFLINE, status: say(failure.words) };
  }

  function current(person: Person, id: string): Shown {
    const { account, known, failures } = person;
    // XEP-0191 §3.2: who is blocked is seen to go.
    if (parts.refusals.blocks(account, id)) return OFFLINE;
    if (id === '') {
      const realms = [...new Set([...sessions.realms(account), ...failures.keys()])];
      return faring(person, realms) ?? AVAILABLE;
    }
    if (roster.isRealm(account, id))
      return faring(person, [realmOf(account, id)]) ?? (isByItself(person) ? OFFLINE : AVAILABLE);
    const { facts } = transport(splitAccount(account).transport).mapping;
    const unseen = facts.unseen ?? ((facts.in.presence ?? 'none') === 'none' ? texts.noPresence : undefined);
    return (
      known.get(id) ??
      (unseen === undefined ? OFFLINE : { ...AVAILABLE, status: wordsIn(unseen, parts.languages.of(account)) })
    );
  }

  const sees = ({ contacts }: Person, id: string): boolean => contacts.get(id)?.from === true;

  const isNews = (person: Person, id: string): boolean =>
    person.resources.size > 0 && sees(person, id) && !sameShown(current(person, id), person.shown.get(id) ?? OFFLINE);

  function refresh(person: Person, ids: Iterable<string>): void {
    for (const id of ids) if (isNews(person, id)) put(person, id, current(person, id));
  }

  /** What everybody is shown: while a change waits, that is what was told before it. */
  function view(person: Person, id: string): Shown {
    const before = fold.waits(foldName(person, id)) ? person.shown.get(id) : undefined;
    return before ?? current(person, id);
  }

  function put(person: Person, id: string, now: Shown): void {
    person.shown.set(id, now);
    for (const { fresh } of person.resources.values()) fresh.delete(id);
    tell(person.account, id, { kind: 'presence', ...now });
  }

  const probeName = ({ account }: Person, id: string, jid: string): string => `${account} ${id} ${jid}`;

  /** Whether a resource that has just come was told with the answer to a probe, which some servers send first. */
  const isTold = (person: Person, id: string, jid: string): boolean =>
    [jid, bareOf(jid)].some((asker) => {
      const at = probes.get(probeName(person, id, asker));
      return at !== undefined && parts.clock.now() - at < LOGIN;
    });

  /** A resource that has just come sees who is there. */
  function greet(person: Person, jid: string, { fresh }: Resource): void {
    for (const id of person.contacts.keys()) {
      if (!sees(person, id)) continue;
      const now = view(person, id);
      person.shown.set(id, now);
      // Whoever comes takes everybody for offline of whom nothing comes: the probe is answered by that, too.
      const silent = now.show === 'offline' && now.status === undefined;
      if (!silent && (now.show === 'offline' || isTold(person, id, jid))) continue;
      fresh.add(id);
      if (silent) continue;
      tell(person.account, id, { kind: 'presence', ...now }, jid);
    }
  }

  const knows = ({ resources, contacts }: Person): boolean => resources.size > 0 || contacts.get('')?.to === true;

  /** How a user fares, as far as the network hears such things. */
  function ofUser({ account, resources }: Person): Shown {
    const { idle, ...shown } = strongest(resources.values());
    const { facts } = transport(splitAccount(account).transport).mapping;
    return facts.idle && idle !== undefined ? { ...shown, idle } : shown;
  }

  /** Tells the network what it was not told yet. A session begins as available. */
  function report(person: Person): void {
    const { user } = splitAccount(person.account);
    const down = parts.far.isDown(domainOf(user));
    const seen = ofUser(person);
    parts.digests.noticed(person.account, seen.show);
    for (const realm of sessions.realms(person.account)) {
      const key = { account: person.account, realm };
      const session = sessions.get(key);
      const told = person.told.get(realm) ?? AVAILABLE;
      // Who was reached again and has never shown us any presence is there.
      const shown = told.unreachable && !knows(person) ? AVAILABLE : seen;
      const now = down ? UNREACHABLE : shown;
      if (!session || sameShown(now, told)) continue;
      person.told.set(realm, now);
      const draft: Draft = {
        place: { kind: 'realm', ...key },
        from: roster.userOf(key.account),
        kind: 'presence',
        ...now,
      };
      for (const piece of carried(parts, draft, key.account)) roster.send(piece, key.account);
    }
  }

  /** Contacts are watched from the beginning of each session. */
  function watch({ account, contacts }: Person, realm: string): void {
    for (const [id, { from, pendingIn }] of contacts) {
      if (!(from || pendingIn) || roster.isOurs(account, id) || realmOf(account, id) !== realm) continue;
      roster.send(roster.ask(account, id, 'subscribe'), account);
    }
  }

  function count(person: Person): void {
    const { account, resources, wants: before } = person;
    const now = mayBe(person) && resources.size > 0 ? realmsOf(person) : new Set<string>();
    for (const realm of before.difference(now)) sessions.unwant({ account, realm }, 'presence');
    for (const realm of now.difference(before)) sessions.want({ account, realm }, 'presence');
    before.clear();
    for (const realm of now) before.add(realm);
  }

  const wants = (person: Person, realm: string): boolean =>
    mayBe(person) && person.resources.size > 0 && realmsOf(person).has(realm);

  /** Where nobody has said how they want to be called, the name of their own address is the nearest. */
  function enter({ account }: Person, realm: string): void {
    const { user } = splitAccount(account);
    sessions.need({ account, realm }, user.slice(0, user.indexOf('@')), true);
  }

  function logIn(person: Person): void {
    if (!mayBe(person)) return;
    for (const realm of realmsOf(person)) enter(person, realm);
  }

  function logOut(person: Person): void {
    const { account } = person;
    // With a connection of one's own its end says it.
    if (!isByItself(person)) report(person);
    for (const realm of sessions.realms(account)) sessions.release({ account, realm });
    report(person);
  }

  const hides = ({ resources, seenBy }: Person, id: string): boolean =>
    seenBy.has(id) && resources.size > 0 && ![...resources.values()].some(({ at }) => at.has(id));

  return {
    hides,
    blocked: (person, id) => refresh(person, id === '' ? person.contacts.keys() : [id]),
    wants,
    count,
    enter,
    logIn,
    come(person, { jid, id, round }, now) {
      const known = person.resources.get(jid);
      if (!known && person.resources.size >= MOST_RESOURCES) return;
      // Before the resource is there: it is greeted with what comes of it.
      if (person.resources.size === 0) {
        parts.refusals.read(person.account, 0);
        logIn(person);
      } else if (hides(person, id)) parts.refusals.read(person.account, SECOND_LOOK);
      if (id !== '') person.seenBy.add(id);
      parts.refusals.lift(person.account, id, 'seen');
      const resource = known ?? { presence: now, at: new Set(), fresh: new Set(), round };
      resource.presence = now;
      resource.round = round;
      if (resource.at.size < MOST_CONTACTS) resource.at.add(id);
      // The newest is the last.
      person.resources.delete(jid);
      person.resources.set(jid, resource);
      if (!known) count(person);
      if (!known) greet(person, jid, resource);
      report(person);
    },
    leave(person, jid, id) {
      const resource = person.resources.get(jid);
      if (!resource) return;
      // XEP-0191 §3.3: who is blocked sees the user go, and nobody else does.
      if (id !== undefined) resource.at.delete(id);
      if (id !== undefined && resource.at.size > 0) {
        // Either all of it goes, or this one alone is to see nothing any more.
        if (hides(person, id)) parts.refusals.read(person.account, SECOND_LOOK);
        return;
      }
      person.resources.delete(jid);
      count(person);
      if (person.resources.size > 0) return report(person);
      for (const seen of person.shown.keys()) fold.forget(foldName(person, seen));
      person.shown.clear();
      person.seenBy.clear();
      logOut(person);
    },
    heard(person, id, now) {
      if (!person.contacts.has(id)) return;
      if (now.show !== 'offline') person.gone.delete(id);
      else if (person.known.get(id)?.show !== 'offline') person.gone.set(id, parts.clock.now());
      person.known.set(id, now);
      const name = foldName(person, id);
      if (isNews(person, id) || fold.waits(name)) fold.pass(name, { person, id });
      else if (person.resources.size > 0) parts.folded(splitAccount(person.account).transport, 1);
    },
    inactive({ account, known, gone }, id) {
      const now = parts.refusals.blocks(account, id) ? undefined : known.get(id);
      const since = now?.show === 'offline' ? gone.get(id) : (now?.idle ?? (now && parts.clock.now()));
      return since === undefined ? undefined : parts.clock.now() - since;
    },
    show(person, id, jid) {
      const now = view(person, id);
      if (jid === undefined) return put(person, id, now);
      tell(person.account, id, { kind: 'presence', ...now }, jid);
    },
    probed(person, id, jid) {
      const own = [...person.resources.entries()].filter(([full]) => full === jid || !jid.includes('/'));
      // RFC 6121 §4.2.2: servers probe for a resource that comes, which was greeted already.
      const greeted = own.filter(([, { fresh }]) => fresh.delete(id));
      if (own.length > 0 && greeted.length === own.length) return;
      if (own.length === 0) probes.set(probeName(person, id, jid), parts.clock.now());
      tell(person.account, id, { kind: 'presence', ...view(person, id) }, jid);
    },
    hide(person, id) {
      person.shown.delete(id);
      person.known.delete(id);
      tell(person.account, id, { kind: 'presence', ...OFFLINE });
    },
    turned(person, { account, realm }, online) {
      person.told.delete(realm);
      const here = [...person.contacts.keys()].filter((id) => id !== '' && realmOf(account, id) === realm);
      for (const id of here) fold.forget(foldName(person, id));
      if (online) {
        person.failures.delete(realm);
        watch(person, realm);
        // Of who never showed us any presence nothing is known.
        if (knows(person)) report(person);
      } else for (const id of here) person.known.delete(id);
      refresh(person, ['', ...here]);
    },
    report,
    stop: fold.stop,
  };
}
