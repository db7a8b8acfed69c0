import type { XmppSide } from '#src/core/index.ts';
import type { Rooms } from '#src/core/rooms/rooms.ts';
import type { Untold } from '#src/core/rooms/untold.ts';
import type { Clock } from '#src/lib/time/clock.ts';
import { domainOf } from '#src/model/ids.ts';
import { type Place, placeKey, placeTransport } from '#src/model/place.ts';
import type { People } from './people.ts';

export type UnheardParts = {
  readonly rooms: Pick<Rooms, 'outOf' | 'tellOut'>;
  readonly people: Pick<People, 'probed'>;
  readonly xmpp: Pick<XmppSide, 'answers'>;
  readonly clock: Pick<Clock, 'after'>;
};

/** What users have not heard, for their server could not be reached. */
export type Unheard = {
  /**
   * Something that a client was told of a room, or a user of a contact, has come back. Once the server answers, a client that
   * is out of the room is told so, and the user sees how the contact is.
   */
  bounced(place: Place, jid: string): void;
  /** Asks no server any more. */
  stop(): void;
};

/** Of a room its client's going, of a contact who asks for it. */
type News = { readonly place: Place; readonly news: Untold | string };
type Server = { readonly left: Map<string, News>; tries: number; cancel(): void };

/** Ms between two questions to a server: the first of them, and the longest. */
const [FIRST, LONGEST] = [5000, 300_000];
/** After so many, which is a day, it is given up. */
const TRIES = 300;
/** Ms after which what comes back of a server that had answered is about another fault. */
const CALM = 60_000;
/** News that are remembered for one server, and servers. */
const [MOST, SERVERS] = [10_000, 1000];

/** Asks each of these servers from time to time whether it is there. */
export function openUnheard({ rooms, people, xmpp, clock }: UnheardParts): Unheard {
  const servers = new Map<string, Server>();

  const tell = ({ place, news }: News): void =>
    typeof news === 'string' ? people.probed(place, news) : rooms.tellOut(place, news);

  function askLater(domain: string, server: Server, transport: string): void {
    server.cancel = clock.after(Math.min(FIRST * 2 ** server.tries, LONGEST), () => {
      void xmpp.answers(transport, domain).then((there) => {
        if (servers.get(domain) !== server) return;
        server.tries++;
        if (!there && server.tries < TRIES) return askLater(domain, server, transport);
        const left = [...server.left.values()];
        server.left.clear();
        server.cancel = clock.after(CALM, () => void servers.delete(domain));
        if (there) for (const one of left) tell(one);
      });
    });
  }

  return {
    bounced(place, jid) {
      const news = place.kind === 'contact' || place.kind === 'realm' ? jid : rooms.outOf(place, jid);
      if (!news) return;
      const domain = domainOf(jid);
      const known = servers.get(domain);
      if (known ? known.left.size >= MOST : servers.size >= SERVERS) return;
      const server = known ?? { left: new Map(), tries: 0, cancel: () => undefined };
      servers.set(domain, server);
      if (server.left.size === 0) {
        server.cancel();
        askLater(domain, server, placeTransport(place));
      }
      server.left.set(`${placeKey(place)} ${jid}`, { place, news });
    },
    stop() {
      for (const { cancel } of servers.values()) cancel();
      servers.clear();
    },
  };
}
