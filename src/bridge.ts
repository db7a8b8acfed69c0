import type { Socket } from 'node:net';
import type { ZodType } from 'zod';
import type { Fetch } from '#src/lib/http/fetch.ts';
import type { Log } from '#src/lib/log.ts';
import type { Connect } from '#src/lib/net.ts';
import type { Clock } from '#src/lib/time/clock.ts';
import type { Addresses } from '#src/model/address.ts';
import type { Capabilities, NetworkMapping } from '#src/model/capabilities.ts';
import type { Draft, Event } from '#src/model/event.ts';
import type { Failure } from '#src/model/failure.ts';
import type { Answer, Form } from '#src/model/form.ts';
import type { AccountKey, EventId, ForeignId } from '#src/model/ids.ts';
import type { Importer } from '#src/model/imported.ts';
import type { Language, Words } from '#src/model/language.ts';
import type { Endpoint, Http, SocketServer } from '#src/model/listening.ts';
import type { ByteRange, Media, OpenedFile } from '#src/model/media.ts';
import type { Place } from '#src/model/place.ts';
import type { Query, ReplyTo } from '#src/model/query.ts';
import type { Sealed } from '#src/model/sealed.ts';

export type { Endpoint, Http, HttpRoute, Serve, SocketServer } from '#src/model/listening.ts';
export type { ByteRange, Download, DownloadLimits, HeldFile, Media, OpenedFile } from '#src/model/media.ts';

/**
 * What became of an event: `written` means that it left us, `taken` that the network's server has it, `delayed` that it is
 * still being tried further on, which ends nothing and is told its sender once, `delivered` that the person's device has it.
 * Doubt is a `Failure` with `certain: false`.
 */
export type Delivered = {
  readonly ids: readonly ForeignId[];
  readonly state: 'written' | 'taken' | 'delayed' | 'delivered';
  /** Whom of several recipients this does not hold for: its sender is told of each. None of them is a `Failure` of all. */
  readonly lost?: readonly LostRecipient[];
};
/** Somebody whom an event has not reached, by the name that its sender knows them by. */
export type LostRecipient = { readonly to: string; readonly failure: Failure };
export type Outcome = Delivered | Failure;

/**
 * What a person sees of a dialogue: a form to fill in, something to look at, or something that is waited for, which ends
 * by itself when `until` does (a rejection is thrown where it was yielded). `last`: nothing more is asked after this form.
 */
export type Stage =
  | { readonly kind: 'form'; readonly form: Form; readonly last?: true }
  | { readonly kind: 'show'; readonly text: Words; readonly url?: string; readonly qr?: string }
  | { readonly kind: 'wait'; readonly text: Words; readonly until: Promise<unknown> };

/**
 * One step of a dialogue. Whoever goes back has it run anew with the answers given so far; `act` is what may happen only
 * once: its result is remembered, and nobody goes back over it.
 */
export type Step = Stage | { readonly kind: 'act'; run(): Promise<unknown> };

/** Does within a dialogue what has an effect: `const key = yield* act(() => ...)`. Throws what `run` rejects with. */
export async function* act<T>(run: () => Promise<T>): AsyncGenerator<Step, T, Answer> {
  const result: unknown = yield { kind: 'act', run };
  return result as T;
}

export type Credentials = Readonly<Record<string, Sealed>>;

/** What a login works with: for whom it is, and in which realm, `''` on a network without realms. */
export type LoginWork<Config = unknown> = {
  readonly config: Config;
  readonly host: Host;
  readonly account: AccountKey;
  readonly realm: string;
};

/** A way to log in. One-form logins are offered as in-band registration, the others as commands. */
export type Login<Config = unknown> = {
  readonly name: Words;
  /**
   * It is one form and nothing else, so that in-band registration can offer it. A field whose value is kept among the
   * credentials under the field's own name is shown again, or kept where it is secret and left blank.
   */
  readonly oneForm?: boolean;
  /** People are let in without it as well: it is offered at the address of a realm, and registering asks for none. */
  readonly guests?: boolean;
  /**
   * Throws a `Failure` where the network refuses. Whoever gives up calls `return()`: the generator closes its lines.
   */
  start(work: LoginWork<Config>): AsyncGenerator<Step, Credentials, Answer>;
};

