import { email as mapping } from '#mappings/email.ts';
import type { BridgeDefinition } from '#src/bridge.ts';
import { logins } from './account/login.ts';
import { addresses } from './addresses.ts';
import { openBridge } from './bridge.ts';
import { commands } from './commands.ts';
import { config, type EmailConfig, settableBy } from './config.ts';
import { texts } from './texts.ts';

/** Mail, in two ways side by side: from addresses of the operator's domain, and from a mailbox of their own for whoever has linked one. */
export const bridge: BridgeDefinition<EmailConfig> = {
  kind: 'email',
  title: 'Email',
  // XMPP Registry: gateways to mail are of type `smtp`.
  identity: { type: 'smtp', name: 'Email', prompt: { text: texts.prompt, label: texts.promptLabel } },
  mapping,
  config,
  settings: (given) => ({ account: settableBy(given) }),
  logins,
  commands,
  addresses: () => addresses,
  realms: () => [''],
  open: openBridge,
};
