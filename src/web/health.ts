import type { Hono } from 'hono';

/** Whether every transport can be used, and how each one fares. */
export type Readiness = { readonly ready: boolean; readonly transports: Readonly<Record<string, string>> };

/**
 * /healthz answers 200 while the main loop turns; /readyz 200 only while every transport's XMPP server has accepted
 * it, else 503. Both are for machines that watch over the gateway.
 */
export function healthPages(app: Hono, readiness: () => Readiness): void {
  app.get('/healthz', (c) => c.json({ status: 'ok' }));
  app.get('/readyz', (c) => {
    const { ready, transports } = readiness();
    return c.json({ ready, transports }, ready ? 200 : 503);
  });
}
