import type { Hono } from 'hono';
import type { Log } from '#src/lib/log.ts';
import { openApp } from './app.ts';
import { healthPages, type Readiness } from './health.ts';
import type { Site } from './site.ts';

/** What the public listener serves. */
export function publicPages(parts: { readonly log: Log; readonly site: Site; readiness(): Readiness }): Hono {
  const app = openApp(parts.log);
  healthPages(app, parts.readiness);
  app.all('/hooks/*', (c) => parts.site.hook(c.req.raw));
  app.all('/media/*', (c) => parts.site.media(c.req.raw));
  return app;
}