/** What a command works with: `account` is whose user called it, also in a room that is shared. `session` is there when its user is online in the place's realm. */
export type CommandWork<Config = unknown> = {
  readonly config: Config;
  readonly host: Host;
  readonly bridge: Bridge;
  readonly account: AccountKey;
  readonly session?: Session;
  /** Where it was called; for `gateway` and `realm` the realm of its user. `admin`: they run the gateway. */
  readonly place: Place;
  readonly admin: boolean;
  readonly sessions: OpenSessions;
};

/** The sessions of a transport, everybody's, that are there or being made, and the clients (full JIDs) that are in rooms of one. */
export type OpenSessions = {
  list(): readonly SessionKey[];
  clients(key: SessionKey): readonly { readonly place: Place; readonly jid: string }[];
  /** Ends one, whatever wants it: its rooms and its network are told `words`. Resolves when its line is closed. */
  end(key: SessionKey, words: string): Promise<void>;
};

/** A command declared once and offered on every surface. It ends with what its user is told. */
export type Command<Config = unknown> = {
  readonly node: string;
  readonly on: 'gateway' | 'realm' | 'room' | 'contact';
  readonly who: 'user' | 'admin';
  readonly title: Words;
  /** What may be typed behind it in a chat, in a word for the list of commands: `TEXT`. Without it, it is asked for. */
  readonly takes?: Words;
  /** The words that start it where they are typed in the room itself, as `topic` does after a slash: in lower case. */
  readonly typed?: readonly string[];
  /** It is for who has linked an identity of their own: nobody else is offered it, where users may have either. */
  readonly identity?: 'own';
  run(work: CommandWork<Config>): AsyncGenerator<Step, Words, Answer>;
};

/** An amount that the core reserves in the transaction that accepts an event. */
export type Charge = { readonly budget: string; readonly amount: number };

/** What may be spent in each `period` (ms), by one account and by all together. Without a limit it is only counted. */
export type Budget = {
  readonly name: string;
  readonly perUser?: number;
  readonly total?: number;
  readonly period: number;
};

/** XEP-0030 identity of the domain: category `gateway`. `prompt` is how people are asked for an address (XEP-0100 §6.3). */
export type Identity = {
  readonly type: string;
  readonly name: string;
  readonly prompt?: { readonly text: Words; readonly label: Words };
};

/** What can be set for an account, for one of its realms and for a room there: objects of fields, each of which has a default. */
export type SettingsSchemas = { readonly account?: ZodType; readonly realm?: ZodType; readonly room?: ZodType };

/** Everything that the rest of the house knows of a network before it is opened. */
export type BridgeDefinition<Config = unknown> = {
  readonly kind: string;
  readonly title: string;
  readonly identity: Identity;
  readonly mapping: NetworkMapping;
  readonly config: ZodType<Config>;
  /** What people may set, which depends on what the operator lets them. Pure. */
  settings(config: Config): SettingsSchemas;
  /** Empty where nobody registers. */
  readonly logins: readonly Login<Config>[];
  readonly commands: readonly Command<Config>[];
  /** Addresses depend on the settings (a single fixed server shortens them). Pure. */
  addresses(config: Config): Addresses;
  /** The realms that the operator listed, for disco and for prompts. Pure. */
  realms(config: Config): readonly string[];
  /** What its network cannot reach us without: the public listener, or that and its public address. Pure. */
  needs?(config: Config): 'listener' | 'address';
  /** The one realm whose commands are offered at the gateway's own address, too. Pure. */
  onlyRealm?(config: Config): string | undefined;
  /** What sending an event costs. Pure; a budget that `budgets` does not name is a bug. */
  charges?(config: Config, event: Event): readonly Charge[];
  /** The budgets that `charges` speaks of. Pure. */
  budgets?(config: Config): readonly Budget[];
  /** The other gateways whose users can move over. */
  readonly imports?: readonly Importer<Config>[];
  open(config: Config, host: Host): Promise<Bridge>;
};

