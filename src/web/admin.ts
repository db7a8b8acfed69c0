import { createHash, timingSafeEqual } from 'node:crypto';
import type { Hono } from 'hono';
import type { Log } from '#src/lib/log.ts';
import type { Metrics } from '#src/lib/metrics/metrics.ts';
import type { Sealed } from '#src/model/sealed.ts';
import { openApp } from './app.ts';
import { healthPages, type Readiness } from './health.ts';

type AdminParts = { readonly log: Log; readonly registry: Metrics['registry']; readiness(): Readiness };

/** What the operator's listener serves. With a token, everything but the health pages asks for it. */
export function adminPages(parts: AdminParts, token: Sealed | undefined): Hono {
  const app = openApp(parts.log);
  healthPages(app, parts.readiness);
  app.get('/metrics', async (c) => {
    if (token && !carries(c.req.header('Authorization'), token)) {
      // RFC 6750 §3: the scheme that would be accepted.
      return c.text('a token is needed\n', 401, { 'WWW-Authenticate': 'Bearer realm="isthmus"' });
    }
    return c.body(await parts.registry.metrics(), 200, { 'Content-Type': parts.registry.contentType });
  });
  return app;
}

/** RFC 6750 §2.1. Takes the same time whatever the header holds: digests are of one length. */
function carries(header: string | undefined, token: Sealed): boolean {
  const given = /^Bearer +(.+?) *$/i.exec(header ?? '')?.[1] ?? '';
  return timingSafeEqual(digest(given), digest(token.open()));
}

function digest(text: string): Uint8Array {
  return createHash('sha256').update(text).digest();
}
