import type { XmppSide } from '#src/core/index.ts';
import type { Clock } from '#src/lib/clock.ts';
import { domainOf } from '#src/model/ids.ts';
import { type Place, placeKey, placeTransport } from '#src/model/place.ts';
import type { Rooms } from './rooms.ts';
import type { Untold } from './untold.ts';

export type UnheardParts = {
  readonly rooms: Pick<Rooms, 'outOf' | 'tellOut'>;
  readonly xmpp: Pick<XmppSide, 'answers'>;
  readonly clock: Pick<Clock, 'after'>;
};

/** Clients that have not heard that they are out of a room, for their server could not be reached. */
export type Unheard = {
  /** Something that a client was told of a room has come back. Where it is out, it is told so once its server answers. */
  bounced(place: Place, jid: string): void;
  /** Asks no server any more. */
  stop(): void;
};

type Server = { readonly left: Map<string, readonly [Place, Untold]>; tries: number; cancel(): void };

/** Ms between two questions to a server: the first of them, and the longest. */
const [FIRST, LONGEST] = [5000, 300_000];
/** After so many, which is a day, it is given up. */
const TRIES = 300;
/** Ms after which what comes back of a server that had answered is about another fault. */
const CALM = 60_000;
/** Clients that are remembered of one server, and servers. */
const MOST = 1000;

/** Asks each of these servers from time to time whether it is there. */
export function openUnheard({ rooms, xmpp, clock }: UnheardParts): Unheard {
  const servers = new Map<string, Server>();

  function askLater(domain: string, server: Server, transport: string): void {
    server.cancel = clock.after(Math.min(FIRST * 2 ** server.tries, LONGEST), () => {
      void xmpp.answers(transport, domain).then((there) => {
        if (servers.get(domain) !== server) return;
        server.tries++;
        if (!there && server.tries < TRIES) return askLater(domain, server, transport);
        const left = [...server.left.values()];
        server.left.clear();
        server.cancel = clock.after(CALM, () => void servers.delete(domain));
        if (there) for (const [place, untold] of left) rooms.tellOut(place, untold);
      });
    });
  }

  return {
    bounced(place, jid) {
      const untold = rooms.outOf(place, jid);
      if (!untold) return;
      const domain = domainOf(jid);
      const known = servers.get(domain);
      if (known ? known.left.size >= MOST : servers.size >= MOST) return;
      const server = known ?? { left: new Map(), tries: 0, cancel: () => undefined };
      servers.set(domain, server);
      if (server.left.size === 0) {
        server.cancel();
        askLater(domain, server, placeTransport(place));
      }
      server.left.set(`${placeKey(place)} ${jid}`, [place, untold]);
    },
    stop() {
      for (const { cancel } of servers.values()) cancel();
      servers.clear();
    },
  };
}
