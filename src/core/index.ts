import type { Command, Stage } from '#src/bridge.ts';
import type { Avatar, Picture } from '#src/model/avatar.ts';
import type { Draft, Event } from '#src/model/event.ts';
import type { Failure } from '#src/model/failure.ts';
import type { Answer, Field, Form } from '#src/model/form.ts';
import type { AccountKey, BareJid, XmppId } from '#src/model/ids.ts';
import type { Language, Words } from '#src/model/language.ts';
import type { Occupant } from '#src/model/party.ts';
import type { Place } from '#src/model/place.ts';
import type { Query, ReplyTo } from '#src/model/query.ts';
import type { Languages } from './accounts/languages.ts';
import type { LimitName } from './limits.ts';
import type { Bits } from './media/inline-files.ts';
import type { Standings } from './standing.ts';

export type { Bits } from '#src/core/media/inline-files.ts';
export type { Lending, LentFile } from '#src/core/media/lending.ts';
export type { KeptFile, Shelf } from '#src/core/media/media.ts';
export type { Queue, QueueEntry, QueueTrace } from './journal/operator/queue-entry.ts';
export type { Addressed, Standing } from './standing.ts';
export type { Transport, TransportMetrics } from './transport.ts';

/** The stanza that an event came from: what an answer or a reflection needs of it. */
export type Origin = {
  readonly stanza: 'message' | 'presence' | 'iq';
  /** The sender's full JID. */
  readonly from: string;
  /** The JID that was written to, in full. */
  readonly to: string;
  readonly type?: string;
  readonly id?: XmppId;
  /** XEP-0359 §3.2: the sender's own id, kept on reflection. */
  readonly originId?: string;
  /** XEP-0184: the sender asks to be told when it has arrived. */
  readonly receipt?: boolean;
  /** The language of the stanza (RFC 6120 §8.1.5), where that is one of ours. */
  readonly language?: Language;
  /** The first words of a line to a room. */
  readonly said?: string;
  /** The call that it proposes (XEP-0353), or to which it invites (XEP-0482). */
  readonly call?: { readonly id: string; readonly by: 'proposal' | 'invitation' };
};

/** One reader of an event. `nick` is the reader's own nick in the event's room, which decides on status 110. */
export type Recipient = {
  readonly jid: string;
  readonly nick?: string;
  /** They keep order in the room: they are a moderator. */
  readonly moderates?: boolean;
  /** The address of the room by which it came, where that is another than its place has. */
  readonly at?: string;
};

/** What the readers of an event know of the earlier message that it is about. */
export type About = {
  /** The archive's id of it, by which messages are named in rooms (XEP-0444 §4.2, XEP-0461 §3.1). */
  readonly stanzaId?: string;
  /** The nick of whoever wrote it. */
  readonly author?: string;
  readonly quote?: string;
};

/** That a message was taken back: by the message with that id, when, and by which moderator (XEP-0424 §5, XEP-0425 §5). */
export type Retracted = {
  readonly id: string;
  readonly at: number;
  readonly by?: string | undefined;
  readonly reason?: string | undefined;
};

/** What an event carries that only XMPP knows. */
export type Marks = {
  readonly about?: About;
  readonly id?: XmppId;
  readonly originId?: string;
  /** The archive's id of the message (XEP-0359). */
  readonly stanzaId?: string;
  /** Who said it in a room, as the archive knows them: their occupant id follows from that (XEP-0421). */
  readonly by?: string;
  /** It is only the place of a message that was taken out. */
  readonly retracted?: Retracted;
  /** XEP-0045 status codes beside 110, which follows from the recipient. */
  readonly statuses?: readonly number[];
  /** The reader is asked to say that it has arrived (XEP-0184). */
  readonly confirm?: boolean;
};

/** What an error says of a message: that its server cannot be reached, that it may be tried again, or that it will never arrive. */
export type Bounce = 'unreachable' | 'again' | 'final';

/** Whom a user does not hear: foreign addresses, the empty one for a whole network. `all`: these and nobody else. */
export type BlockChange = { readonly how: 'block' | 'unblock' | 'all'; readonly ids: readonly string[] };

/** What is known of somebody: how they are called, how they look, and facts by names for people. */
export type Card = {
  readonly name?: string;
  readonly picture?: Picture;
  readonly facts: Readonly<Record<string, string>>;
  /** How they are reached on their network, as a URI. */
  readonly address?: string;
};

