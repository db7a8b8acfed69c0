import type { Bridge, Host } from '#src/bridge.ts';
import { openDownloads } from '#src/gateway/downloads.ts';
import { refuseFetch } from '#src/gateway/reach.ts';
import { openFetch } from '#src/lib/http/fetch.ts';
import { openLog } from '#src/lib/log.ts';
import { openMetrics } from '#src/lib/metrics/metrics.ts';
import { systemClock } from '#src/lib/time/clock.ts';
import { Failure } from '#src/model/failure.ts';
import { openSite } from '#src/web/site.ts';

/** A bridge on which each account has a connection. */
export type Connecting = Bridge & Required<Pick<Bridge, 'connect'>>;

/** The bridge as one of those. Throws for the others. */
export function connecting(bridge: Bridge): Connecting {
  const { connect } = bridge;
  if (!connect) throw new Error('nobody has a connection there');
  return { ...bridge, connect };
}

/** What a host has beside, for those to whom nobody listens. */
export const unheard: Pick<Host, 'credentials' | 'alarm' | 'tellAdmins' | 'listen' | 'admits' | 'language' | 'gap'> = {
  language: () => 'en',
  admits: async () => 'yes',
  credentials: async () => false,
  alarm: () => undefined,
  tellAdmins: () => undefined,
  gap: () => undefined,
  listen: () => Promise.reject(new Error('nobody listens here')),
};

/** Files where none can be had. */
export const unread: Host['media']['open'] = () => Promise.reject(new Failure('service-unavailable'));

/** What a host has of the web where the operator has configured none of it: routes that nobody can reach, no files. */
export function webless(transport: string, connect: Host['connect']): Pick<Host, 'http' | 'media' | 'fetch'> {
  const site = openSite({ publicUrl: undefined, clock: systemClock, metrics: openMetrics() });
  const fetch = openFetch({ connect, refuse: refuseFetch });
  return {
    http: site.http(transport),
    media: {
      put: () => Promise.reject(new Failure('service-unavailable')),
      hold: () => Promise.reject(new Failure('service-unavailable')),
      lend() {
        throw new Failure('service-unavailable');
      },
      open: openDownloads({ fetch, log: openLog('silent'), each: 20, uploadHosts: [] }),
    },
    fetch,
  };
}