/** Why a session ends: the gateway stops, its user has left or wants nothing of it any more, or the account is removed. */
export type CloseReason = 'stopped' | 'left' | 'removed';

/** The live connection of an account in a realm. Where the bridge has no `connect` it only tells whose it is. */
export type Session = {
  /** It only says whose it is: the bridge has not made it, and acts by the operator's identity for that account. */
  readonly stands?: true;
  readonly account: AccountKey;
  readonly realm: string;
  /** Leaves the network politely, with `words` where somebody has said some. Resolves when the line is closed. Never rejects. */
  close(reason: CloseReason, words?: string): Promise<void>;
};

export type SessionKey = { readonly account: AccountKey; readonly realm: string };

/**
 * What a user wants a session with. Without `credentials` it is a guest's, where the network knows such. `unasked`: nobody
 * has just asked for it, so that nobody is told how it gets on unless that is news.
 */
export type Wish = { readonly nick?: string; readonly credentials?: Credentials; readonly unasked?: boolean };

/**
 * How a session fares. `wanted` is the nick to ask for next time, if not the one in force. After `lost` the bridge
 * forgets it; the core decides whether to connect anew.
 */
export type SessionState =
  | { readonly kind: 'online'; readonly nick?: string; readonly wanted?: string }
  | { readonly kind: 'lost'; readonly failure: Failure };

/**
 * A text as it would arrive, and the number or address that it would come from where that is not the sender's name.
 * `charges` is what the bridge itself would reserve for it.
 */
export type Preview = { readonly text: string; readonly from?: string; readonly charges?: readonly Charge[] };

/** What an account logs in with in a realm. */
export type AccountLogin = { readonly realm: string; readonly credentials: Credentials };

/** How those who want to connect to a realm follow each other, also those who have just asked for it. */
export type ConnectPace = {
  /** Milliseconds between two of them; without it as the operator has it for all networks. */
  readonly gap?: number;
  /**
   * The account, which somebody waits for, has to wait so long (ms) until it is connected; `throttled`, because the network
   * wants to be left alone. Never throws.
   */
  waits(account: AccountKey, ms: number, throttled: boolean): void;
};

