import type { Recipient } from '#src/core/index.ts';
import { Ring } from '#src/lib/ring.ts';
import type { Clock } from '#src/lib/time/clock.ts';
import type { EventBody, OccupantChange } from '#src/model/event.ts';
import type { Occupant } from '#src/model/party.ts';
import { type Place, placeKey, placeTransport } from '#src/model/place.ts';

/** Somebody of whom clients may not have heard: who it was, when that was told, and which clients were to go themselves. */
export type Untold = { readonly who: Occupant; readonly at: number; readonly out: readonly Recipient[] };

/** What was told of occupants of late. A link that ends may have kept it from whom it was for. */
export type RecentChanges = {
  told(place: Place, body: EventBody, to: readonly Recipient[]): void;
  /** Takes what was told on a transport since then (ms since 1970), by place. */
  take(transport: string, since: number): readonly { readonly place: Place; readonly changes: readonly Untold[] }[];
  /** The last going of a client itself from a place, told to that client alone. */
  outOf(place: Place, jid: string): Untold | undefined;
};

/** Ms for which a link may seem to be there and carry nothing: half-open ones are found after 45 s. */
const WINDOW = 60_000;
/** Changes that are remembered, on each transport. */
const MOST = 2000;

type Change = Untold & { readonly place: Place };

/** Remembers the newest changes: each occupant is told of once. */
export function openRecentChanges(clock: Pick<Clock, 'now'>): RecentChanges {
  const transports = new Map<string, Ring<Change>>();

  function note(place: Place, who: Occupant, out: readonly Recipient[]): void {
    const transport = placeTransport(place);
    const changes = transports.get(transport) ?? new Ring(MOST);
    transports.set(transport, changes);
    changes.add({ place, who, at: clock.now(), out });
  }

  return {
    outOf(place, jid) {
      const key = placeKey(place);
      for (const change of [...(transports.get(placeTransport(place))?.values() ?? [])].reverse()) {
        const out = placeKey(change.place) === key ? change.out.filter((one) => one.jid === jid) : [];
        if (out.length > 0) return { ...change, out };
      }
      return undefined;
    },
    told(place, body, to) {
      if (body.kind !== 'occupant') return;
      note(place, body.who, leaving(body) ? to.filter(({ nick }) => nick === body.who.nick) : []);
      if (body.change === 'rename') note(place, renamed(body), []);
    },
    take(transport, since) {
      const changes = (transports.get(transport)?.values() ?? []).filter(({ at }) => at >= since - WINDOW);
      transports.delete(transport);
      const byPlace = Map.groupBy(changes, ({ place }) => placeKey(place));
      return [...byPlace.values()].flatMap((all) => (all[0] ? [{ place: all[0].place, changes: newest(all) }] : []));
    },
  };
}

/** The last of each occupant in a place, in order, for all clients that were to go. */
function newest(changes: readonly Change[]): readonly Untold[] {
  const last = new Map<string, Untold>();
  for (const { who, at, out } of changes) {
    const before = last.get(who.id)?.out ?? [];
    last.delete(who.id);
    last.set(who.id, { who, at, out: withThese(before, out) });
  }
  return [...last.values()];
}

/** Each client once, however often it went. */
const withThese = (before: readonly Recipient[], more: readonly Recipient[]): readonly Recipient[] => [
  ...before.filter(({ jid }) => more.every((one) => one.jid !== jid)),
  ...more,
];

const leaving = ({ change }: OccupantChange): boolean => change === 'leave' || change === 'kick' || change === 'ban';

const renamed = ({ who, nick = who.nick, newId = who.id }: OccupantChange): Occupant => ({ ...who, id: newId, nick });
