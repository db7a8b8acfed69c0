import { irc as mapping } from '#mappings/irc.ts';
import type { BridgeDefinition } from '#src/bridge.ts';
import { addresses } from './addresses.ts';
import { openBridge } from './bridge.ts';
import { config, type IrcConfig } from './config.ts';
import { services } from './connection/services.ts';
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
  settings: () => ({}),
  logins: [services],
  commands: [],
  addresses: (settings) => addresses(settings.fixed_server),
  realms: (settings) => (settings.fixed_server === null ? Object.keys(settings.servers) : [settings.fixed_server]),
  open: async (settings, host) => openBridge(settings, host),
};
