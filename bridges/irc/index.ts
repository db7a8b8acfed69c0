import { irc as mapping } from '#mappings/irc.ts';
import type { BridgeDefinition } from '#src/bridge.ts';
import { addresses } from './addresses.ts';
import { openBridge } from './bridge.ts';
import { commands } from './commands.ts';
import { config, type IrcConfig } from './config.ts';
import { services } from './connection/registration/services.ts';
import { listCommand } from './list-command.ts';
import { serverCommands } from './server-commands.ts';
import { settings } from './settings.ts';
import { texts } from './texts.ts';

/** IRC: one connection per account and server, channels as shared rooms. */
export const bridge: BridgeDefinition<IrcConfig> = {
  kind: 'irc',
  title: 'IRC',
  identity: {
    type: 'irc',
    name: 'IRC',
    prompt: {
      text: texts.prompt,
      label: texts.promptLabel,
    },
  },
  mapping,
  config,
  settings,
  logins: [services],
  commands: [...commands, listCommand, ...serverCommands],
  addresses: ({ fixed_server }) => addresses(fixed_server),
  realms: ({ fixed_server, servers }) => (fixed_server === null ? Object.keys(servers) : [fixed_server]),
  onlyRealm: ({ fixed_server }) => fixed_server ?? undefined,
  // Loaded by who imports, and not by each gateway.
  imports: [{ name: 'biboumi', open: async (...of) => (await import('./import/biboumi.ts')).openBiboumi(...of) }],
  open: openBridge,
};
