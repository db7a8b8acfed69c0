import type { Avatar } from './avatar.ts';
import type { Draft } from './event.ts';
import type { Form } from './form.ts';
import type { Page } from './page.ts';
import type { Occupant, Party } from './party.ts';
import type { Place } from './place.ts';

/** A question to a network that changes nothing there. */
export type Query =
  /** `below` asks for what lies below a space, by its address. */
  | {
      readonly kind: 'rooms';
      readonly realm: string;
      readonly page: Page;
      readonly match?: string;
      readonly below?: string;
    }
  | { readonly kind: 'people'; readonly realm: string; readonly page: Page; readonly match: string }
  | { readonly kind: 'room'; readonly place: Place }
  | { readonly kind: 'occupants'; readonly place: Place; readonly page: Page }
  | { readonly kind: 'list'; readonly place: Place; readonly affiliation: Occupant['affiliation'] }
  | { readonly kind: 'profile'; readonly who: string; readonly realm: string }
  /**
   * What was said in a place, as the network shows it to who asks. Pages go by the ids of drafts: `before: ''` is the newest,
   * `after: ''` the oldest; with neither it is what may have been missed, `not-supported` where a bridge tells that by itself.
   * `near` (ms since 1970) is where a page begins that no id tells, or of whose id nothing is known.
   */
  | { readonly kind: 'history'; readonly place: Place; readonly page: Page; readonly near?: number }
  | { readonly kind: 'config'; readonly place: Place }
  | { readonly kind: 'ping'; readonly realm: string; readonly who?: string }
  | { readonly kind: 'version'; readonly realm: string; readonly who: string }
  | { readonly kind: 'session'; readonly realm: string }
  | { readonly kind: 'resolve'; readonly text: string };

/** What is known of how a room is kept, where it is not open to all. */
export type RoomTrait = 'moderated' | 'members-only' | 'password' | 'hidden';

/** The answer to the query of the same kind. `count` is there only when the whole is known. */
export type Reply =
  | {
      readonly kind: 'rooms';
      /** `space`: other rooms lie below it. */
      readonly list: readonly { id: string; name: string; topic?: string; users?: number; space?: boolean }[];
      readonly count?: number;
      /** Where the page begins in the whole list. */
      readonly index?: number;
    }
  | { readonly kind: 'people'; readonly list: readonly { id: string; name: string }[]; readonly count?: number }
  | {
      readonly kind: 'room';
      readonly name: string;
      readonly topic?: string;
      readonly occupants?: number;
      readonly traits?: readonly RoomTrait[];
      /** What it is for, as whoever keeps it says. */
      readonly description?: string;
      readonly avatar?: Avatar;
      /** Whether those who may speak may set the topic. */
      readonly subjectByAll?: boolean;
    }
  | { readonly kind: 'occupants'; readonly list: readonly Occupant[]; readonly count?: number }
  | { readonly kind: 'list'; readonly list: readonly Party[] }
  | {
      readonly kind: 'profile';
      readonly name?: string;
      readonly avatar?: Avatar;
      readonly facts: Readonly<Record<string, string>>;
    }
  /** The oldest first, each with its `ids`, which pages go by. `complete`: there is nothing beyond in that direction. */
  | { readonly kind: 'history'; readonly events: readonly Draft[]; readonly complete: boolean }
  /**
   * `form` holds what can be changed, for an event `room config`. Well-known names: `moderated`, `members-only`,
   * `public`, `subject-by-all` and `password-protected` (boolean), `password` (secret, blank for no change), `limit`.
   */
  | { readonly kind: 'config'; readonly facts: Readonly<Record<string, string>>; readonly form?: Form }
  | { readonly kind: 'ping'; readonly ms: number }
  /** What somebody's client calls itself; `version` may be empty. */
  | { readonly kind: 'version'; readonly name: string; readonly version: string }
  /** The server that a session is with, as its user may know it, and since when (ms since 1970). */
  | { readonly kind: 'session'; readonly server: string; readonly encrypted: boolean; readonly since: number }
  /** `shown` is the address by which people know it, where that is another. */
  | { readonly kind: 'resolve'; readonly id: string; readonly shown?: string };

export type ReplyTo<Q extends Query> = Extract<Reply, { kind: Q['kind'] }>;
