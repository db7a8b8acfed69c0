import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * Where users of an XMPP server have put files, on a free port: `/100/rose.png` has 100 bytes and the type of its ending,
 * `/status/503/rose.png` is answered with that status, `/silent/100/rose.png` without a length.
 */
export type UploadServer = AsyncDisposable & { readonly host: string };

const TYPES: Readonly<Record<string, string>> = {
  png: 'image/png',
  txt: 'text/plain; charset=utf-8',
  html: 'text/html',
  ogg: 'audio/ogg',
};

/** The bytes of a file of that size: each is its own place in it. */
export const fileOfSize = (size: number): Buffer => Buffer.from(Uint8Array.from({ length: size }, (_, n) => n % 256));

export async function uploadServer(): Promise<UploadServer> {
  const server = createServer(({ url = '/' }, response) => {
    const [, status, silent, size = '0', ending = ''] =
      /^(?:\/status\/(\d+))?(\/silent)?(?:\/(\d+))?\/[^/]*?\.(\w+)$/.exec(url) ?? [];
    if (status !== undefined) return void response.writeHead(Number(status)).end('a page');
    const file = fileOfSize(Number(size));
    const length = silent ? {} : { 'Content-Length': file.length };
    response.writeHead(200, { 'Content-Type': TYPES[ending] ?? 'application/octet-stream', ...length }).end(file);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
