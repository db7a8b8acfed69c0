import { sms as mapping } from '#mappings/sms.ts';
import type { BridgeDefinition } from '#src/bridge.ts';
import { addresses } from './addresses.ts';
import { openBridge } from './bridge.ts';
import { commands } from './commands.ts';
import { account, config, type SmsConfig } from './config.ts';
import { texts } from './texts/catalogue.ts';
import { chargesFor } from './texts/costs.ts';

/** SMS: numbers of the operator, from which all users write. Nobody logs in. */
export const bridge: BridgeDefinition<SmsConfig> = {
  kind: 'sms',
  title: 'SMS',
  identity: {
    type: 'sms',
    name: 'SMS',
    prompt: { text: texts.prompt, label: texts.promptLabel },
  },
  mapping,
  config,
  settings: () => ({ account }),
  logins: [],
  commands,
  addresses: () => addresses,
  realms: () => [],
  charges: chargesFor,
  budgets: ({ budget: { per_user, total, period } }) => [{ name: 'segments', perUser: per_user, total, period }],
  open: openBridge,
};
