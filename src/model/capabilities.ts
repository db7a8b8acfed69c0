import type { Draft, EventBody, EventKind, Show } from './event.ts';
import type { Language, Words } from './language.ts';

/** How well a network carries a feature. */
export type Level = 'none' | 'partial' | 'full';

/** Where an accepted event waits until it is delivered. */
export type Durability = 'journal' | 'memory';

/** Seen from XMPP: `out` is towards the network. */
export type Direction = 'out' | 'in';

/** What a message can have beside its text. */
export type MessagePart =
  | 'spoiler'
  | 'reply'
  | 'file'
  | 'subject'
  | 'thread'
  | 'form'
  | 'mention'
  | 'action'
  | 'notice';

/** What the tables speak of: a kind of event, a part of a message, `displayed` receipts, and texts that are too long. */
export type Feature = EventKind | MessagePart | 'marker' | 'long';

/** Files have levels by their type (`Capabilities.files`), and texts have limits. */
export type Levels = Readonly<Partial<Record<Exclude<Feature, 'file' | 'long'>, Level>>>;

/** The coarse type of a file, from its MIME type. */
export type FileType = 'image' | 'audio' | 'video' | 'other';

/** How a text says what it looks like: not at all, as XEP-0393, as HTML or by the codes of mIRC. */
export type TextFormat = 'plain' | 'styling' | 'html' | 'codes';

/** What a text may be on the wire. */
export type TextLimits = {
  readonly format: TextFormat;
  /** Bytes of UTF-8, bytes of it in XML with its entities, characters as code points, or SMS segments. */
  readonly unit: 'bytes' | 'escaped' | 'characters' | 'segments';
  /** The most that one piece may hold, in `unit`. */
  readonly size: number;
  /** The most pieces that one message may become. */
  readonly pieces: number;
  /** Whether a piece may hold line breaks. */
  readonly lines: boolean;
  /** The most, in `unit`, of words beside a text: a topic, a reason, a status. Without it they go as they are. */
  readonly aside?: number;
};

/** How what is journaled goes to a network. Times in milliseconds; what is left out is as in `mappings/delivery.ts`. */
export type DeliveryFacts = {
  /** The most events of one conversation that may be unconfirmed. */
  readonly window?: number;
  /** How long an event is tried before its sender hears that it failed. */
  readonly expiry?: number;
  /** After how long its sender is told once that it waits. */
  readonly told?: number;
  /** Bounds of the wait before another try, which doubles. */
  readonly retry?: { readonly min: number; readonly max: number };
  /** The longest that a network's own wish for a pause is honoured. */
  readonly pause?: number;
  /** How long a message waits for others of its conversation to go as one with them; not at all where it is 0. */
  readonly burst?: number;
};

/** Whether an account acts on its network by itself, or the operator for it: then nothing needs a session. */
export type WhoseIdentity = 'own' | 'operator';

/** That people and rooms can be searched, that rooms lie below others, that occupants have hats (XEP-0317) and rooms pictures. */
export type Extra = 'people' | 'rooms' | 'spaces' | 'hats' | 'pictures';

type PlaceKind = 'contact' | 'room' | 'shared' | 'realm';

/**
 * How many reactions somebody may have to one message, and which: any where nothing is said. `unread`: nobody there has
 * shown to read them.
 */
export type ReactionLimits = { readonly most?: number; readonly among?: readonly string[]; readonly unread?: true };

