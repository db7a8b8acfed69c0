import { bridge } from '#bridges/matrix/index.ts';
import type { BridgeDefinition } from '#src/bridge.ts';
import { AS_TOKEN, HS_TOKEN } from '../../test/fakes/homeserver.ts';
import type { MakeTransport } from '../network.ts';
import { hastyBridge } from '../points.ts';
import { DOMAIN } from './names.ts';

type Definition = typeof bridge;

const { mapping } = bridge;
const { facts } = mapping;

/** Nobody waits for long in a laboratory. */
const quick: Definition = {
  ...bridge,
  mapping: {
    ...mapping,
    facts: { ...facts, delivery: { ...facts.delivery, retry: { min: 50, max: 500 }, pause: 500 } },
  },
};

export const makeTransport: MakeTransport = ({ network, hasty }, pass) => {
  if (network.kind !== 'matrix') throw new Error('this is no homeserver');
  return {
    domain: DOMAIN,
    definition: (hasty ? hastyBridge(quick, pass) : quick) as BridgeDefinition,
    settings: bridge.config.parse({
      homeserver: { url: network.url, name: network.name },
      appservice: { as_token: AS_TOKEN, hs_token: HS_TOKEN },
    }),
    http: { listen: { host: '127.0.0.1', port: network.port } },
  };
};
