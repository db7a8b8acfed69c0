import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { freePorts } from '#src/process/cli/demo/servers/ports.ts';

/** A link between two servers, from one of them to the other, that can be cut. Disposing of it ends it. */
export interface Relay extends AsyncDisposable {
  /** The port on 127.0.0.1 on which the one finds the other. */
  readonly port: number;
  /** How many connections it was asked for. */
  readonly opened: number;
  /** Where the other listens. */
  target: number;
  /** Ends what is open without a word; what is opened from now on gets no answer. */
  cut(): void;
  /** The same, and resolves once those at both ends have closed what was open, too. */
  close(): Promise<void>;
  /** Carries again what is opened from now on. */
  mend(): void;
  /** Nobody listens any more, as where a server has ended; or somebody does again. */
  refuse(): Promise<void>;
  listen(): Promise<void>;
}

/** A relay on a free port. `carried` hears what passes: from the one that connects, or from the other. */
export async function startRelay(carried?: (from: 'near' | 'far', text: string) => void): Promise<Relay> {
  const sockets = new Set<Socket>();
  let whole = true;
  let opened = 0;
  const follow = (socket: Socket, other: Socket | undefined): void => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      sockets.delete(socket);
      other?.destroy();
    });
  };
  const server = createServer((near) => {
    opened++;
    if (!whole) return follow(near, undefined);
    const far = connect(relay.target, '127.0.0.1');
    follow(near, far);
    follow(far, near);
    near.pipe(far).pipe(near);
    if (carried) near.on('data', (chunk: Buffer) => carried('near', chunk.toString()));
    if (carried) far.on('data', (chunk: Buffer) => carried('far', chunk.toString()));
  });
  const [port = 0] = await freePorts(1);
  const end = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  const relay: Relay = {
    port,
    get opened() {
      return opened;
    },
    target: 0,
    cut() {
      whole = false;
      end();
    },
    async close() {
      whole = false;
      const closing = [...sockets].map((socket) => once(socket, 'close'));
      // What nobody reads any more would never be seen to end.
      for (const socket of sockets) socket.unpipe().resume().end();
      await Promise.all(closing);
    },
    mend() {
      whole = true;
      end();
    },
    async listen() {
      if (server.listening) return;
      server.listen(port, '127.0.0.1');
      await once(server, 'listening');
    },
    async refuse() {
      end();
      if (!server.listening) return;
      server.close();
      await once(server, 'close');
    },
    [Symbol.asyncDispose]: () => relay.refuse(),
  };
  await relay.listen();
  return relay;
}
