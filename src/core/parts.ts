import type { Overrides } from '#mappings/overrides.ts';
import type { Bridge, BridgeDefinition, Budget, Charge, Host } from '#src/bridge.ts';
import type { Access } from '#src/core/accounts/accounts.ts';
import type { TransportTalks } from '#src/core/dialogues/talks.ts';
import type { MediaStore } from '#src/core/media/media.ts';
import type { Clock } from '#src/lib/clock.ts';
import type { Log } from '#src/lib/log.ts';
import type { Rate } from '#src/lib/token-bucket.ts';
import type { Addresses } from '#src/model/address.ts';
import type { Event, EventKind } from '#src/model/event.ts';
import type { SealKey, Store } from '#src/store/index.ts';
import type { Aliases } from './aliases.ts';
import type { Core, XmppSide } from './index.ts';
import type { Charging } from './journal/charging.ts';
import type { HostAlarms } from './journal/operator/host-alarms.ts';
import type { Queue } from './journal/operator/queue-entry.ts';
import type { LimitName } from './limits.ts';
import type { Inbound } from './way/inbound.ts';

/** A transport as the core sees it. `bridge` is there once it has been opened. */
export type CoreTransport = {
  readonly mapping: BridgeDefinition['mapping'];
  /** The definition's logins and commands, with what they work with but the account. */
  readonly talks: TransportTalks;
  /** What people can set. */
  readonly settings: BridgeDefinition['settings'];
  /** The rungs that the operator has chosen. */
  readonly overrides: Overrides;
  readonly addresses: Addresses;
  readonly realms: readonly string[];
  /** Whether room messages are kept, and how many a client that joins is shown by default. */
  readonly history: { readonly record: boolean; readonly replay: number };
  /** Whether accounts stay in their rooms without a client unless they choose otherwise. */
  readonly persistent: boolean;
  bridge(): Bridge;
  /** Hears of every event that goes to the bridge. */
  accepted(kind: EventKind): void;
  /** Hears of every event that either side told again. */
  repeated(): void;
  /** Hears of so many stanzas with presence that were saved. */
  folded?(stanzas: number): void;
  /** How long what is journaled is tried, in ms, where the operator has chosen. */
  readonly expiry?: number;
  /** Whether receipts wait for the strongest confirmation, or say that the network's server has the message. */
  readonly receipts?: 'confirmed' | 'handed over';
  /** What an event costs, and what may be spent. */
  charges?(event: Event): readonly Charge[];
  readonly budgets?: readonly Budget[];
};

export type CoreParts = {
  readonly transports: ReadonlyMap<string, CoreTransport>;
  readonly access: Access;
  readonly limits: {
    /** How many lines wait for a session that is down, and for how many milliseconds. */
    readonly waitingLines: number;
    readonly waitingTime: number;
    /** Bounds of the wait before another attempt to connect, in milliseconds. */
    readonly reconnectMin: number;
    readonly reconnectMax: number;
    /** Milliseconds between attempts in one realm that nobody has just asked for. */
    readonly connectPace: number;
    /** Milliseconds for which an account whose last client was lost stays in its rooms. */
    readonly linger: number;
    /** Milliseconds in which a presence that changes again is told once, at their end; 0 tells every change. */
    readonly presenceWindow?: number;
    /** How long somebody may take for one answer of a dialogue, in milliseconds, and how many one may have open. */
    readonly dialogueTime: number;
    readonly dialogues: number;
    /** How fast one user may do what. */
    readonly rates: Readonly<Record<LimitName, Rate>>;
  };
  readonly store: Store;
  /** The long addresses that the store knows. */
  readonly aliases: Aliases;
  /** Seals what is secret in the store. */
  readonly key: SealKey;
  /** Where long texts go whole; absent where the operator keeps no files. */
  readonly media?: MediaStore | undefined;
  readonly xmpp: XmppSide;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Log;
  /** How long what is owed to XMPP is tried, in ms. */
  readonly expiry?: number;
  /** Hears of what an operator has to know or has done: a row that was given up, a budget that comes to its end, a bridge's alarm. */
  report?(what: 'parked' | 'budget' | 'dropped' | 'retried' | 'alarm', transport: string, name?: string): void;
};

/** The core with what `gateway.ts` joins to the bridges and to the process. */
export type OpenCore = Core & {
  readonly host: Pick<Host, 'settle' | 'status' | 'settings' | 'credentials'> & {
    readonly emit: Inbound['accept'];
    readonly charge: Charging;
  } & HostAlarms;
  /** The link of the transport is up: asks for the presence of everybody who lets us see it. */
  attend(transport: string): Promise<void>;
  /** Takes up what the last run left: before the links, once the bridges are open. */
  restore(): Promise<void>;
  /** The XMPP server was away and is back: asks every full JID of the transport whether it is still there. */
  recheck(transport: string): Promise<void>;
  /** Begins with what an earlier run owed. Resolves when all of it is in hand, or with the stop. Never rejects. */
  start(): Promise<void>;
  /** What is owed, as the operator sees it. */
  readonly queue: Queue;
  /** Tells those who run the gateway, as messages of its own that are kept until they have arrived. Never throws. */
  alarm(text: string): void;
  /** The link of the transport is online: what waited for it goes. */
  online(transport: string): void;
  /** Tells everybody that the gateway stops and closes every session. */
  stop(): Promise<void>;
  status(): { readonly rooms: number; readonly flights: number };
};