/** A contact as the list of a network has it. */
export type Listed = {
  readonly account: AccountKey;
  readonly id: string;
  readonly name?: string | undefined;
  readonly groups: readonly string[];
};

/** What is done for users at their own server, as far as that lets us. Nothing rejects but `blocked`. */
export type HomeServer = {
  /**
   * Puts a contact into a user's roster. `both`: it is there, and both see each other. `offered`: clients were asked to add it.
   * `ask`: the user is to be asked by the contact.
   */
  enlist(listed: Listed, clients: readonly string[]): Promise<'both' | 'offered' | 'ask'>;
  /** Takes a contact out of it. False where it is still there. */
  delist(account: AccountKey, id: string): Promise<boolean>;
  /** Bookmarks a room, so that clients join it. False, at once where it may not be done, where they will not. */
  bookmark(
    room: Place,
    as: { readonly account: AccountKey; readonly nick: string; readonly name: string },
  ): false | Promise<boolean>;
  unbookmark(room: Place, account: AccountKey): void;
  /** The user has read a room up to a message elsewhere. False where that cannot be said. */
  displayed(room: Place, account: AccountKey, stanzaId: string): boolean;
  /** Whom the user has blocked, where the server lets us see it. Rejects where it does not, or does not answer. */
  blocked(transport: string, user: BareJid): Promise<readonly string[]>;
};

/** The XMPP edge as the core sees it. */
export type XmppSide = HomeServer & {
  /** Writes an event to its readers, in order; false where the writer refused. Never throws. */
  deliver(event: Event, to: readonly Recipient[], marks?: Marks): boolean;
  /** Answers a stanza with the failure's error (RFC 6120 §8.3); false where the writer refused. Never throws. */
  refuse(origin: Origin, failure: Failure): boolean;
  /** Tells the sender of a message that it has arrived (XEP-0184); false where the writer refused. Never throws. */
  receipt(origin: Origin): boolean;
  /** Asks whoever sent a stanza for what it names (XEP-0231). Rejects with a `Failure` where it is not given. */
  bits(origin: Origin, name: string): Promise<Bits>;
  /**
   * The card of a user (XEP-0054), without the facts, and with the picture of that SHA-1 where they have it. Rejects where
   * their server does not give it.
   */
  card(transport: string, user: BareJid, photo?: string): Promise<Pick<Card, 'name' | 'picture'>>;
  /** How often the transport's link has come online, while it is: what was written in another epoch may be lost. */
  epoch(transport: string): number | undefined;
  /** Resolves once the server has read all that was written before. Rejects when the link drops. */
  barrier(transport: string): Promise<void>;
  /** Asks the server of a user for their presence (RFC 6121 §4.3.1), in the name of a place. Never throws. */
  probe(from: Place, user: BareJid): void;
  /** Whether a server answers at all, over the link of a transport. Never rejects. */
  answers(transport: string, domain: string): Promise<boolean>;
  /** Asks a full JID whether it is still there (XEP-0199); false when an answer says that it is gone. */
  alive(transport: string, from: string, jid: string): Promise<boolean>;
};

/** Something that was said in a room in the past, with what its readers know of it. `id` is its stanza-id. */
export type ArchivedEvent = { readonly id: string; readonly at: number; readonly event: Event; readonly marks: Marks };

/**
 * Which messages are asked for (XEP-0313 §4): times in milliseconds, ids exclusive. `afterId` and `beforeId` bound what
 * is searched, `after` and `before` the page of it (XEP-0059), with `before: ''` for the last one.
 */
export type ArchiveQuery = {
  readonly start?: number;
  readonly end?: number;
  readonly afterId?: string;
  readonly beforeId?: string;
  readonly after?: string;
  readonly before?: string;
  readonly max: number;
};

/** A page in order of time. `complete`: nothing lies beyond it in the direction of the query. */
export type ArchivePage = {
  readonly events: readonly ArchivedEvent[];
  readonly complete: boolean;
  readonly count: number;
};

/** What is known of a room that somebody here is in. */
export type RoomInfo = {
  readonly occupants: number;
  readonly topic?: string;
  readonly name?: string | undefined;
  readonly avatar?: Avatar | undefined;
};

/** Where settings are set: for all of an account, for a realm of it, or for a room. */
export type SettingsScope = 'account' | 'realm' | 'room';
export type SettingsChange = { readonly place: Place; readonly scope: SettingsScope; readonly answer: Answer };

