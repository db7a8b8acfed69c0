import type { Avatar } from './avatar.ts';
import type { FailureCode } from './failure.ts';
import type { Answer, Form } from './form.ts';
import type { AccountKey, EventId, ForeignId, MessageId } from './ids.ts';
import type { Occupant, Party } from './party.ts';
import type { Place } from './place.ts';
import type { Sealed } from './sealed.ts';
import type { Show } from './show.ts';

/** A small picture of what is in a file, under an address of its own. Width and height in pixels. */
export type Thumbnail = {
  readonly url: string;
  readonly type?: string;
  readonly width?: number;
  readonly height?: number;
};

/**
 * A file that crosses: an address to fetch it from, and what is known of it. Size in bytes, width and height in pixels,
 * duration in milliseconds, `sha256` in hexadecimal, `description` for who cannot see it.
 */
export type FileRef = {
  readonly url: string;
  readonly name?: string;
  readonly type?: string;
  readonly size?: number;
  readonly width?: number;
  readonly height?: number;
  readonly duration?: number;
  readonly sha256?: string;
  readonly description?: string;
  readonly thumbnail?: Thumbnail;
  /** Whether it is seen within what is said, or is there to be fetched; as its reader's program sees fit where that is not said. */
  readonly disposition?: Disposition;
  /** It is shown as a sticker is, where there are such. */
  readonly sticker?: true;
  /** The pack that a sticker is of, where XMPP knows it: its id, and where it is published, if not by its sender. */
  readonly pack?: StickerPack;
};

export type Disposition = 'inline' | 'attachment';

export type StickerPack = { readonly id: string; readonly jid?: string; readonly node?: string };

export type { Show };

/** Wishes that travel with an event: XEP-0334 (`store`, `copy`), XEP-0280 (`private`). */
export type Hints = { readonly store?: boolean; readonly copy?: boolean; readonly private?: boolean };

export type MessageStyle = 'plain' | 'action' | 'notice';

export type Message = {
  readonly kind: 'message';
  readonly text: string;
  readonly style: MessageStyle;
  readonly files?: readonly FileRef[];
  readonly replyTo?: MessageId;
  readonly subject?: string;
  readonly thread?: string;
  readonly form?: Form<string>;
  /** People, as the network calls them; in a room by their nicks. */
  readonly mentions?: readonly string[];
  /** The text gives something away: what it is about, in words that do not. May be empty. */
  readonly spoiler?: string;
  /** Its signs are no styling, and mean themselves. */
  readonly unstyled?: boolean;
  /** Its sender wants to hear that it was displayed (XEP-0333). */
  readonly markable?: true;
};

/**
 * What a client that joins wants to be shown (XEP-0045 §7.2.14): at most so many messages and characters, of the last
 * seconds or since a time (milliseconds since 1970).
 */
export type HistoryWish = {
  readonly stanzas?: number;
  readonly characters?: number;
  readonly seconds?: number;
  readonly since?: number;
};

/** A change of who is in a room. `who` is as before the change; `newId` and `nick` are those after a rename. */
export type OccupantChange = {
  readonly kind: 'occupant';
  readonly change: 'join' | 'leave' | 'kick' | 'ban' | 'rename' | 'role';
  readonly who: Occupant;
  readonly newId?: string;
  readonly nick?: string;
  readonly reason?: string;
  readonly by?: string;
  /** A kick that the room makes of itself: who is no member any more, or never was, may not stay. */
  readonly because?: 'affiliation' | 'members-only';
  /** A join's password (XEP-0045 §7.2.6), a channel key on some networks. */
  readonly password?: Sealed;
  /** Who leaves is no member any more, where the network knows members who are not there (XEP-0045 §7.10 and others). */
  readonly forGood?: boolean;
  /** The address by which a client came, where that is another name of the room. */
  readonly address?: string;
  /** How much history a joining client wants to be shown. */
  readonly history?: HistoryWish;
};

