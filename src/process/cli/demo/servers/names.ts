import { createSocket } from 'node:dgram';
import { once } from 'node:events';

/** A name server on 127.0.0.1 (RFC 1035 over UDP) that knows no name: who asks it asks nobody on the Internet. */
export interface EmptyNameServer extends AsyncDisposable {
  readonly port: number;
}

// RFC 1035 §4.1.1: an answer with authority, recursion available, and that there is no such name.
const NO_SUCH_NAME = 0x8583;
const HEADER = 12;

export async function startEmptyNameServer(): Promise<EmptyNameServer> {
  const socket = createSocket('udp4');
  socket.on('message', (query, { port, address }) => socket.send(answerTo(query), port, address));
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

function answerTo(query: Buffer): Buffer {
  const header = Buffer.alloc(HEADER);
  query.copy(header, 0, 0, 2);
  header.writeUInt16BE(NO_SUCH_NAME, 2);
  header.writeUInt16BE(1, 4);
  return Buffer.concat([header, query.subarray(HEADER, endOfQuestion(query))]);
}

/** RFC 1035 §4.1.2: labels, each behind its length, an empty one, and the type and class. */
function endOfQuestion(query: Buffer): number {
  let at = HEADER;
  for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) at += 1 + length;
  return at + 5;
}
