import { peopleTexts as texts } from '#mappings/texts/people.ts';
import type { Outcome } from '#src/bridge.ts';
import type { Listed, XmppSide } from '#src/core/index.ts';
import { Failure } from '#src/model/failure.ts';
import { type AccountKey, splitAccount } from '#src/model/ids.ts';
import { wordsIn } from '#src/model/language.ts';
import {
  type ContactEffect,
  type ContactInput,
  isNobody,
  mirrored,
  none,
  type Subscription,
  type SubscriptionAction,
  step,
} from './contact-state.ts';
import type { PeopleParts } from './people.ts';
import type { Person } from './person.ts';
import type { Presence } from './presence.ts';
import type { Roster } from './roster.ts';
import { owing, sameOwed, type Unconfirmed } from './unconfirmed.ts';

export type ContactParts = Pick<
  PeopleParts,
  'store' | 'lanes' | 'now' | 'xmpp' | 'sessions' | 'identities' | 'languages' | 'refusals' | 'transport'
> & {
  readonly roster: Roster;
  readonly presence: Presence;
  /** Works on a person in their lane. */
  within(account: AccountKey, work: (person: Person) => void | Promise<void>): void | Promise<void>;
};

type Enlisted = Awaited<ReturnType<XmppSide['enlist']>>;

export type Contacts = {
  /** One step of a subscription, by the user or by the contact. Rejects with a `Failure` for the user. */
  apply(person: Person, id: string, input: ContactInput, reason?: string): Promise<void>;
  /** The list of the network has the contact, as its user has it there, or has it no more. */
  listed(person: Person, listed: Listed, action: 'subscribed' | 'unsubscribed'): void | Promise<void>;
  /** While a contact is being put into the roster: resolves once that is durable. */
  listing(account: AccountKey, id: string): Promise<void> | undefined;
  /** Whether the store has somebody as a contact of an account whose others are not in memory: there may be thousands. */
  isStored(account: AccountKey, id: string): Promise<boolean>;
  /** What became of something that the network was told of a subscription. */
  settled(person: Person, id: string, action: SubscriptionAction, outcome: Outcome): Promise<void>;
  /** A session of the person is there: tells the network what it was not told yet. */
  catchUp(person: Person, realm: string): void;
};

/** Contacts of one account (SECURITY rule 11). */
const MOST_CONTACTS = 5000;

/** Whom a network and a roster have alike. */
const BOTH: Subscription = { to: true, from: true, pendingOut: false, pendingIn: false };

