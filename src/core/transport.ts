import type { Overrides } from '#mappings/overrides.ts';
import type { Bridge, BridgeDefinition, Budget, Charge } from '#src/bridge.ts';
import type { Addresses } from '#src/model/address.ts';
import type { Event, EventKind } from '#src/model/event.ts';
import type { TransportTalks } from './dialogues/talks.ts';

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
