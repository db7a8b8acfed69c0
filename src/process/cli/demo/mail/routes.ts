import { Hono } from 'hono';
import { z } from 'zod';
import { postedJson, serveBrowserFile, streamList } from '../event-stream.ts';
import type { DemoMailbox } from './mailbox.ts';
import type { DemoMailServer } from './server.ts';

const MOST_BYTES = 2_000_000;

const written = z.strictObject({
  to: z.string(),
  text: z.string().trim().min(1).max(10_000),
  file: z
    .strictObject({
      name: z.string().min(1).max(200),
      type: z
        .string()
        .regex(/^[\w.+-]+\/[\w.+-]+$/)
        .catch('application/octet-stream'),
      base64: z.base64().max(MOST_BYTES),
    })
    .optional(),
});

/** What the page's mailbox asks for: its two files, `mails` as a stream of events, their files, and a POST of an answer. */
export function mailboxRoutes(mailbox: DemoMailbox, server: DemoMailServer): Hono {
  const app = new Hono();
  for (const name of ['mailbox.js', 'mailbox.css']) app.get(`/${name}`, (c) => serveBrowserFile(c, name));
  app.get('/mails', (c) => streamList(c, mailbox));
  app.get('/mails/:mail/files/:index', (c) => {
    const found = mailbox.file(c.req.param('mail'), Number(c.req.param('index')));
    if (!found) return c.notFound();
    // Whatever a mail brings is saved and never shown as a page of ours.
    return c.body(Uint8Array.from(found.bytes), 200, {
      'content-type': 'application/octet-stream',
      'content-disposition': `attachment; filename*=UTF-8''${encodeURIComponent(found.name)}`,
      'x-content-type-options': 'nosniff',
    });
  });
  app.post('/replies', async (c) => {
    const { success, data } = written.safeParse(await postedJson(c));
    if (!success) return c.body(null, 400);
    const { file, ...answer } = data;
    const attached = file && { name: file.name, type: file.type, bytes: Buffer.from(file.base64, 'base64') };
    const refused = await mailbox.reply({ ...answer, file: attached }, server).then(
      () => undefined,
      (error: Error) => error.message,
    );
    return refused === undefined ? c.body(null, 204) : c.text(refused, 502);
  });
  return app;
}
