import type { Log } from '#src/lib/log.ts';
import type { Clock } from '#src/lib/time/clock.ts';
import { splitJid } from '#src/xmpp/stanza/jid.ts';

/** Servers that have left a request of ours unanswered: they are not asked again for a while. */
export type SilentServers = {
  /** Whether it is known that nobody would answer. */
  silent(to: string): boolean;
  /** A request has not been answered in time. */
  unanswered(to: string): void;
  /** An answer came. */
  answered(from: string): void;
};

/** How long a server is not asked again, in ms. */
const PAUSE = 10 * 60_000;
const MOST_REMEMBERED = 10_000;

const HINT =
  'the XMPP server answers no IQs of components, so what depends on them is left out. ejabberd 24.12 drops them while ' +
  'mod_privilege is loaded: a later release mends it';

/**
 * Remembers by server. A request to a full JID says nothing about a server: that is answered by a client, or not.
 */
export function openSilentServers(clock: Clock, log: Log): SilentServers {
  const until = new Map<string, number>();
  const told = new Set<string>();
  /** The server that has to answer for an address itself. */
  const serverOf = (jid: string): string | undefined => {
    const { domain, resource } = splitJid(jid);
    return resource === '' ? domain : undefined;
  };
  return {
    silent(to) {
      const server = serverOf(to);
      const end = server === undefined ? undefined : until.get(server);
      return end !== undefined && clock.now() < end;
    },
    unanswered(to) {
      const server = serverOf(to);
      if (server === undefined) return;
      if (until.size >= MOST_REMEMBERED) until.clear();
      until.set(server, clock.now() + PAUSE);
      if (told.has(server) || told.size >= MOST_REMEMBERED) return;
      told.add(server);
      log.warn({ server }, HINT);
    },
    answered(from) {
      const server = serverOf(from);
      if (server !== undefined) until.delete(server);
    },
  };
}
