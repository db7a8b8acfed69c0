import type { BridgeDefinition } from '#src/bridge.ts';
import { bothPigeon, ghostPigeon, pigeon as mapping, sharedPigeon, shyPigeon } from '../mapping.ts';
import { addresses } from './addresses.ts';
import { openBridge } from './bridge.ts';
import { commands } from './commands.ts';
import { account, config, type PigeonConfig, realm, room } from './config.ts';
import { openGhosts } from './ghosts.ts';
import { passwordAlone, passwordAndCode } from './login.ts';

/** The invented network: one line per account to one loft, rooms that belong to the account. */
export const bridge: BridgeDefinition<PigeonConfig> = {
  kind: 'pigeon',
  title: 'Pigeon',
  identity: { type: 'pigeon', name: 'Pigeon' },
  mapping,
  config,
  settings: () => ({ account, realm, room }),
  logins: [passwordAndCode, passwordAlone],
  commands,
  addresses: () => addresses,
  realms: () => [''],
  open: async (settings, host) => openBridge(settings, mapping.facts, host),
};

/** The same without sessions: whoever writes is a guest of the loft. */
export const ghostBridge: BridgeDefinition<PigeonConfig> = {
  ...bridge,
  mapping: ghostPigeon,
  logins: [],
  open: async (settings, host) => openGhosts(settings, ghostPigeon.facts, host),
};

/** Both on one domain: guests for everybody, and a line of their own for who has logged in. */
export const bothBridge: BridgeDefinition<PigeonConfig> = {
  ...bridge,
  mapping: bothPigeon,
  open: async (settings, host) => openGhosts(settings, bothPigeon.facts, host),
};

/** The same with rooms that all accounts share. */
export const sharedBridge: BridgeDefinition<PigeonConfig> = {
  ...bridge,
  mapping: sharedPigeon,
  open: async (settings, host) => openBridge(settings, sharedPigeon.facts, host),
};

/** The same that asks nobody for markers. */
export const shyBridge: BridgeDefinition<PigeonConfig> = {
  ...bridge,
  mapping: shyPigeon,
  open: async (settings, host) => openBridge(settings, shyPigeon.facts, host),
};
