import type { Hono } from 'hono';
import type { Log } from '#src/lib/log.ts';
import { openApp } from './app.ts';
import { healthPages, type Readiness } from './health.ts';

/** What the public listener serves. */
export function publicPages(parts: { readonly log: Log; readiness(): Readiness }): Hono {
  const app = openApp(parts.log);
  healthPages(app, parts.readiness);
  return app;
}
