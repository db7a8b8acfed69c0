import { email as mapping } from '#mappings/email.ts';
import type { BridgeDefinition } from '#src/bridge.ts';
import { addresses } from './addresses.ts';
import { openBridge } from './bridge.ts';
import { commands } from './commands.ts';
import { account, config, type EmailConfig } from './config.ts';
import { texts } from './texts.ts';

/** Mail: users write from addresses of the operator's domain. Nobody logs in. */
export const bridge: BridgeDefinition<EmailConfig> = {
  kind: 'email',
  title: 'Email',
  // XMPP Registry: gateways to mail are of type `smtp`.
  identity: { type: 'smtp', name: 'Email', prompt: { text: texts.prompt, label: texts.promptLabel } },
  mapping,
  config,
  settings: { account },
  logins: [],
  commands,
  addresses: () => addresses,
  realms: () => [],
  open: openBridge,
};
