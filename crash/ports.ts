import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:net';

/** Below the ports that systems give to connections of their own (RFC 6335 §6: dynamic ports begin at 49152, Linux's at 32768). */
const FROM = 12_000;
const TO = 30_000;

/** A port of the loopback that is whoever's has it, also while nobody listens there. */
export type QuietPort = AsyncDisposable & { readonly port: number };

/**
 * A port that nobody has, and that neither chance nor another laboratory gives to somebody else while its owner is away: all
 * laboratories take an even one together with the odd one above it, and that is held until the end. The seed does not choose it:
 * two laboratories of one seed would have each other's messages.
 */
export async function quietPort(): Promise<QuietPort> {
  for (;;) {
    const port = 2 * randomInt(FROM / 2, TO / 2);
    const claim = await listening(port + 1);
    if (!claim) continue;
    const free = await listening(port);
    if (free) {
      await closed(free);
      return { port, [Symbol.asyncDispose]: () => closed(claim) };
    }
    await closed(claim);
  }
}

async function listening(port: number): Promise<Server | undefined> {
  const server = createServer().listen(port, '127.0.0.1');
  return await Promise.race([
    once(server, 'listening').then(() => server),
    new Promise<undefined>((done) => server.once('error', () => done(undefined))),
  ]).catch(() => undefined);
}

async function closed(server: Server): Promise<void> {
  server.close();
  await once(server, 'close');
}
