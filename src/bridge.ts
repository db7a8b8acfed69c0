import type { ZodType } from 'zod';
import type { Clock } from '#src/lib/clock.ts';
import type { Log } from '#src/lib/log.ts';
import type { Connect } from '#src/lib/net.ts';
import type { Addresses } from '#src/model/address.ts';
import type { Capabilities, NetworkMapping } from '#src/model/capabilities.ts';
import type { Draft, Event } from '#src/model/event.ts';
import type { Failure } from '#src/model/failure.ts';
import type { Answer, Form } from '#src/model/form.ts';
import type { AccountKey, EventId, ForeignId } from '#src/model/ids.ts';
import type { Place } from '#src/model/place.ts';
import type { Query, ReplyTo } from '#src/model/query.ts';
import type { Sealed } from '#src/model/sealed.ts';

/**
 * What became of an event: `written` means that it left us, `taken` that the network's server has it. Doubt is a
 * `Failure` with `certain: false`.
 */
export type Delivered = { readonly ids: readonly ForeignId[]; readonly state: 'written' | 'taken' };
export type Outcome = Delivered | Failure;

/** One step of a dialogue with a person: a form to fill in, something to look at, or a wait. */
export type Step =
  | { readonly kind: 'form'; readonly form: Form }
  | { readonly kind: 'show'; readonly text: string; readonly url?: string; readonly qr?: string }
  | { readonly kind: 'wait'; readonly text: string };

export type Credentials = Readonly<Record<string, Sealed>>;

/** A way to log in. One-form logins are offered as in-band registration, the others as commands. */
export type Login = { readonly name: string; start(host: Host): AsyncGenerator<Step, Credentials, Answer> };

/** A command declared once and offered on every surface. */
export type Command = {
  readonly node: string;
  readonly on: 'gateway' | 'realm' | 'room' | 'contact';
  readonly who: 'user' | 'admin';
  readonly title: string;
  run(host: Host, place: Place): AsyncGenerator<Step, string, Answer>;
};

/** An amount that the core reserves in the transaction that accepts an event. */
export type Charge = { readonly budget: string; readonly amount: number };

/** XEP-0030 identity of the domain: category `gateway`. */
export type Identity = { readonly type: string; readonly name: string };

/** Everything that the rest of the house knows of a network before it is opened. */
export type BridgeDefinition<Config = unknown> = {
  readonly kind: string;
  readonly title: string;
  readonly identity: Identity;
  readonly mapping: NetworkMapping;
  readonly config: ZodType<Config>;
  readonly settings: { readonly account?: ZodType; readonly realm?: ZodType; readonly room?: ZodType };
  readonly logins: readonly Login[];
  readonly commands: readonly Command[];
  /** Addresses depend on the settings (a single fixed server shortens them). Pure. */
  addresses(config: Config): Addresses;
  /** The realms that the operator listed, for disco and for prompts. Pure. */
  realms(config: Config): readonly string[];
  charges?(event: Event): readonly Charge[];
  open(config: Config, host: Host): Promise<Bridge>;
};

/** The live connection of an account in a realm. */
export type Session = {
  readonly account: AccountKey;
  readonly realm: string;
  /** Leaves the network politely. Resolves when the line is closed. Never rejects. */
  close(reason: string): Promise<void>;
};

export type SessionKey = { readonly account: AccountKey; readonly realm: string };

/** How a session fares. After `lost` the bridge forgets it; the core decides whether to connect anew. */
export type SessionState =
  | { readonly kind: 'online'; readonly nick?: string }
  | { readonly kind: 'lost'; readonly failure: Failure };

/** One opened transport. */
export type Bridge = {
  /** Resolves once logged in, with what the network calls us. Rejects with a `Failure`; `signal` gives the attempt up. */
  connect(key: SessionKey, wish: { readonly nick?: string }, signal: AbortSignal): Promise<Session>;
  /**
   * Hands an event to the wire, in order. Returns without a promise where nothing has to be waited for. Confirmation
   * and late failures come by `host.settle`. Throws a `Failure` for what is refused at once.
   */
  deliver(event: Event, session?: Session): Delivered | Promise<Delivered>;
  ask<Q extends Query>(query: Q, session?: Session): Promise<ReplyTo<Q>>;
  reconcile?(event: Event): Promise<'sent' | 'not-sent' | 'unknown'>;
  withdraw?(id: EventId): boolean;
  /** What this peer, server or conversation really offers now. */
  narrow?(place: Place, session?: Session): Capabilities;
  /** Pauses reading from the network while the XMPP server is slower than it, and goes on after. */
  pause(paused: boolean): void;
  [Symbol.asyncDispose](): Promise<void>;
};

/** What a bridge is given. */
export type Host = {
  readonly transport: string;
  /** Takes events in. Resolves once they are durable; synchronous when nothing has to be. */
  emit(drafts: readonly Draft[]): void | Promise<void>;
  /** Confirmation or late failure of a delivered event. */
  settle(id: EventId, outcome: Outcome): void;
  status(session: SessionKey, state: SessionState): void;
  /** Opens a TCP or TLS connection under the address rules. Rejects with a `Failure`. */
  readonly connect: Connect;
  readonly log: Log;
  readonly clock: Clock;
  /** Aborted when the gateway stops. */
  readonly signal: AbortSignal;
};
