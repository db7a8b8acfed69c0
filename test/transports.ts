import { z } from 'zod';
import type { BridgeDefinition } from '#src/bridge.ts';
import type { TransportMetrics } from '#src/core/index.ts';
import { transportOf } from '#src/core/transport.ts';
import type { Addresses } from '#src/model/address.ts';
import type { NetworkMapping } from '#src/model/capabilities.ts';
import { Sealed } from '#src/model/sealed.ts';

type Record = ReturnType<typeof transportOf>;
type Given = Partial<Omit<Record, 'domain' | 'metrics' | 'mapping' | 'addresses' | 'realms'>> & {
  readonly domain: string;
  readonly mapping: NetworkMapping;
  readonly addresses: Addresses;
  readonly realms?: readonly string[];
  readonly metrics?: Partial<TransportMetrics>;
};

const uncounted: TransportMetrics = {
  accepted: () => undefined,
  told: () => undefined,
  repeated: () => undefined,
  folded: () => undefined,
  received: () => undefined,
  sent: () => undefined,
};

const unopened = (): never => {
  throw new Error('this transport has no bridge');
};

/** The record of a transport of which nothing is wanted but what is given. */
export function plainTransport({ mapping, addresses, realms = [], metrics, ...given }: Given): Record {
  const definition: BridgeDefinition = {
    kind: 'plain',
    title: 'Plain',
    identity: { type: 'x-net', name: 'The Net' },
    mapping,
    config: z.unknown(),
    settings: () => ({}),
    logins: [],
    commands: [],
    addresses: () => addresses,
    realms: () => realms,
    open: unopened,
  };
  const written = {
    kind: 'plain',
    definition,
    secret: new Sealed('secret'),
    persistent: false,
    history: { record: false, replay: 0 },
    receipts: 'confirmed',
    settings: {},
    overrides: {},
    ...given,
  } as const;
  const running = { bridge: given.bridge ?? unopened, host: given.host ?? unopened };
  return { ...transportOf(written, { ...running, metrics: { ...uncounted, ...metrics } }), ...given };
}
