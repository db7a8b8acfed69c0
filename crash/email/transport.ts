import { bridge } from '#bridges/email/index.ts';
import type { BridgeDefinition } from '#src/bridge.ts';
import type { Event } from '#src/model/event.ts';
import type { MakeTransport } from '../network.ts';
import { hastyBridge } from '../points.ts';
import { DOMAIN } from './load.ts';

const { mapping } = bridge;

/** The name of an event is the subject of its mail: by that the books find it. */
const named = (event: Event): Event => (event.kind === 'message' ? { ...event, subject: event.id } : event);

/** Nobody waits for long in a laboratory, and each message is a mail of its own. */
const quick: typeof bridge = {
  ...bridge,
  mapping: {
    ...mapping,
    facts: { ...mapping.facts, delivery: { ...mapping.facts.delivery, retry: { min: 50, max: 500 }, burst: 0 } },
  },
  async open(config, host) {
    const opened = await bridge.open(config, host);
    return { ...opened, deliver: (event, session) => opened.deliver(named(event), session) };
  },
};

export const makeTransport: MakeTransport = ({ network, hasty }, pass) => {
  if (network.kind !== 'email') throw new Error('this is no mail server');
  return {
    domain: DOMAIN,
    definition: (hasty ? hastyBridge(quick, pass) : quick) as BridgeDefinition,
    settings: bridge.config.parse({
      domain: DOMAIN,
      outgoing: { host: '127.0.0.1', port: network.smtp, tls: 'off', connections: 8 },
      incoming: { lmtp: `127.0.0.1:${network.lmtp}` },
      unverified: 'accept',
      dns: `127.0.0.1:${network.dns}`,
    }),
  };
};