/** What crosses in each direction. The upper bound; a bridge narrows it. */
export type Capabilities = {
  readonly out: Levels;
  readonly in: Levels;
  readonly text: TextLimits;
  /** What becomes of a file of each type; a type that is not named cannot be carried. */
  readonly files: Readonly<Partial<Record<FileType, Level>>>;
  /** The most bytes of a file that is carried, where its size is known; without it there is no limit. */
  readonly fileSize?: number;
  readonly reactions?: ReactionLimits;
  /** The shows that a presence can have there. */
  readonly shows: readonly Show[];
  /** Whether the network hears since when somebody has done nothing. */
  readonly idle?: boolean;
  /** The status of contacts of whom the network says nothing: they are shown as available. Else as offline. */
  readonly unseen?: Words;
  /** With `both` whoever has logged in acts by themselves, and the operator for everybody else. */
  readonly identity: WhoseIdentity | 'both';
  /**
   * Whether rooms are one for all accounts (`shared`), one per account (`room`), or absent. With both identities those that
   * are shared are so by all for whom the operator acts, and of one account for whoever acts by themselves.
   */
  readonly rooms: 'none' | 'shared' | 'room';
  /** Whether what is written to a realm itself goes to its server. Else nobody reads it. */
  readonly console?: boolean;
  /** The strongest confirmation that the network can give: its server has it, or the person's device. */
  readonly confirms: 'none' | 'taken' | 'delivered';
  readonly delivery?: DeliveryFacts;
  /** Who is blocked by a user there hears nothing of it: what they write is taken, and dropped. Else their network is told. */
  readonly blocked?: 'silence';
  /** Who writes from there is told of each message that is lost: that is no message in the conversation. Else of one in an hour. */
  readonly losses?: 'each';
  /** What the network has beside events. */
  readonly extras?: readonly Extra[];
  /** What few peers carry: nobody is asked for it, and who says it is heard. */
  readonly unasked?: readonly Feature[];
  /** What is said here is not to be put up elsewhere: nobody but those who are here may see it. */
  readonly confined?: boolean;
  /** By direction, the place's kind and the event's kind, `marker` where it goes out as one; what is not named here is memory. */
  readonly durability: Readonly<
    Partial<
      Record<
        Direction,
        Readonly<Partial<Record<PlaceKind, Readonly<Partial<Record<EventKind | 'marker', Durability>>>>>>
      >
    >
  >;
};

/** What the core knows of an event's surroundings. Every field may be unknown. */
export type Context = {
  /** The text of the event that this one refers to, if this conversation has seen it. */
  readonly quote?: string;
  /** The nick or name of whoever wrote that text. */
  readonly author?: string;
  /** The text before an edit. */
  readonly previous?: string;
  /** Whether the event that this one refers to is among the last in its conversation. */
  readonly fresh?: boolean;
  /** Where the whole of a text that is too long can be read, and until when in words. */
  readonly whole?: { readonly url: string; readonly until?: string };
  /** Whether the side that it goes to has an id for the event that this one refers to. */
  readonly named?: boolean;
  /** In which language the reader is spoken to; English where there are several readers. */
  readonly language?: Language;
  /** Rungs by name that replace the tables' own. */
  readonly chosen?: Chosen;
};

/** Names of rungs, by feature. */
export type Chosen = Readonly<Partial<Record<Feature, string>>>;

/** The draft in which a feature occurs. */
export type DraftOf<F extends Feature> = Draft<
  Extract<EventBody, { kind: F extends EventKind ? F : F extends 'marker' ? 'receipt' : 'message' }>
>;

/** What can happen to what is not carried in full. Pure. `apply` throws a `Failure` where it refuses. */
export type Rung<D extends Draft = Draft> = {
  /** What happens, in words for whoever chooses. */
  readonly does: Words;
  /** Whether the feature itself still crosses, so that a target which has none of it needs a lower rung. */
  readonly keeps?: boolean;
  apply(draft: D, context: Context, target: Target): readonly Draft[];
};

/** Named rungs for one feature, the most faithful first, and the one that holds where nobody chooses. */
export type Ladder<D extends Draft = Draft> = {
  readonly default: string;
  /** How long the core may hold an unsent event back to combine it with the next, in milliseconds. */
  readonly window?: number;
  readonly [rung: string]: Rung<D> | string | number | undefined;
};

export type Ladders = { readonly [F in Feature]?: Ladder<DraftOf<F>> };

/** One network's table in `mappings/`: facts and policy, nothing else. */
export type NetworkMapping = {
  readonly facts: Capabilities;
  readonly policy: Readonly<Record<Direction, Ladders>>;
};

/** Where an event goes: what is carried there, and what becomes of the rest. */
export type Target = {
  readonly levels: Levels;
  readonly text: TextLimits;
  /** How the texts of drafts are written that go there. */
  readonly reads: TextFormat;
  readonly shows: readonly Show[];
  readonly files: Capabilities['files'];
  readonly fileSize?: number;
  readonly reactions?: ReactionLimits;
  readonly confined?: boolean;
  readonly ladders: Ladders;
};
