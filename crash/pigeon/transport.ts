import type { BridgeDefinition } from '#src/bridge.ts';
import { facts, pigeon } from '../../test/invented/mapping.ts';
import type { PigeonConfig } from '../../test/invented/pigeon/config.ts';
import { bridge } from '../../test/invented/pigeon/index.ts';
import type { MakeTransport } from '../network.ts';
import { hastyBridge } from '../points.ts';
import { DOMAIN } from './load.ts';

/** Several are under way at a time, and nobody waits for long in a laboratory. */
const quick: BridgeDefinition<PigeonConfig> = {
  ...bridge,
  mapping: { ...pigeon, facts: { ...facts, delivery: { window: 8, retry: { min: 50, max: 1000 } } } },
};

export const makeTransport: MakeTransport = ({ network, hasty }, pass) => {
  if (network.kind !== 'pigeon') throw new Error('this is not the invented network');
  return {
    domain: DOMAIN,
    definition: (hasty ? hastyBridge(quick, pass) : quick) as BridgeDefinition,
    settings: bridge.config.parse({ port: network.port, answer_time: '2s' }),
  };
};
