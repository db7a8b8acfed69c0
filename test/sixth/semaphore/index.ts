import type { BridgeDefinition } from '#src/bridge.ts';
import { addresses } from './addresses.ts';
import { openBridge } from './bridge.ts';
import { config, type SemaphoreConfig } from './config.ts';
import { semaphore as mapping } from './mapping.ts';

/** Flags from a tower: a line per account, one harbour for all, and nobody logs in. */
export const bridge: BridgeDefinition<SemaphoreConfig> = {
  kind: 'semaphore',
  title: 'Semaphore',
  identity: { type: 'semaphore', name: 'Semaphore' },
  mapping,
  config,
  settings: () => ({}),
  logins: [],
  commands: [],
  addresses: () => addresses,
  realms: () => [''],
  open: async (settings, host) => openBridge(settings, host),
};
