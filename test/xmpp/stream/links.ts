import type { Element } from 'ltx';
import { pino } from 'pino';
import { afterEach } from 'vitest';
import { type Link, type LinkOptions, openLink, type Phase, type Reason } from '#src/xmpp/stream/link.ts';
import { type FakeConnection, type FakeServer, startXmppServer } from '../../fakes/xmpp-server.ts';
import { type HandClock, handClock } from '../../hand-clock.ts';

export const DOMAIN = 'gw.example';
const log = pino({ level: 'silent' });

type Told = { phase: Phase; reason: Reason | undefined };

/** What is closed after each test, the last first. */
export const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** A fake server that is closed after the test. */
export async function serve(...options: Parameters<typeof startXmppServer>): Promise<FakeServer> {
  const server = await startXmppServer(...options);
  closing.push(() => server.close());
  return server;
}

/** Opens a link and keeps what it says. */
export function open(
  port: number,
  { clock = handClock(), ...more }: Partial<LinkOptions> & { clock?: HandClock } = {},
) {
  const stanzas: Element[] = [];
  const told: Told[] = [];
  const waiting: { phase: Phase; resolve(told: Told): void }[] = [];
  const link: Link = openLink({
    domain: DOMAIN,
    host: '127.0.0.1',
    port,
    secret: 's3cret',
    clock,
    random: () => 0,
    log,
    onStanza: (stanza) => stanzas.push(stanza),
    onState(phase, reason) {
      told.push({ phase, reason });
      for (const one of waiting.filter((other) => other.phase === phase)) one.resolve({ phase, reason });
    },
    ...more,
  });
  closing.push(() => {
    const done = link.close();
    // Nothing is left to be heard from servers that are gone: time is all that closing waits for.
    const push = setInterval(() => clock.advance(60_000), 20);
    return done.finally(() => clearInterval(push));
  });
  /** Resolves when the link enters a phase the next time. */
  const next = (phase: Phase) => new Promise<Told>((resolve) => waiting.push({ phase, resolve }));
  /** The server's end, once both ends know that the link is online. */
  const online = async (server: FakeServer): Promise<FakeConnection> => {
    const here = link.state() === 'online' ? undefined : next('online');
    const far = await server.connection(link.domain);
    await here;
    return far;
  };
  return { link, clock, stanzas, told, next, online };
}
