import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';

export type Listening = { readonly port: number; close(): Promise<void> };

/** Listens on a free port of the loopback. `close` breaks every connection. */
export async function listen(accept: (socket: Socket) => void): Promise<Listening> {
  const sockets = new Set<Socket>();
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    // A reset by a target that was ended is no news.
    socket.on('error', () => socket.destroy());
    accept(socket);
  });
  server.listen({ port: 0, host: '127.0.0.1', backlog: 8192 });
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((done) => void server.close(() => done()));
    },
  };
}
