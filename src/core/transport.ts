import { type Advertised, advertised } from '#mappings/advertised.ts';
import type { Overrides } from '#mappings/overrides.ts';
import type { Bridge, BridgeDefinition, Budget, Charge, Host, SettingsSchemas } from '#src/bridge.ts';
import { memo } from '#src/lib/memo.ts';
import type { Addresses } from '#src/model/address.ts';
import type { Capabilities } from '#src/model/capabilities.ts';
import type { Event, EventKind } from '#src/model/event.ts';
import type { Sealed } from '#src/model/sealed.ts';
import { type TransportTalks, talksOf } from './dialogues/talks.ts';

/** One component domain and the bridge behind it, as its operator wrote it. */
type Written = {
  readonly domain: string;
  readonly kind: string;
  readonly definition: BridgeDefinition;
  readonly secret: Sealed;
  /** Whether users stay in their rooms without a client unless they choose otherwise. */
  readonly persistent: boolean;
  /** Whether what is said in rooms is kept, and how many messages a client that joins is shown. */
  readonly history: { readonly record: boolean; readonly replay: number };
  /** Which confirmation of a network a receipt waits for. */
  readonly receipts: 'confirmed' | 'handed over';
  /** As the bridge's own schema yields them. */
  readonly settings: unknown;
  /** What becomes of what the network does not carry, where the operator has chosen. */
  readonly overrides: Overrides;
};

/** What is counted of a transport. */
export type TransportMetrics = {
  /** An event goes to the bridge, or comes from it. */
  accepted(kind: EventKind): void;
  told(kind: EventKind): void;
  /** Either side has told something again. */
  repeated(): void;
  /** So many stanzas with presence were saved. */
  folded(stanzas: number): void;
  /** Stanzas from the XMPP server, and to it. */
  received(): void;
  sent(stanzas: number): void;
};

/** What belongs to a transport while the gateway runs. */
type Running = {
  /** Throws before it has been opened. */
  bridge(): Bridge;
  host(): Host;
  readonly metrics: TransportMetrics;
  /** How long what is journaled is tried, in ms, where the operator has chosen. */
  readonly expiry?: number | undefined;
};

/** One transport, for everybody who has to do with it: what its operator wrote, and what follows from that. */
export type Transport = Written &
  Running & {
    readonly mapping: BridgeDefinition['mapping'];
    readonly addresses: Addresses;
    /** The realm of a formatted address. Throws a `Failure` for what is none. */
    realmOf(id: string): string;
    readonly realms: readonly string[];
    /** The one realm that the gateway's own address stands for, too. */
    readonly onlyRealm: string | undefined;
    /** What people may set. */
    readonly settable: SettingsSchemas;
    /** What is said of the network in discovery. */
    readonly advertised: Advertised;
    /** The same of what the network carries at a place now. */
    advertise(carried: Capabilities): Advertised;
    /** The definition's logins and commands, with what they work with but the account. */
    readonly talks: TransportTalks;
    /** What an event costs, and what may be spent. */
    charges(event: Event): readonly Charge[];
    readonly budgets: readonly Budget[];
  };

const FREE: readonly Charge[] = [];

/** Ways in which places of a network differ that are remembered. */
const NARROWED = 100;

/** Makes the record of a transport. Nothing is opened. */
export function transportOf(written: Written, running: Running): Transport {
  const { definition, settings, overrides } = written;
  const { mapping } = definition;
  const addresses = definition.addresses(settings);
  const asWritten = advertised(mapping, overrides);
  // Most places of a network are alike.
  const narrowed = memo(NARROWED, (facts) => advertised({ ...mapping, facts: JSON.parse(facts) }, overrides));
  return {
    ...written,
    ...running,
    mapping,
    addresses,
    realmOf: memo(10_000, (id) => addresses.parse(id).realm),
    realms: definition.realms(settings),
    onlyRealm: definition.onlyRealm?.(settings),
    settable: definition.settings(settings),
    advertised: asWritten,
    advertise: (carried) => (carried === mapping.facts ? asWritten : narrowed(JSON.stringify(carried))),
    talks: talksOf(definition, settings, running.host),
    charges: (event) => definition.charges?.(settings, event) ?? FREE,
    budgets: definition.budgets?.(settings) ?? [],
  };
}