/** One opened transport. */
export type Bridge = {
  /**
   * Resolves once logged in; what the network calls us is told by `host.status`. Rejects with a `Failure`, and then nothing is left
   * open; `signal` gives the attempt up. What is lost by then may be told by `host.status` before it resolves.
   * Absent where nobody has a connection of their own: everybody is there at once, rooms included.
   */
  connect?(key: SessionKey, wish: Wish, signal: AbortSignal): Promise<Session>;
  /**
   * For networks that keep out an address from which many come at once, and say so by `Failure('too-fast')` with the time that they
   * want to be left alone. Absent: whoever asks is connected at once.
   */
  connectPace?(realm: string): ConnectPace;
  /**
   * Hands an event to the wire, in order. Returns without a promise where nothing has to be waited for. Confirmation
   * and late failures come by `host.settle`. Throws a `Failure` for what is refused at once. The files of a message have
   * addresses; `media.open` has their bytes, and what follows in the conversation waits behind them.
   */
  deliver(event: Event, session?: Session): Delivered | Promise<Delivered>;
  /**
   * As `deliver`, for messages of one conversation that have waited for each other where the table says so (`burst`): they
   * may go as one. Each keeps an outcome of its own, in their order; what is thrown is that of all.
   */
  deliverTogether?(events: readonly Event[], session?: Session): readonly Outcome[] | Promise<readonly Outcome[]>;
  /** How long (ms) messages of an account wait for each other, where its user decides that; else it is as the table says. */
  burst?(account: AccountKey, place: Place): number | Promise<number>;
  ask<Q extends Query>(query: Q, session?: Session): Promise<ReplyTo<Q>>;
  /** Whether an event has reached the network, which a doubt left open. Rejects with a `Failure` to be asked again. */
  reconcile?(event: Event): Promise<'sent' | 'not-sent' | 'unknown'>;
  withdraw?(id: EventId): boolean;
  /**
   * What `deliver` would make of a message, where that depends on more than the tables. Nothing is sent or kept.
   * Rejects with the `Failure` that it would be refused with.
   */
  preview?(event: Event, session?: Session): Promise<Preview>;
  /** Why nobody can have somebody as a contact, by their formatted address, where that is known without asking anybody. */
  refuses?(id: string): Failure | undefined;
  /** What this peer, server or conversation really offers now. */
  narrow?(place: Place, session?: Session): Capabilities;
  /**
   * Opens what `media.lend` was given, decrypted on the way. A `range` may be ignored. Rejects with `Failure('item-not-found')`
   * or `Failure('gone')` for what is not there (any more), and with others where the network does not give it now.
   */
  openFile?(reference: string, range?: ByteRange): Promise<OpenedFile>;
  /**
   * The account is being removed: what it has at the network ends, with a session or without one. Ghosts leave, tokens are
   * revoked, devices logged out. Its sessions are closed; its state and `logins` are gone afterwards, also when this rejects
   * or takes too long.
   */
  forget?(account: AccountKey, logins: readonly AccountLogin[]): Promise<void>;
  /**
   * The account gives up one of its logins and stays: tokens are revoked, its device is logged out, and what is kept for that login
   * goes. Its session is being closed; the login is gone, also when this rejects or takes too long. Resolves with what its user is told.
   */
  unlink?(account: AccountKey, login: AccountLogin): Promise<Words | undefined>;
  /** Another login, `next`, has taken the place of this one, as with `unlink`; what is not the same in both ends. */
  replaced?(account: AccountKey, login: AccountLogin, next: AccountLogin): Promise<void>;
  /**
   * Settings of an account have changed: those of its realm or of a room where there is a `place`. Its user is told so once this
   * resolves: then they hold.
   */
  changed?(account: AccountKey, place?: Place): void | Promise<void>;
  /** Pauses reading from the network while the XMPP server is slower than it, and goes on after. */
  pause(paused: boolean): void;
  [Symbol.asyncDispose](): Promise<void>;
};

/** Where a bridge keeps something: for the transport, or for one of its accounts. */
export type StateKey = { readonly account?: AccountKey; readonly key: string };
/** `expires` is in milliseconds since 1970; `seal` encrypts the value at rest. */
export type StateOptions = { readonly expires?: number; readonly seal?: boolean };
/** Text, or bytes as they are. */
export type StateValue = string | Uint8Array;
/** `value: null` deletes. */
export type StateWrite = StateKey & StateOptions & { readonly value: StateValue | null };
/** A write that is done only where the value is `expect` (text and its UTF-8 are the same), or with `null` where there is none. */
export type StateChange = StateWrite & { readonly expect?: StateValue | null };

/** What a bridge remembers across restarts: sync tokens, reply tokens, opt-outs. All promises resolve once durable. */
export type BridgeState = {
  get(at: StateKey): Promise<string | undefined>;
  bytes(at: StateKey): Promise<Uint8Array | undefined>;
  put(at: StateKey, value: StateValue, options?: StateOptions): Promise<void>;
  delete(at: StateKey): Promise<void>;
  /**
   * Does all of them or none. Resolves with whether it was done: no, where something is not as it was expected. What is
   * expected is compared with what there is before any of them; a key comes once.
   */
  write(changes: readonly StateChange[]): Promise<boolean>;
  /** The entries of an account, or those of the transport itself, whose key begins with `prefix`, in order of keys. */
  list(at: {
    readonly account?: AccountKey;
    readonly prefix: string;
  }): Promise<readonly { readonly key: string; readonly value: string; readonly bytes: Uint8Array }[]>;
};

/** What people have set for a place, each as the definition's own schema yields it. */
export type Settings = { readonly account?: unknown; readonly realm?: unknown; readonly room?: unknown };

/** Whom a user does not hear: declined until they add them, or blocked. */
export type Refused = 'declined' | 'blocked';

