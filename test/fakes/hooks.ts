import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Http, Serve } from '#src/bridge.ts';
import { openRoutes } from '#src/web/routes.ts';

/** A public listener on a free port, for bridges that are tested without the gateway around them. */
export type Hooks = AsyncDisposable & {
  /** Routes of one transport. `base` is what the operator has configured as the public address, if not the real one. */
  open(base?: string): Http & { readonly real: (path: string) => string };
};

type Served = { readonly maxBytes: number; readonly serve: Serve };

export async function hooksServer(): Promise<Hooks> {
  const routes = openRoutes<string>();
  /** By method and path: a bridge that is opened again takes over what it served before. */
  const served = new Map<string, Served>();
  const server = createServer((request, response) => {
    void answer(request, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  let count = 0;

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', origin);
    const { methods, params = {} } = routes.find(url.pathname) ?? {};
    const route = served.get(methods?.get(request.method ?? 'GET') ?? '');
    const body = route && (await bodyOf(request, route.maxBytes));
    if (!route || body === undefined) return void response.writeHead(route ? 413 : 404).end();
    const headers = Object.entries(request.headersDistinct).flatMap(([name, values = []]) =>
      values.map((value): [string, string] => [name, value]),
    );
    try {
      const found = await route.serve(
        new Request(url, { method: request.method ?? 'GET', headers, ...(body.length > 0 && { body }) }),
        params,
      );
      response.writeHead(found.status, Object.fromEntries(found.headers)).end(await found.text());
    } catch (error) {
      response.writeHead(500).end(String(error));
    }
  }

  return {
    open(base = origin) {
      const prefix = `/hooks/${++count}`;
      return {
        route({ method, path, maxBytes }, serve) {
          const key = `${method} ${prefix}${path}`;
          if (!served.has(key)) routes.add({ method, path: prefix + path }, key);
          served.set(key, { maxBytes, serve });
        },
        url: (path) => base + prefix + path,
        real: (path) => origin + prefix + path,
      };
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

async function bodyOf(request: IncomingMessage, maxBytes: number): Promise<Buffer<ArrayBuffer> | undefined> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    size += part.length;
    // Read to its end, so that whoever sends it gets to read the answer.
    if (size <= maxBytes) parts.push(part);
  }
  return size > maxBytes ? undefined : Buffer.concat(parts);
}
