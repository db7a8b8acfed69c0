import type { BridgeDefinition, Credentials, Settings } from '#src/bridge.ts';
import type { EventKind } from '#src/model/event.ts';
import type { Served } from './host.ts';

/** The far side of a bridge under test, as the contract works it. */
export type Wire = AsyncDisposable & {
  /** What the operator writes to reach this server; with `slow` one message is on the wire at a time. */
  settings(options: { readonly slow: boolean }): object;
  readonly realm: string;
  credentials(name: string): Promise<Credentials | undefined>;
  /** Addresses of a room, and of somebody else who is in it. */
  readonly room: string;
  readonly person: string;
  /** Somebody whose messages wait for nothing that the person says; the person, unless it is named. */
  readonly elsewhere?: string;
  /** Somebody whom nobody can have as a contact, where the bridge knows such. */
  readonly nobody?: string;
  /** What the bridge is given to be called by the network over HTTP, anew for each bridge. */
  served?(): Served;
  /** The person says something in the room. */
  say(text: string): Promise<void>;
  /** What the users have set. */
  readonly set?: Settings;
  /** For networks that tell what the account has written to the person in another client. */
  sayElsewhere?(name: string, text: string): Promise<void>;
  /** For every kind that the table lets in: how the account (by its name, and in the room) is told one. */
  readonly provoke: Readonly<Partial<Record<EventKind, (name: string) => Promise<void>>>>;
  /** For networks on which not everybody has all of the table: the person shows the account that they have. */
  able?(name: string): Promise<void>;
  /** The text of the next message that came in from the account. */
  heard(name: string): Promise<string>;
  /** From now on messages are read and neither done nor answered. `held` waits for that many. */
  hold(): Promise<void>;
  held(count: number): Promise<void>;
  /** Does and answers what was held, and all that follows. */
  release(): Promise<void>;
  refuseMessage(): Promise<void>;
  /** For networks on which one of several may miss a message: the person misses the next one. */
  loseMessage?(): Promise<void>;
  refuseLogin(): Promise<void>;
  /** Breaks every line of the bridge. */
  break(): Promise<void>;
  /** Resolves once no line of the bridge is open. */
  idle(): Promise<void>;
  /** For networks that wait for an acknowledgement. */
  readonly journal?: {
    /** Resolves once everything that the account was told is acknowledged. */
    acknowledged(name: string): Promise<void>;
    isAcknowledged(name: string): Promise<boolean>;
    /** The next event is told twice, or after the one behind it. */
    repeat(): Promise<void>;
    reorder(): Promise<void>;
  };
  /** The lists that can be paged through, with how many entries they have once one account is in the room. */
  readonly pages: Readonly<Partial<Record<'rooms' | 'people' | 'occupants' | 'history', number>>>;
};

/** A network and its bridge. */
export type Contract = {
  readonly name: string;
  // Each bridge has a config type of its own, which only its own schema makes.
  readonly definition: BridgeDefinition;
  readonly network: {
    open(): Promise<Wire>;
    /** Whether the network waits for an acknowledgement of what it tells; then each `Wire` has a `journal`. */
    readonly acknowledged: boolean;
    /** Whether each account has a line of its own, which can be refused and can break. So it is, unless denied. */
    readonly lines?: boolean;
    /**
     * Where users open rooms from what came to them, and nobody enters one by its name: what happens in those alone. The conversation
     * of the checks is the one with the person, then.
     */
    readonly opened?: readonly EventKind[];
    /** Whether it is given the bytes of files (`media.open`), and not their addresses. */
    readonly bytes?: boolean;
    /** Local parts that are addresses there. */
    readonly addresses: readonly string[];
  };
  /** Milliseconds that something may take to happen; only a wrong bridge waits for it. */
  readonly patience?: number;
};

/** One thing that every bridge keeps. Rejects where it does not. */
export type Check = { readonly name: string; run(contract: Contract): Promise<void> };
