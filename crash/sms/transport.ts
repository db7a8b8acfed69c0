import { bridge } from '#bridges/sms/index.ts';
import type { BridgeDefinition } from '#src/bridge.ts';
import { ACCOUNT, TOKEN } from '../../test/fakes/twilio-messages.ts';
import type { MakeTransport } from '../network.ts';
import { USERS } from '../setting.ts';
import { DOMAIN, PUBLIC } from './names.ts';

type Definition = typeof bridge;

const { mapping } = bridge;

/** Nobody waits for long in a laboratory. */
const quick: Definition = {
  ...bridge,
  mapping: {
    ...mapping,
    facts: { ...mapping.facts, delivery: { ...mapping.facts.delivery, retry: { min: 50, max: 500 }, pause: 500 } },
  },
};

/** One that sends a text again when it does not know whether it went: what the books have to notice. */
const blind = (definition: Definition): Definition => ({
  ...definition,
  open: async (config, host) => ({ ...(await definition.open(config, host)), reconcile: async () => 'not-sent' }),
});

export const makeTransport: MakeTransport = ({ network, hasty }) => {
  if (network.kind !== 'sms') throw new Error('this is not a provider of SMS');
  const { api, port, owners, timeout, unclear, poll } = network;
  const named = Object.entries(owners).map(([number, user]) => [number, { user: `${user}@${USERS}`, dedicated: true }]);
  const settings = bridge.config.parse({
    provider: {
      ...{ kind: 'twilio', account_sid: ACCOUNT, auth_token: TOKEN, api_url: api },
      numbers: Object.keys(owners),
    },
    ...{ countries: ['US'], country: 'US', owners: Object.fromEntries(named) },
    budget: { per_user: 1_000_000, total: 10_000_000, period: '31d' },
  });
  return {
    domain: DOMAIN,
    definition: (hasty ? blind(quick) : quick) as BridgeDefinition,
    // Shorter than operators may have it.
    settings: { ...settings, poll, unclear, provider: { ...settings.provider, timeout } },
    http: { listen: { host: '127.0.0.1', port }, public_url: PUBLIC },
  };
};
