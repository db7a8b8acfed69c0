import { createServer, type Server, type Socket } from 'node:net';
import type { Endpoint, Host } from '#src/bridge.ts';
import type { Log } from '#src/lib/log.ts';
import type { Metrics } from '#src/lib/metrics/metrics.ts';
import type { Clock } from '#src/lib/time/clock.ts';
import { listening } from './listening.ts';

/** The TCP listeners of all bridges. */
export type Sockets = {
  listenFor(transport: string): Host['listen'];
  /** From now on connections are handed on; those that came before wait. */
  open(): void;
  /** Takes no more connections. Those that are there go on. */
  refuse(): void;
  /** Cuts what the bridges have left open. Resolves when every port is free. */
  close(): Promise<void>;
};

type SocketParts = { readonly clock: Pick<Clock, 'after'>; readonly log: Log; readonly metrics: Metrics };

/** Connections that a listener has at a time, those of one address among them, and how long one may say nothing (ms). */
const MOST = 1000;
const MOST_OF_PEER = 20;
const IDLE = 300_000;
/** How long connections may take to end by themselves when the gateway stops, in milliseconds. */
const GRACE = 1000;

type Listener = {
  readonly transport: string;
  readonly endpoint: Endpoint;
  readonly server: Server;
  readonly sockets: Set<Socket>;
};

/** No listeners. What a bridge does with a socket is its own affair: here are only the limits of every edge. */
export function openSockets({ clock, log, metrics }: SocketParts): Sockets {
  const listeners = new Set<Listener>();
  const early: (() => void)[] = [];
  let state: 'starting' | 'open' | 'closed' = 'starting';

  function count(transport: string): void {
    const own = [...listeners].filter((one) => one.transport === transport);
    const open = own.reduce((sum, { sockets }) => sum + sockets.size, 0);
    metrics.gauge('isthmus_connections', open, { transport });
  }

  function isFull({ endpoint, sockets }: Listener, peer: string | undefined): boolean {
    const { most = MOST, perPeer = MOST_OF_PEER } = endpoint;
    return sockets.size >= most || [...sockets].filter((one) => one.remoteAddress === peer).length >= perPeer;
  }

  function take(one: Listener, socket: Socket, onSocket: (socket: Socket) => void): void {
    const { transport, endpoint, sockets } = one;
    socket.on('error', () => socket.destroy());
    const outcome = state === 'closed' || isFull(one, socket.remoteAddress) ? 'refused' : 'taken';
    metrics.count('isthmus_connections_total', { transport, outcome });
    if (outcome === 'refused') return void socket.destroy();
    sockets.add(socket);
    count(transport);
    socket.on('close', () => {
      sockets.delete(socket);
      count(transport);
    });
    socket.setTimeout(endpoint.idle ?? IDLE, () => socket.destroy());
    if (state === 'open') return hand(socket, onSocket);
    socket.pause();
    early.push(() => {
      hand(socket, onSocket);
      socket.resume();
    });
  }

  function hand(socket: Socket, onSocket: (socket: Socket) => void): void {
    try {
      onSocket(socket);
    } catch (err) {
      log.error({ err }, 'a bridge failed at a connection');
      socket.destroy();
    }
  }

  function cut({ sockets }: Listener): void {
    for (const socket of sockets) socket.destroy();
  }

  async function end(one: Listener): Promise<void> {
    listeners.delete(one);
    const closed = Promise.withResolvers<void>();
    one.server.close(() => closed.resolve());
    const cancel = clock.after(GRACE, () => cut(one));
    await closed.promise;
    cancel();
  }

  return {
    listenFor: (transport) => async (endpoint, onSocket) => {
      const one: Listener = { transport, endpoint, server: createServer(), sockets: new Set() };
      one.server.on('connection', (socket) => take(one, socket, onSocket));
      const { port } = await listening(one.server, endpoint, transport);
      listeners.add(one);
      return { port, close: () => end(one) };
    },
    open() {
      state = 'open';
      for (const hand of early.splice(0)) hand();
    },
    refuse() {
      state = 'closed';
    },
    async close() {
      state = 'closed';
      for (const { sockets } of listeners) for (const socket of sockets) socket.destroySoon();
      await Promise.all([...listeners].map(end));
    },
  };
}
