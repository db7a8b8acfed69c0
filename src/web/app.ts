import { randomUUID } from 'node:crypto';
import { Hono } from 'hono';
import type { Log } from '#src/lib/log.ts';

/** SECURITY rule 8: nothing that we serve is to be guessed at, framed, run, followed, indexed or kept. */
const HEADERS: Readonly<Record<string, string>> = {
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'X-Robots-Tag': 'noindex',
  'Cache-Control': 'no-store',
};

/** Pages that show something bring one of their own. */
const POLICY = "default-src 'none'; frame-ancestors 'none'; sandbox";

/** A listener without pages: security headers, a plain 404, and a 500 that names the bug in the log. */
export function openApp(log: Log): Hono {
  const app = new Hono();
  app.use(async (c, next) => {
    await next();
    for (const [name, value] of Object.entries(HEADERS)) c.header(name, value);
    if (!c.res.headers.has('Content-Security-Policy')) c.header('Content-Security-Policy', POLICY);
  });
  app.notFound((c) => c.text('not found\n', 404));
  app.onError((err, c) => {
    const bug = randomUUID().slice(0, 8);
    log.error({ err, bug, path: c.req.path }, 'a bug: a web request has failed');
    return c.text(`internal error ${bug}\n`, 500);
  });
  return app;
}