/**
 * Where a dialogue stands: at a step that wants an answer, with whether there is a way `back` from it, or at its end with
 * what its person is told.
 */
export type Progress =
  | { readonly kind: 'step'; readonly id: string; readonly step: Stage; readonly back: boolean }
  | ({ readonly kind: 'done' } & Told);

/** What somebody is told at the end: words, and what is known by name as `fields`. */
export type Told = { readonly text: Words; readonly fields?: readonly Field[] };

/** A command, and where it is called. */
export type CommandAt = { readonly place: Place; readonly on: Command['on']; readonly node: string };

/** A command that somebody has begun: whose it is, and the step at which it stands. */
export type BegunCommand = CommandAt & {
  readonly owner: string;
  readonly id: string;
  readonly step: Stage;
  readonly back: boolean;
};

/** Who talks: the full JID that began the dialogue and the user that it belongs to. */
export type Talker = { readonly owner: string; readonly user: BareJid };
/** Who talks in words, and in which language. */
export type Speaker = Talker & { readonly language: Language };

/** Where somebody registers: with the gateway, or for a realm of it where that has logins of its own. */
export type RegistrationAt = { readonly transport: string; readonly realm?: string };

/** A command as it is offered. */
export type Offer = Pick<Command, 'node' | 'on' | 'title' | 'takes'>;

/** A piece of what the gateway says in a chat: words, or the foreign address of somebody or of a room. */
export type Said =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'address'; readonly shown: string; readonly room: boolean };

/** Where a chat with the gateway takes place. */
export type Surface = {
  /** Is called for each piece of an answer. */
  tell(said: Said): void;
  /** The foreign address where a word is one of ours or a link to it. Throws a `Failure` for a malformed one. */
  foreign(word: string): string | undefined;
};

/** Logins and commands, step by step. Everything rejects with a `Failure`; one of the network ends the dialogue. */
export type Dialogues = {
  command(who: Talker, at: CommandAt): Promise<Progress>;
  /** The commands that a user may call: those of the bridge, and then the core's own. None for who may call none. */
  offered(user: BareJid, transport: string): readonly Offer[];
  /** What a user has begun, with any client, and not ended. */
  begun(user: BareJid): readonly BegunCommand[];
  /**
   * Goes on; a step that only shows something is answered with nothing, and so is a wait, which resolves at its end. An
   * answer that does not fit its form is `not-acceptable`, naming the field, and the dialogue stays where it is.
   */
  answer(at: { owner: string; id: string }, answer: Answer): Promise<Progress>;
  /** Goes back to the form before. Rejects with a `Failure`, and stays where it is, where there is no way back. */
  back(at: { owner: string; id: string }): Promise<Progress>;
  cancel(at: { owner: string; id: string }): void;
};

