import type { Shown } from '#mappings/presence.ts';
import { LateMap } from '#src/lib/late-map.ts';
import type { Failure } from '#src/model/failure.ts';
import type { AccountKey } from '#src/model/ids.ts';
import type { Contact } from '#src/store/index.ts';
import { isNobody, mirrored, type Subscription } from './contact-state.ts';
import type { Unconfirmed } from './unconfirmed.ts';

/** One resource of a user that is available to us. */
export type Resource = {
  presence: Shown;
  /** The ids of those of ours to whom it is available; it is gone when there is nobody left. */
  readonly at: Set<string>;
  /** Those whose presence it was given when it came, and has not asked for since. */
  readonly fresh: Set<string>;
  /** The round of probes in which it was last heard of. */
  round: number;
};

/**
 * A user of a transport with all that is theirs in memory. Contacts are known by their formatted address; the gateway
 * itself has the empty one.
 */
export type Person = {
  readonly account: AccountKey;
  registered: boolean;
  /** The realms in which a session is wanted for their presence. */
  readonly wants: Set<string>;
  readonly contacts: LateMap<string, Subscription>;
  /** How the list of the network had contacts when they were last put into the roster. */
  readonly listed: LateMap<string, string>;
  /** What the network has yet to be told, also of those who are no contacts any more. */
  readonly owed: LateMap<string, readonly Unconfirmed[]>;
  /** By full JID. */
  readonly resources: LateMap<string, Resource>;
  /** The ids of those who were shown the user's presence since the first resource came. */
  readonly seenBy: Set<string>;
  /** What the network last said of contacts. */
  readonly known: LateMap<string, Shown>;
  /** When contacts went, in ms since 1970. */
  readonly gone: LateMap<string, number>;
  /** What the user was last shown of contacts. */
  readonly shown: LateMap<string, Shown>;
  /** What the network was last told of the user, by realm. */
  readonly told: LateMap<string, Shown>;
  /** Why there is no session, by realm. */
  readonly failures: LateMap<string, Failure>;
};

export const newPerson = (account: AccountKey, registered: boolean): Person => ({
  account,
  registered,
  wants: new Set(),
  contacts: new LateMap(),
  listed: new LateMap(),
  owed: new LateMap(),
  resources: new LateMap(),
  seenBy: new Set(),
  known: new LateMap(),
  gone: new LateMap(),
  shown: new LateMap(),
  told: new LateMap(),
  failures: new LateMap(),
});

/** What the store knows of a person's contacts. */
export function fill(person: Person, list: readonly Contact[]): void {
  for (const contact of list) {
    const subscription = mirrored(contact);
    if (!isNobody(subscription)) person.contacts.set(contact.id, subscription);
    if (contact.owed.length > 0) person.owed.set(contact.id, contact.owed);
  }
}
