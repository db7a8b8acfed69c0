import type { Server } from 'node:http';
import { createAdaptorServer } from '@hono/node-server';
import type { Hono } from 'hono';
import type { Log } from '#src/lib/log.ts';
import type { Metrics } from '#src/lib/metrics.ts';
import type { Sealed } from '#src/model/sealed.ts';
import { adminPages } from './admin.ts';
import type { Readiness } from './health.ts';
import { ListenFailure } from './listen-failure.ts';
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
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', (error) => reject(new ListenFailure(trouble(name, at, error), { cause: error })));
  server.listen(at.port, at.host, resolve);
  await promise;
  open.defer(() => close(server));
  return render(server);
}

function trouble(name: string, at: Address, error: NodeJS.ErrnoException): string {
  const words: Readonly<Record<string, string>> = {
    EADDRINUSE: 'another program uses the port',
    EACCES: 'this user may not use the port',
    EADDRNOTAVAIL: 'this machine does not have the address',
    ENOTFOUND: 'there is no such host',
  };
  return `cannot listen on ${at.host}:${at.port} (${name}.listen): ${words[error.code ?? ''] ?? error.message}`;
}

function render(server: Server): string {
  const at = server.address();
  if (at === null || typeof at === 'string') throw new Error('a TCP listener has no address');
  return at.family === 'IPv6' ? `[${at.address}]:${at.port}` : `${at.address}:${at.port}`;
}

/** Takes no more requests, lets the current ones end, and cuts what has not ended in time. */
async function close(server: Server): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  server.close(() => resolve());
  const timer = setTimeout(() => server.closeAllConnections(), GRACE);
  await promise;
  clearTimeout(timer);
}
