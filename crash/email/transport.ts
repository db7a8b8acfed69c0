import { bridge } from '#bridges/email/index.ts';
import type { BridgeDefinition } from '#src/bridge.ts';
import type { Event } from '#src/model/event.ts';
import type { MakeTransport } from '../network.ts';
import { hastyBridge } from '../points.ts';
import { ADDRESSES, AUTHSERV, DOMAIN, homeOf } from './names.ts';

type Definition = typeof bridge;

const { mapping } = bridge;
const { facts } = mapping;

/** What goes as one mail is written within so many ms. */
const BURST = 300;

/** Nobody waits for long in a laboratory. */
const quick: Definition = {
  ...bridge,
  mapping: {
    ...mapping,
    facts: {
      ...facts,
      delivery: { ...facts.delivery, retry: { min: 50, max: 500 }, pause: 500, burst: BURST },
    },
  },
};

/** Each text says which event it is of: what lies in mailboxes is looked up by that. */
const named = (event: Event): Event =>
  event.kind === 'message' ? { ...event, text: `${event.text} ${event.id}` } : event;

const naming = (definition: Definition): Definition => ({
  ...definition,
  async open(config, host) {
    const opened = await definition.open(config, host);
    return {
      ...opened,
      burst: () => BURST,
      deliver: (event, session) => opened.deliver(named(event), session),
      deliverTogether: (events, session) => opened.deliverTogether?.(events.map(named), session) ?? [],
      [Symbol.asyncDispose]: () => opened[Symbol.asyncDispose](),
    };
  },
});

/** The longest that the gateway waits for an answer of the server of mail, in ms: less than operators may have it. */
export const TIMEOUT = 800;

export const makeTransport: MakeTransport = ({ network, hasty }, pass) => {
  if (network.kind !== 'email') throw new Error('this is no mail server');
  const { smtp, lmtp, dns, mailboxes } = network;
  const submission = { host: '127.0.0.1', port: smtp, tls: 'off' };
  const settings = bridge.config.parse({
    domain: ADDRESSES,
    outgoing: { ...submission, name: `p${process.pid}.gateway.example` },
    incoming: { lmtp: `127.0.0.1:${lmtp}` },
    authserv: [AUTHSERV],
    dns: `127.0.0.1:${dns}`,
    ...(mailboxes && {
      accounts: {
        providers: Object.entries(mailboxes).map(([owner, port]) => ({
          domains: [homeOf(owner)],
          imap: { host: '127.0.0.1', port, tls: 'off' },
          ...{ submission, authserv: [AUTHSERV] },
        })),
      },
    }),
  });
  return {
    domain: DOMAIN,
    definition: naming(hasty ? hastyBridge(quick, pass) : quick) as BridgeDefinition,
    settings: { ...settings, outgoing: { ...settings.outgoing, timeout: TIMEOUT } },
  };
};
