import { createSocket } from 'node:dgram';
import { once } from 'node:events';

/** A name server on 127.0.0.1 (RFC 1035 over UDP). Disposing of it ends it. */
export type NameServer = AsyncDisposable & { readonly port: number };

const SRV = 33;
const NAME_ERROR = 3;
const SERVICE = '_xmpp-server._tcp.';

/** Where something is (RFC 2782), by the whole name that is asked for, such as `_imaps._tcp.example.com`. */
export type Services = Readonly<Record<string, { readonly host: string; readonly port: number }>>;

/**
 * Knows the port at which the XMPP server of each name is found on this machine (RFC 6120 §3.2.1), and other services, and nothing else.
 */
export async function startNameServer(
  ports: Readonly<Record<string, number>>,
  services: Services = {},
): Promise<NameServer> {
  const xmpp = Object.entries(ports).map(([name, port]) => [`${SERVICE}${name}`, { host: 'localhost', port }] as const);
  const known: Services = { ...services, ...Object.fromEntries(xmpp) };
  const socket = createSocket('udp4');
  socket.on('message', (query, { port, address }) => socket.send(answer(query, known), port, address));
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

function answer(query: Buffer, services: Services): Buffer {
  const { name, end } = questionOf(query);
  const found = query.readUInt16BE(end) === SRV && Object.hasOwn(services, name) ? services[name] : undefined;
  const header = Buffer.alloc(12);
  query.copy(header, 0, 0, 2);
  // An answer with authority; the question stands in it once more.
  header.writeUInt16BE(0x8580 | (found ? 0 : NAME_ERROR), 2);
  header.writeUInt16BE(1, 4);
  header.writeUInt16BE(found ? 1 : 0, 6);
  return Buffer.concat([header, query.subarray(12, end + 4), ...(found ? [service(found)] : [])]);
}

/** RFC 2782: the service is at that port of that host; a lone dot says that there is none. */
function service({ host, port }: Services[string]): Buffer {
  const labels = host === '.' ? [] : host.split('.');
  const target = Buffer.concat([
    ...labels.map((one) => Buffer.from([one.length, ...Buffer.from(one)])),
    Buffer.from([0]),
  ]);
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
