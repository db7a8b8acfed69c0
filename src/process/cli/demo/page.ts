import type { AddressInfo } from 'node:net';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type ServerType, serve } from '@hono/node-server';
import { serveStatic } from '@hono/node-server/serve-static';
import { Hono } from 'hono';
import { serveBrowserFile } from './event-stream.ts';
import type { DemoMailbox } from './mail/mailbox.ts';
import { mailboxRoutes } from './mail/routes.ts';
import type { DemoMailServer } from './mail/server.ts';
import { type DemoMatrixRoom, matrixRoutes } from './matrix-room.ts';
import { type PageFacts, renderPage } from './page-html.ts';
import { type Phone, phoneRoutes } from './phone.ts';

/** The page of the demo on a port of 127.0.0.1. */
export interface DemoPage extends AsyncDisposable {
  readonly url: string;
}

/** What stands beside the chat, as far as there is any. */
export interface PageDevices {
  readonly phone?: Phone;
  readonly mail?: { readonly mailbox: DemoMailbox; readonly server: DemoMailServer };
  readonly matrix?: DemoMatrixRoom | undefined;
}

/**
 * Serves the page with Converse.js, and with its phone, mailbox and room on Matrix if there are any, on 127.0.0.1, on `port` or the next
 * free one. Throws when Converse.js is missing.
 */
export async function servePage(port: number, facts: PageFacts, devices: PageDevices = {}): Promise<DemoPage> {
  const app = new Hono();
  app.get('/', (c) => c.html(renderPage(facts)));
  const { phone, mail, matrix } = devices;
  for (const name of ['devices.js', 'devices.css']) app.get(`/devices/${name}`, (c) => serveBrowserFile(c, name));
  if (phone) app.route('/phone', phoneRoutes(phone));
  if (mail) app.route('/mailbox', mailboxRoutes(mail.mailbox, mail.server));
  if (matrix) app.route('/matrix', matrixRoutes(matrix));
  app.use(
    '/converse/*',
    serveStatic({ root: converseFolder(), rewriteRequestPath: (path) => path.slice('/converse'.length) }),
  );
  const server = await listen(app, port);
  const { port: bound } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${bound}/`,
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        if ('closeAllConnections' in server) server.closeAllConnections();
      }),
  };
}

function converseFolder(): string {
  return dirname(fileURLToPath(import.meta.resolve('converse.js')));
}

async function listen(app: Hono, first: number): Promise<ServerType> {
  for (let port = first; ; port++) {
    try {
      return await listenOn(app, port);
    } catch (error) {
      const taken = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
      if (!taken || port >= first + 100) throw error;
    }
  }
}

function listenOn(app: Hono, port: number): Promise<ServerType> {
  return new Promise((resolve, reject) => {
    const server = serve({ fetch: app.fetch, hostname: '127.0.0.1', port }, () => resolve(server));
    server.once('error', reject);
  });
}
