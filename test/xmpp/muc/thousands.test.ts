import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { expect, it } from 'vitest';
import type { Event } from '#src/model/event.ts';
import type { EventId } from '#src/model/ids.ts';
import type { Occupant } from '#src/model/party.ts';
import { encode } from '#src/xmpp/stanza/encode.ts';
import { createWriter } from '#src/xmpp/stream/writer.ts';
import { addresses, GATEWAY, ROMEO_X, VERONA } from '../invented.ts';

it('five thousand who are there are written in one go at the end of the turn', async () => {
  const server = createServer((peer) => peer.resume()).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const socket = connect(typeof address === 'object' && address ? address.port : 0, '127.0.0.1');
  await once(socket, 'connect');
  let writes = 0;
  const write = socket.write.bind(socket) as (...given: unknown[]) => boolean;
  Object.assign(socket, {
    write(...given: unknown[]) {
      writes++;
      return write(...given);
    },
  });
  const writer = createWriter({ domain: GATEWAY });
  writer.attach(socket);
  const list = Array.from({ length: 5000 }, (_, at): Occupant => {
    return { id: `p${at}`, nick: `P${at}`, affiliation: 'none', role: 'participant' };
  });
  const event: Event = {
    ...{ id: 'e1' as EventId, at: 0, live: true, place: VERONA, from: { kind: 'network', id: '' } },
    ...{ kind: 'occupants', list },
  };
  for (const { name, from, to, children } of encode(event, [{ jid: ROMEO_X, nick: 'Romeo' }], addresses) ?? [])
    writer.stanza(name, { from, to: to[0] ?? '' }, ...children);
  expect(writes).toBe(0);
  await new Promise(setImmediate);
  expect(writes).toBe(1);
  socket.destroy();
  server.close();
});
