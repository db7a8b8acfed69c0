import type { Bridge, Host } from '#src/bridge.ts';
import type { TransportConfig } from '#src/config.ts';
import type { Transport, TransportMetrics } from '#src/core/index.ts';
import { transportOf } from '#src/core/transport.ts';
import type { Metrics } from '#src/lib/metrics/metrics.ts';
import { eventCounter } from '#src/process/event-counter.ts';
import type { Outlet } from '#src/xmpp/edge.ts';
import type { Link } from '#src/xmpp/stream/link.ts';

/** What is opened for one transport; `host`, `bridge` and `link` are there once they have been. */
export type OpenedTransport = {
  readonly transport: Transport;
  host?: Host;
  bridge?: Bridge;
  link?: Link;
  /** Since when the link has been lost, in ms since 1970. */
  lost?: number | undefined;
};

/** The record of a transport with what will be opened for it. `expiry`: how long (ms) its operator has events tried. */
export function openedOf(config: TransportConfig, metrics: Metrics, expiry: number | undefined): OpenedTransport {
  const opened: OpenedTransport = {
    transport: transportOf(config, {
      bridge: () => present(opened.bridge),
      host: () => present(opened.host),
      metrics: metricsOf(config.domain, metrics),
      expiry,
    }),
  };
  return opened;
}

function metricsOf(domain: string, metrics: Metrics): TransportMetrics {
  const stanzas = (direction: string) => metrics.counter('isthmus_stanzas_total', { transport: domain, direction });
  const received = stanzas('in');
  return {
    accepted: eventCounter(metrics, domain, 'out'),
    told: eventCounter(metrics, domain, 'in'),
    repeated: () => metrics.count('isthmus_repeats_total', { transport: domain }),
    folded: metrics.counter('isthmus_presence_folded_total', { transport: domain }),
    received: () => received(),
    sent: stanzas('out'),
  };
}

/** The link of a transport as the edge writes to it, counted. What is written before it is there is not taken. */
export function outletOf(opened: OpenedTransport): Outlet {
  const { metrics } = opened.transport;
  return {
    stanza(kind, head, ...children) {
      const taken = opened.link?.stanza(kind, head, ...children) ?? false;
      if (taken) metrics.sent(1);
      return taken;
    },
    fanOut(kind, head, to, ...children) {
      const taken = opened.link?.fanOut(kind, head, to, ...children) ?? 0;
      metrics.sent(taken);
      return taken;
    },
    request: (ask) => present(opened.link).request(ask),
    barrier: () => present(opened.link).barrier(),
    epoch: () => (opened.link?.state() === 'online' ? opened.link.epoch : undefined),
  };
}

/** What is opened before anything can ask for it. Throws where that is not so, which is a bug. */
function present<T>(part: T | undefined): T {
  if (part === undefined) throw new Error('a part of the gateway was used before it was opened');
  return part;
}
