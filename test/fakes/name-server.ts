import { createSocket } from 'node:dgram';
import { once } from 'node:events';

/** A name server on 127.0.0.1 (RFC 1035 over UDP). Disposing of it ends it. */
export type NameServer = AsyncDisposable & { readonly port: number };

const SRV = 33;
const NAME_ERROR = 3;
const SERVICE = '_xmpp-server._tcp.';

/** Knows the port at which the XMPP server of each name is found on this machine (RFC 6120 §3.2.1), and nothing else. */
export async function startNameServer(ports: Readonly<Record<string, number>>): Promise<NameServer> {
  const socket = createSocket('udp4');
  socket.on('message', (query, { port, address }) => socket.send(answer(query, ports), port, address));
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return {
    port: socket.address().port,
    async [Symbol.asyncDispose]() {
      socket.close();
      await once(socket, 'close');
    },
  };
}

function answer(query: Buffer, ports: Readonly<Record<string, number>>): Buffer {
  const { name, end } = questionOf(query);
  const host = name.startsWith(SERVICE) ? name.slice(SERVICE.length) : '';
  const port = query.readUInt16BE(end) === SRV && Object.hasOwn(ports, host) ? ports[host] : undefined;
  const header = Buffer.alloc(12);
  query.copy(header, 0, 0, 2);
  // An answer with authority; the question stands in it once more.
  header.writeUInt16BE(0x8580 | (port === undefined ? NAME_ERROR : 0), 2);
  header.writeUInt16BE(1, 4);
  header.writeUInt16BE(port === undefined ? 0 : 1, 6);
  return Buffer.concat([header, query.subarray(12, end + 4), ...(port === undefined ? [] : [service(port)])]);
}

/** RFC 2782: the service is at that port of `localhost`. */
function service(port: number): Buffer {
  const target = Buffer.from('\x09localhost\0', 'latin1');
  const data = Buffer.from([0, 0, 0, 0, port >> 8, port & 255, ...target]);
  // RFC 1035 §4.1.4: the name of the question stands behind the header, at 12.
  return Buffer.concat([Buffer.from([0xc0, 12, 0, SRV, 0, 1, 0, 0, 0, 60, 0, data.length]), data]);
}

/** RFC 1035 §4.1.2: labels, each behind its length. */
function questionOf(query: Buffer): { readonly name: string; readonly end: number } {
  const labels: string[] = [];
  let at = 12;
  for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length));
    at += 1 + length;
  }
  return { name: labels.join('.').toLowerCase(), end: at + 1 };
}
