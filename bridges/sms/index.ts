import { segmentsOf } from '#mappings/segments.ts';
import { smartEncode } from '#mappings/smart.ts';
import { sms as mapping } from '#mappings/sms.ts';
import type { BridgeDefinition } from '#src/bridge.ts';
import type { Event } from '#src/model/event.ts';
import { addresses } from './addresses.ts';
import { openBridge } from './bridge.ts';
import { account, config, type SmsConfig } from './config.ts';
import { costOf, planOf } from './questions.ts';

/** What providers charge for an MMS, in segments of SMS. */
const MMS = 3;
/** Room for the name of a speaker, which is not known here. */
const NAME = 'x'.repeat(34);

/** What a message costs at most, but for the line above the very first one. Throws a `Failure` for a form that cannot be asked. */
function segments({ mms }: SmsConfig, event: Event): number {
  if (event.kind !== 'message') return 0;
  if (mms && (event.files?.length ?? 0) > 0) return MMS;
  if (event.form) return costOf(planOf(event.form, event.text, 1), NAME);
  return segmentsOf(smartEncode(NAME + event.text));
}

/** SMS: numbers of the operator, from which all users write. Nobody logs in. */
export const bridge: BridgeDefinition<SmsConfig> = {
  kind: 'sms',
  title: 'SMS',
  identity: {
    type: 'sms',
    name: 'SMS',
    prompt: { text: 'Enter a telephone number, with its country code where it is abroad.', label: 'Number' },
  },
  mapping,
  config,
  settings: { account },
  logins: [],
  commands: [],
  addresses: () => addresses,
  realms: () => [],
  charges: (settings, event) => {
    const amount = segments(settings, event);
    return amount === 0 ? [] : [{ budget: 'segments', amount }];
  },
  budgets: ({ budget: { per_user, total, period } }) => [{ name: 'segments', perUser: per_user, total, period }],
  open: openBridge,
};
