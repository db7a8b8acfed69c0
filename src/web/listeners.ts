import type { Server } from 'node:http';
import { createAdaptorServer } from '@hono/node-server';
import type { Hono } from 'hono';
import type { Log } from '#src/lib/log.ts';
import type { Metrics } from '#src/lib/metrics/metrics.ts';
import type { Sealed } from '#src/model/sealed.ts';
import { adminPages } from './admin.ts';
import type { Readiness } from './health.ts';
import { listening } from './listening.ts';
import { publicPages } from './public.ts';
import type { Site } from './site.ts';

export type { Readiness } from './health.ts';
export { ListenFailure } from './listen-failure.ts';
export { openSite, type Site } from './site.ts';

type Address = { readonly host: string; readonly port: number };

export type WebParts = {
  readonly http: { readonly listen: Address } | undefined;
  readonly admin: { readonly listen: Address; readonly token?: Sealed | undefined } | undefined;
  /** What the public listener serves beside the health pages. */
  readonly site: Site;
  readonly registry: Metrics['registry'];
  readonly log: Log;
  /** Asked at each request to /readyz. */
  readiness(): Readiness;
};

export type Web = AsyncDisposable & {
  /** Where each listener waits, as host:port. */
  readonly addresses: Readonly<Record<string, string>>;
};

/** How long requests that are being answered may take when the gateway stops. */
const GRACE = 1000;
const MOST_CONNECTIONS = 1000;

/** Opens the configured listeners. Rejects with a `ListenFailure` where an address cannot be had. */
export async function startWeb(parts: WebParts): Promise<Web> {
  await using open = new AsyncDisposableStack();
  const addresses: Record<string, string> = {};
  if (parts.http) addresses.http = await listen('http', publicPages(parts), parts.http.listen, open);
  if (parts.admin)
    addresses.admin = await listen('admin', adminPages(parts, parts.admin.token), parts.admin.listen, open);
  const lasting = open.move();
  return { addresses, [Symbol.asyncDispose]: () => lasting.disposeAsync() };
}

async function listen(name: string, app: Hono, at: Address, open: AsyncDisposableStack): Promise<string> {
  const server = createAdaptorServer({
    fetch: app.fetch,
    overrideGlobalObjects: false,
    serverOptions: { requestTimeout: 30_000, headersTimeout: 10_000 },
  }) as Server;
  server.maxConnections = MOST_CONNECTIONS;
  const where = await listening(server, at, `${name}.listen`);
  open.defer(() => close(server));
  return where.family === 'IPv6' ? `[${where.address}]:${where.port}` : `${where.address}:${where.port}`;
}

/** Takes no more requests, lets the current ones end, and cuts what has not ended in time. */
async function close(server: Server): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  server.close(() => resolve());
  const timer = setTimeout(() => server.closeAllConnections(), GRACE);
  await promise;
  clearTimeout(timer);
}