/** What can happen. The kinds are the vocabulary of the capability tables in `mappings/`. */
export type EventBody =
  | Message
  | {
      readonly kind: 'edit';
      readonly target: MessageId;
      readonly text: string;
      readonly style?: MessageStyle;
      readonly unstyled?: boolean;
    }
  | { readonly kind: 'retract'; readonly target: MessageId; readonly reason?: string; readonly by?: string }
  | { readonly kind: 'reaction'; readonly target: MessageId; readonly emoji: readonly string[] }
  /** `upTo`: it speaks of all that was there before its target, too. `why`: what it has failed by. */
  | {
      readonly kind: 'receipt';
      readonly target: MessageId;
      readonly state: 'delivered' | 'displayed' | 'failed';
      readonly upTo?: boolean;
      readonly why?: FailureCode;
    }
  | { readonly kind: 'typing'; readonly active: boolean }
  | { readonly kind: 'attention' }
  | { readonly kind: 'call' }
  /**
   * `idle`: since when they have done nothing, in ms since 1970. `deaf`: no message gets to them where they are.
   * `unreachable`: they have not said so; nothing gets to them at the moment.
   */
  | {
      readonly kind: 'presence';
      readonly show: Show;
      readonly status?: string;
      readonly idle?: number;
      readonly deaf?: boolean;
      readonly unreachable?: boolean;
      /** What is known of them beside it: how they are called, and the SHA-1 of their picture, `''` where they have none. */
      readonly name?: string;
      readonly photo?: string;
    }
  /** How somebody looks, as far as it changed: the picture is `null` where they have none any more. */
  | { readonly kind: 'profile'; readonly name?: string; readonly avatar?: Avatar | null }
  | {
      readonly kind: 'contact';
      readonly action: 'subscribe' | 'subscribed' | 'unsubscribe' | 'unsubscribed';
      readonly reason?: string;
      /** How the list at which the contact stands calls it, and in which groups. */
      readonly name?: string;
      readonly groups?: readonly string[];
    }
  /** `show` and `status` as the presence had them that asked for it. */
  | { readonly kind: 'nick'; readonly wanted: string; readonly show?: Show; readonly status?: string }
  | OccupantChange
  | { readonly kind: 'occupants'; readonly list: readonly Occupant[] }
  | {
      readonly kind: 'affiliation';
      readonly changes: readonly {
        readonly id: string;
        readonly affiliation: Occupant['affiliation'];
        readonly reason?: string;
      }[];
    }
  /** `setAt` (milliseconds since 1970) tells when a subject was set that was there before; a change is set `at` once. */
  | { readonly kind: 'topic'; readonly text: string; readonly by?: string; readonly setAt?: number }
  /** `declined` answers one (XEP-0045 §7.8.2). */
  | { readonly kind: 'invite'; readonly room: string; readonly reason?: string; readonly declined?: boolean }
  /**
   * `answer` goes out with `config`: the fields of `ask config` as a person filled them in; what is missing stays. One that
   * is `destroyed` may go on as `alternate`, an address. What a network lists for an account (`listed`, and `left` once it
   * does not any more) may say below which space it is, how it looks, and how much of it was not read.
   */
  | {
      readonly kind: 'room';
      readonly change: 'destroyed' | 'renamed' | 'avatar' | 'config' | 'listed' | 'left';
      readonly text?: string;
      readonly avatar?: Avatar;
      readonly alternate?: string;
      readonly unread?: number;
      readonly below?: string;
      readonly answer?: Answer;
    };

export type EventKind = EventBody['kind'];

/**
 * The neutral form of everything that crosses. `at` is milliseconds since 1970; `live: false` marks back-fill, which
 * is archived by its time and shown only to who has seen nothing newer; `only` narrows an event to one resource of its account.
 */
export type Event<Body extends EventBody = EventBody> = {
  readonly id: EventId;
  readonly at: number;
  readonly place: Place;
  readonly from: Party;
  readonly hints?: Hints;
  readonly lang?: string;
  readonly live: boolean;
  readonly only?: string;
  /** As its draft has it. */
  readonly seenBy?: AccountKey;
  readonly asked?: true;
  /** Its sender wants to hear that it has arrived (XEP-0184). */
  readonly confirm?: true;
} & Body;

/**
 * An event before it has an id, and perhaps a time. `ids` is what its network calls it: later events name it so, and
 * the same ids in the same place a second time are a repeat.
 */
export type Draft<Body extends EventBody = EventBody> = {
  readonly ids?: readonly ForeignId[];
  readonly at?: number;
  readonly place: Place;
  readonly from: Party;
  readonly hints?: Hints;
  readonly lang?: string;
  readonly live?: boolean;
  readonly only?: string;
  /**
   * In a shared room: the account to which its network shows it. With `live: false` that may read it from now on, and whoever else is
   * there not by this, but when it is told as news; what one of ours has said is told so, `from` XMPP, and nothing new. As news it is
   * for that account alone, whoever else is meant is told so too, and nobody's archive has it.
   */
  readonly seenBy?: AccountKey;
  /** With `live: false`: a page of the past that somebody has asked for. It joins the archive, and is shown to nobody. */
  readonly asked?: true;
} & Body;

/** The event of one kind. */
export type EventOf<K extends EventKind> = Event<Extract<EventBody, { kind: K }>>;