/** The core as the XMPP edge sees it. */
export type Core = {
  /** Takes an event from a user. Throws a `Failure` for what is refused at once; later failures go to `refuse`. */
  accept(draft: Draft, origin: Origin): void;
  /**
   * What a full JID that is in the room asks to be done there. Resolves once the network has done it all; rejects with
   * the first `Failure`. Nothing goes out where one of the drafts is refused at once.
   */
  perform(drafts: readonly Draft[], jid: string): Promise<void>;
  /**
   * Forgets a full JID in a room where an error says that it is gone, unless it has another seat by now than the error is about.
   * Whose server cannot be reached is told so when it can be again.
   */
  gone(
    transport: string,
    jid: string,
    place: Place,
    lost: { readonly unreachable: boolean; readonly seat: unknown },
  ): void;
  /** What a user was shown of a contact has come back, for their server cannot be reached: it is shown again when it can be. */
  unheard(place: Place, user: BareJid): void;
  /** The server sent an error for a message of that id to the user. Never rejects. */
  bounced(transport: string, user: BareJid, id: XmppId, why: Bounce): Promise<void>;
  /** A client of the user has said that a message of that id has arrived. Never rejects. */
  confirmed(transport: string, user: BareJid, id: XmppId): Promise<void>;
  /** Whether the user may use the transport at all. */
  permitted(user: BareJid): boolean;
  /** In which language the gateway speaks to people. */
  readonly languages: Pick<Languages, 'heard' | 'of'>;
  /** Throws the `Failure` that somebody is told who may not, or who does it too often where it is limited. */
  admit(user: BareJid, limit?: LimitName): void;
  /**
   * For how long (ms) a contact whom the user sees has done nothing or been away, or the gateway has been running. Rejects with a
   * `Failure` where that is not known, or not theirs to know.
   */
  lastActivity(place: Place): Promise<number>;
  /** A user, or their server, says whom they do not hear from now on, or hear again. No addresses with `unblock` are all. */
  blocks(transport: string, user: BareJid, change: BlockChange): void;
  /** What the account of a user at a transport is to an address. At once. */
  readonly standing: Standings['at'];
  readonly settings: {
    /** What the user can set at a place, with what holds now; secrets are blank. Rejects with a `Failure`. */
    form(place: Place, scope: SettingsScope, user: BareJid): Promise<Form>;
    /** Stores what the answer contains, or rejects with a `Failure` that names the field and stores nothing. */
    change(change: SettingsChange, user: BareJid): Promise<void>;
  };
  readonly dialogues: Dialogues;
  /**
   * Answers what somebody writes to the gateway itself. Resolves once all is told. Rejects with a `Failure` for who may
   * not write here, or writes too much.
   */
  chat(transport: string, who: Speaker, text: string, surface: Surface): Promise<void>;
  /** Whether the user has registered there. */
  registered(at: RegistrationAt, user: BareJid): Promise<boolean>;
  /**
   * Removes the user's account with all that it logs in with and has set, and closes its sessions. Resolves with what
   * takes the gateway and its people out of the user's roster, to be called once the user has been answered.
   */
  unregister(transport: string, user: BareJid): Promise<() => void>;
  /** Forgets what the user logs in with in a realm, and has its network told. Resolves with what the bridge says of it. */
  unlink(transport: string, realm: string, user: BareJid): Promise<Words | undefined>;
  /** Registration in one form. Everything rejects with a `Failure`. */
  readonly registration: {
    /** What is asked of somebody who registers, with what holds now; secrets are blank. */
    form(at: RegistrationAt, who: Talker): Promise<Form>;
    /**
     * Registers, or changes what was given before. Resolves with what asks the user for a place in the roster, to be
     * called once the user has been answered.
     */
    register(at: RegistrationAt, who: Talker, answer: Answer): Promise<() => void>;
  };
  /** A JID of the user's server asks how somebody fares (RFC 6121 §4.3): a contact, the realm, or the gateway itself. */
  probed(place: Place, jid: string): void;
  /** The foreign address that an alias in a JID stands for (`model/alias`). */
  addressOf(transport: string, alias: string): string | undefined;
  readonly rooms: {
    /** The user leaves a room for good. False for who is no member of it. */
    quit(place: Place, user: BareJid): boolean;
    /** Whether the account of the user is a member, with a client there or without. */
    isMember(place: Place, user: BareJid): boolean;
    /** The nick under which the full JID is in the room. */
    nickOf(place: Place, jid: string): string | undefined;
    /** Where a full JID sits, if it does: another one each time that it comes in. To compare with, and to tell that it is gone from it. */
    seat(place: Place, jid: string): unknown;
    info(place: Place): RoomInfo | undefined;
    occupants(place: Place): Iterable<Occupant>;
  };
  /** The realms of a transport that a user can see: the operator's, and those where the user has a session. */
  realms(transport: string, user: BareJid): readonly string[];
  /** A page of a room's archive, as far as the user was there. Rejects with a `Failure`. */
  archive(place: Place, user: BareJid, query: ArchiveQuery): Promise<ArchivePage>;
  /** The archived messages with these ids, all of them or `Failure('item-not-found')`. */
  archived(place: Place, user: BareJid, ids: readonly string[]): Promise<ArchivePage>;
  ask<Q extends Query>(query: Q, transport: string, user: BareJid): Promise<ReplyTo<Q>>;
  /** What is known of a person, by how the network calls them. Rejects with a `Failure`. */
  card(of: { readonly realm: string; readonly who: string }, transport: string, user: BareJid): Promise<Card>;
  /** A picture of somebody that was told lately, by its SHA-1. */
  picture(sha1: string): Picture | undefined;
  /** The user shows that their picture has this SHA-1, `''` for none, or that they are called so. */
  looks(transport: string, user: BareJid, now: { readonly photo?: string; readonly name?: string }): void;
};