/**
 * Whether somebody is heard by an account. `first`: yes, though nothing has passed between them yet. `nobody`: nobody can have
 * that account. `not-permitted`: its user may not use the gateway. `full`: it has as many contacts as there may be.
 */
export type Admission = 'yes' | 'first' | 'nobody' | 'not-permitted' | 'full' | Refused;

/** What became of each draft, in order, where not all were kept; else nothing. */
export type Taken = readonly Admission[] | undefined;

/** What a bridge is given. */
export type Host = {
  readonly transport: string;
  /**
   * Takes events in. Resolves once they are durable, and only then may a bridge acknowledge them to its network;
   * synchronous when nothing has to be. What somebody has written in another client (`Party.self`) waits until it is known what
   * became of that which is on its way there: a bridge must not keep the one from going on for the other. `writes` commit together with the events. Says which drafts were not kept, and why.
   */
  emit(drafts: readonly Draft[], writes?: readonly StateWrite[]): Taken | Promise<Taken>;
  /**
   * Asks before anything is told, as at RCPT of SMTP or where a network wants to know who there is: whether an account hears a
   * contact, by its formatted address, alone or in a room of the account. Rejects with a `Failure` to be asked again.
   */
  admits(of: { readonly account: AccountKey; readonly contact: string; readonly place?: Place }): Promise<Admission>;
  /**
   * Confirmation or late failure of an event. It may come several times for what is journaled, hours later and after a
   * restart: `taken`, perhaps `delayed`, and then `delivered` or a `Failure`. Where there is a promise, a bridge acknowledges what it was
   * told no sooner than it resolves; a rejection with a `Failure` says that it is not kept.
   */
  settle(id: EventId, outcome: Outcome): void | Promise<void>;
  /** Not all was told that was said in a place of one account: what is missing is asked for by who reads it (`ask history`). */
  gap(place: Place): void;
  status(session: SessionKey, state: SessionState): void;
  /**
   * Replaces what an account logs in with, such as a token that was refreshed. Resolves once durable with whether it was
   * done: no, where it is not `expected` any more. Only then may the network hear of the new ones.
   */
  credentials(key: SessionKey, expected: Credentials, next: Credentials): Promise<boolean>;
  /**
   * Reserves what the bridge spends of itself and not for an event: in the budgets of an account, or without one in those
   * of all together. Resolves with what gives it back. Rejects with `Failure('budget-exhausted')`, and then nothing is
   * reserved; a budget that the definition does not name is a bug.
   */
  charge(charges: readonly Charge[], account?: AccountKey): Promise<() => Promise<void>>;
  /**
   * Something is wrong that those who run the gateway have to see to, such as a network that refuses all of us. `name` says
   * what, and is one of few: the same is counted each time and told once an hour. Never throws.
   */
  alarm(name: string, text: Words): void;
  /** Tells those who run the gateway, as a message that is kept until it has arrived. Never throws. */
  tellAdmins(text: Words): void;
  /** In which language an account is spoken to, for what is told it as a message. */
  language(account: AccountKey): Language;
  readonly state: BridgeState;
  /** What holds at a place, in a shared room for `account`. */
  settings(place: Place, account?: AccountKey): Promise<Settings>;
  /** Opens a TCP or TLS connection under the address rules. Rejects with a `Failure`. */
  readonly connect: Connect;
  /**
   * Takes TCP connections, while the gateway runs: the bridge ends its sockets when it is closed, and what is left is cut.
   * Rejects where the address cannot be had, which `open` passes on: the operator reads it at the start.
   */
  listen(endpoint: Endpoint, onSocket: (socket: Socket) => void): Promise<SocketServer>;
  readonly http: Http;
  readonly media: Media;
  /** Fetches over HTTP under the same rules, redirects included. Rejects with a `Failure`, and so does the body. */
  readonly fetch: Fetch;
  readonly log: Log;
  readonly clock: Clock;
  /** Aborted when the gateway stops. */
  readonly signal: AbortSignal;
};