/** Carries out what the table of subscriptions says, each step durable before anybody hears of it. */
export function openContacts({
  store,
  lanes,
  now,
  sessions,
  identities,
  languages,
  refusals,
  transport,
  xmpp,
  roster,
  presence,
  within,
}: ContactParts): Contacts {
  const listing = new Map<string, Promise<void>>();

  /** The network itself decides on a request; everywhere else it is granted here. */
  const asks = (person: Person, id: string): boolean =>
    !roster.isOurs(person.account, id) &&
    transport(splitAccount(person.account).transport).mapping.facts.out.contact === 'full';

  const keyOf = ({ account }: Person, id: string) => ({ account, realm: roster.realmOf(account, id) });

  async function save(person: Person, id: string, next: Subscription, untold: readonly Unconfirmed[]): Promise<void> {
    const { account, contacts, owed } = person;
    const nobody = isNobody(next);
    const gone = nobody && untold.length === 0;
    const row = store.contacts.put({ account, id, name: null, ...mirrored(next), owed: untold });
    // Of who is refused the row stays, and says nothing more of a subscription.
    await store.unit(gone ? [row, store.contacts.remove(account, id)] : [store.accounts.used(account, now()), row]);
    if (nobody) contacts.delete(id);
    else contacts.set(id, next);
    presence.count(person);
    if (untold.length === 0) owed.delete(id);
    else owed.set(id, untold);
  }

  function check(person: Person, id: string, { by, action }: ContactInput): void {
    if (by !== 'user' || action !== 'subscribe' || person.contacts.has(id)) return;
    const refusal = transport(splitAccount(person.account).transport).bridge().refuses?.(id);
    if (refusal) throw refusal;
    if (person.contacts.size + person.owed.size >= MOST_CONTACTS)
      throw new Failure('not-allowed', { text: texts.tooManyContacts });
    if (!asks(person, id) || person.registered || identities.of(person.account) === 'operator') return;
    // XEP-0100 §4.1: who is nobody there cannot ask anybody.
    if (!sessions.get(keyOf(person, id))) throw new Failure('not-registered');
  }

  /** Who was asked and says no has declined, until they add whoever asked. */
  function decides({ account }: Person, id: string, action: ContactInput['action'], before: Subscription): void {
    if (action === 'unsubscribed' && before.pendingOut) refusals.refuse(account, id, 'declined');
    if (action === 'subscribe' || action === 'subscribed') refusals.lift(account, id, 'declined');
  }

  async function apply(person: Person, id: string, input: ContactInput, reason?: string): Promise<void> {
    check(person, id, input);
    const before = person.contacts.get(id) ?? none;
    if (input.by === 'user') decides(person, id, input.action, before);
    const [after, ...effects] = step(before, input);
    const told = person.owed.get(id) ?? [];
    const untold = asks(person, id) ? owing(told, input, effects) : [];
    if (after !== before || !sameOwed(untold, told)) await save(person, id, after, untold);
    for (const effect of effects) await carryOut(person, id, effect, reason);
    // What is granted here may have been cut short by the end of the process.
    if (isCutShort(before, input) && !asks(person, id)) await ask(person, id, 'subscribe');
    // XEP-0100 §5.1: who lets somebody see them wants to see them, too.
    if (input.by === 'contact' && input.action === 'subscribed' && effects.length > 0)
      await apply(person, id, { by: 'contact', action: 'subscribe' });
  }

  async function carryOut(
    person: Person,
    id: string,
    effect: ContactEffect,
    reason: string | undefined,
  ): Promise<void> {
    const { account } = person;
    switch (effect.kind) {
      case 'tell':
        return roster.tell(account, id, { kind: 'contact', action: effect.action, ...(reason && { reason }) });
      case 'presence':
        return effect.shown ? presence.show(person, id) : presence.hide(person, id);
      case 'ask':
        return ask(person, id, effect.action);
    }
  }

  async function ask(person: Person, id: string, action: SubscriptionAction): Promise<void> {
    const { account } = person;
    const key = keyOf(person, id);
    const granted = action === 'subscribe' && !asks(person, id);
    if (granted) await apply(person, id, { by: 'contact', action: 'subscribed' });
    if (!roster.isOurs(account, id)) roster.send(roster.ask(account, id, action), account);
    if (action === 'subscribe' && presence.wants(person, key.realm)) presence.enter(person, key.realm);
  }

  /** The server or a client is asked beside: either may take its time, and nobody waits for that. */
  function enlist(person: Person, listed: Listed): void {
    const { account, id } = listed;
    const before = person.contacts.get(id) ?? none;
    const label = JSON.stringify([listed.name, ...listed.groups]);
    const known = before.from && before.to;
    const last = person.listed.get(id);
    if (last === label || (!known && person.contacts.size >= MOST_CONTACTS)) return;
    person.listed.set(id, label);
    // How the list had it before is not known: what stands in the roster may be the user's own.
    if (known && last === undefined) return;
    const name = `${account} ${id}`;
    const done = xmpp
      .enlist(listed, [...person.resources.keys()])
      .then((how) => within(account, (now) => enlisted(now, id, how)))
      .finally(() => {
        if (listing.get(name) === done) listing.delete(name);
      });
    // Whoever waits for it hears of its failure.
    done.catch(() => undefined);
    listing.set(name, done);
  }

  async function enlisted(person: Person, id: string, how: Enlisted): Promise<void> {
    // The list has it no more, or nobody is there any more.
    if (!person.listed.has(id)) throw new Failure('recipient-unavailable');
    const { from, to } = person.contacts.get(id) ?? none;
    if ((from && to) || how === 'offered') return;
    if (how === 'ask') return apply(person, id, { by: 'contact', action: 'subscribe' });
    await save(person, id, BOTH, []);
    if (person.resources.size > 0) presence.show(person, id);
  }

  /** Whoever was put into the roster is taken out of it, without a word. */
  async function delist(person: Person, { account, id }: Listed): Promise<void> {
    person.listed.delete(id);
    if (!person.contacts.has(id)) return;
    if (!(await xmpp.delist(account, id))) {
      await apply(person, id, { by: 'contact', action: 'unsubscribed' });
      return apply(person, id, { by: 'contact', action: 'unsubscribe' });
    }
    await save(person, id, none, []);
    presence.hide(person, id);
  }

  return {
    apply,
    listed: (person, listed, action) => (action === 'subscribed' ? enlist(person, listed) : delist(person, listed)),
    listing: (account, id) => listing.get(`${account} ${id}`),
    async settled(person, id, action, outcome) {
      const failure = outcome instanceof Failure ? outcome : undefined;
      // What may go another time is said again in the next session.
      if (failure?.row.retry || !asks(person, id)) return;
      const told = person.owed.get(id) ?? [];
      const heard = failure?.certain !== false;
      const untold = told.filter((one) => one !== action || !heard);
      if (!sameOwed(untold, told)) await save(person, id, person.contacts.get(id) ?? none, untold);
      if (failure && action === 'subscribe')
        await apply(
          person,
          id,
          { by: 'contact', action: 'unsubscribed' },
          wordsIn(failure.words, languages.of(person.account)),
        );
    },
    async isStored(account, id) {
      let found = false;
      // What was heard of them before comes first, here too.
      await lanes.within(`people ${account}`, async () => {
        const contact = await store.contacts.get(account, id);
        found = contact !== undefined && !isNobody(mirrored(contact));
      });
      return found;
    },
    catchUp(person, realm) {
      const { account } = person;
      for (const [id, owed] of person.owed) {
        if (roster.realmOf(account, id) !== realm) continue;
        for (const action of owed) roster.send(roster.ask(account, id, action), account);
      }
    },
  };
}

/** Whether somebody is a contact; `full` where they are not and cannot become one. */
export const knownIn = ({ contacts }: Pick<Person, 'contacts'>, id: string): 'yes' | 'no' | 'full' =>
  contacts.has(id) ? 'yes' : contacts.size >= MOST_CONTACTS ? 'full' : 'no';

/** Whether somebody asks again for what they were not granted yet. */
const isCutShort = ({ from, pendingIn }: Subscription, { by, action }: ContactInput): boolean =>
  by === 'user' && action === 'subscribe' && pendingIn && !from;
