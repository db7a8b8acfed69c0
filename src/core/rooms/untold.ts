import type { Recipient } from '#src/core/index.ts';
import type { Clock } from '#src/lib/clock.ts';
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
};

/** Ms for which a link may seem to be there and carry nothing: half-open ones are found after 45 s. */
const WINDOW = 60_000;
const MOST = 1000;
const NOBODY: readonly Recipient[] = [];

/** Remembers the newest changes, each occupant once. */
export function openRecentChanges(clock: Pick<Clock, 'now'>): RecentChanges {
  const places = new Map<string, Map<string, Untold & { readonly place: Place }>>();

  function changesOf(place: Place): Map<string, Untold & { readonly place: Place }> {
    const transport = placeTransport(place);
    const known = places.get(transport) ?? new Map();
    places.set(transport, known);
    return known;
  }

  function note(place: Place, who: Occupant, out: readonly Recipient[]): void {
    const changes = changesOf(place);
    const name = `${placeKey(place)} ${who.id}`;
    const before = changes.get(name)?.out ?? NOBODY;
    // The newest is the last.
    changes.delete(name);
    changes.set(name, { place, who, at: clock.now(), out: out.length === 0 ? before : withThese(before, out) });
    if (changes.size <= MOST) return;
    const [oldest] = changes.keys();
    if (oldest !== undefined) changes.delete(oldest);
  }

  return {
    told(place, body, to) {
      if (body.kind !== 'occupant') return;
      note(place, body.who, leaving(body) ? to.filter(({ nick }) => nick === body.who.nick) : []);
      if (body.change === 'rename') note(place, renamed(body), []);
    },
    take(transport, since) {
      const changes = [...(places.get(transport)?.values() ?? [])].filter(({ at }) => at >= since - WINDOW);
      places.delete(transport);
      const byPlace = Map.groupBy(changes, ({ place }) => placeKey(place));
      return [...byPlace.values()].flatMap((all) => (all[0] ? [{ place: all[0].place, changes: all }] : []));
    },
  };
}

/** Each client once, however often it went. */
const withThese = (before: readonly Recipient[], more: readonly Recipient[]): readonly Recipient[] => [
  ...before.filter(({ jid }) => more.every((one) => one.jid !== jid)),
  ...more,
];

const leaving = ({ change }: OccupantChange): boolean => change === 'leave' || change === 'kick' || change === 'ban';

const renamed = ({ who, nick = who.nick, newId = who.id }: OccupantChange): Occupant => ({ ...who, id: newId, nick });
