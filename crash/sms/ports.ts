import { once } from 'node:events';
import { createServer } from 'node:net';
import { between, type Random } from '../random.ts';

/** Below the ports that systems give to connections of their own (RFC 6335 §6: dynamic ports begin at 49152, Linux's at 32768). */
const FROM = 12_000;
const TO = 30_000;

/** A port of the loopback that nobody has, and that nobody gets by chance while its owner is away. */
export async function quietPort(random: Random): Promise<number> {
  for (;;) {
    const port = between(random, FROM, TO);
    const server = createServer().listen(port, '127.0.0.1');
    const free = await Promise.race([
      once(server, 'listening').then(() => true),
      new Promise<false>((done) => server.once('error', () => done(false))),
    ]);
    if (!free) continue;
    server.close();
    await once(server, 'close');
    return port;
  }
}
