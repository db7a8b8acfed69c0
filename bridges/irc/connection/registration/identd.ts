// RFC 1413: Identification Protocol.

import type { Socket } from 'node:net';
import type { Endpoint, Host } from '#src/bridge.ts';

/** Bytes of a query. */
const QUERY = 200;
/** Milliseconds that a query waits for a connection that is just being made: servers ask before its TLS stands. */
const PATIENCE = 5_000;
/** Connections at a time: a network asks for each of ours. */
const MOST = 500;

/** Tells servers which of our users has a connection to them, and nobody else. */
export type Identd = {
  /** A connection is there, of the user of that name. */
  add(socket: Socket, username: string): void;
  close(): Promise<void>;
};

type IdentdHost = Pick<Host, 'listen' | 'clock'>;

/** Whose port is asked about by whom. IPv4 addresses may be written as IPv6. */
const keyOf = (ours: number | undefined, theirs: number | undefined, address = ''): string =>
  `${ours} ${theirs} ${address.replace(/^::ffff:/i, '')}`;

/** Listens for queries. Rejects where the address cannot be had. */
export async function openIdentd({ listen, clock }: IdentdHost, endpoint: Endpoint): Promise<Identd> {
  const names = new Map<string, string>();
  const waiting = new Map<string, Set<() => void>>();

  function answer(socket: Socket, ours: number, theirs: number): void {
    const key = keyOf(ours, theirs, socket.remoteAddress);
    const said = (): void => {
      const name = names.get(key);
      const what = name === undefined ? 'ERROR : NO-USER' : `USERID : UNIX : ${name}`;
      socket.end(`${ours} , ${theirs} : ${what}\r\n`);
    };
    if (names.has(key)) return said();
    const all = waiting.get(key) ?? new Set();
    waiting.set(key, all);
    const done = (): void => {
      cancel();
      all.delete(done);
      if (all.size === 0) waiting.delete(key);
      said();
    };
    const cancel = clock.after(PATIENCE, done);
    all.add(done);
    socket.once('close', () => {
      cancel();
      all.delete(done);
      if (all.size === 0) waiting.delete(key);
    });
  }

  function serve(socket: Socket): void {
    let text = '';
    socket.on('error', () => socket.destroy());
    socket.setEncoding('latin1').on('data', function read(chunk: string) {
      text += chunk;
      const end = text.indexOf('\n');
      if (end < 0 && text.length <= QUERY) return;
      socket.off('data', read);
      const [, ours, theirs] = /^\s*(\d{1,5})\s*,\s*(\d{1,5})\s*\r?$/.exec(text.slice(0, end)) ?? [];
      if (ours === undefined) socket.end('0 , 0 : ERROR : INVALID-PORT\r\n');
      else answer(socket, Number(ours), Number(theirs));
    });
  }

  const server = await listen({ most: MOST, perPeer: MOST, idle: 2 * PATIENCE, ...endpoint }, serve);
  return {
    add(socket, username) {
      const key = keyOf(socket.localPort, socket.remotePort, socket.remoteAddress);
      names.set(key, username);
      socket.once('close', () => names.delete(key));
      for (const done of [...(waiting.get(key) ?? [])]) done();
    },
    close: () => server.close(),
  };
}
