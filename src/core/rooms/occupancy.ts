import type { Log } from '#src/lib/log.ts';
import type { Clock } from '#src/lib/time/clock.ts';
import type { EventBody, OccupantChange } from '#src/model/event.ts';
import { accountKey, bareOf, splitAccount } from '#src/model/ids.ts';
import type { Occupant } from '#src/model/party.ts';
import { type Place, placeKey, placeOf, placeTransport } from '#src/model/place.ts';
import { openBatch, type Occupation as Row, type Statement, type Store } from '#src/store/index.ts';
import { type Room, readersOf } from './room-state.ts';

export type OccupancyParts = {
  readonly store: Pick<Store, 'archive' | 'occupancy' | 'rosters' | 'unit'>;
  readonly clock: Pick<Clock, 'now'>;
  readonly log: Log;
};

/** A client in a room, or an account that stays there without one. `address`: as `Recipient.at`. */
export type Sitting = Pick<Row, 'account' | 'nick'> & Partial<Entry> & { readonly jid: string | undefined };
/** A room as the last run left it: who was in it, and whom they had been shown. */
export type LastRoom = {
  readonly place: Place;
  readonly sittings: readonly Sitting[];
  readonly roster: readonly Omit<Occupant, 'account'>[];
  readonly topic: { readonly text: string; readonly by?: string } | undefined;
  /** When the newest was said that they have seen, in ms since 1970; 0 where that is not known. */
  readonly upTo: number;
};

/** What the store knows of who is where. Written in batches off the path. */
export type Occupancy = {
  /** Something was done in a room: what became of its seats is written. */
  changed(room: Room): void;
  /** The room's clients were told who is there, or who comes and goes. */
  told(place: Place, body: EventBody): void;
  /** What the last run has left behind: nothing after a planned stop but those who stay without a client. */
  last(): Promise<readonly LastRoom[]>;
  flush(): Promise<void>;
};

/** Work for the next batch: the seats of a room as they are then, or statements. */
type Note = { readonly room: Room } | { readonly statement: Statement };

/** Follows the rooms. Nothing is known before `last` has been called. */
export function openOccupancy({ store, clock, log }: OccupancyParts): Occupancy {
  /** What the store has of each room, by full JID. */
  const written = new Map<string, ReadonlyMap<string, Entry>>();
  /** The readers of each room when it was last looked at. */
  const seen = new WeakMap<Room, readonly unknown[]>();
  const waiting = new Set<Room>();
  /** The places whose rosters are in the store. */
  const shown = new Set<string>();
  const batch = openBatch<Note>({
    store,
    log,
    what: 'occupants of rooms',
    statements: (notes) => notes.flatMap((note) => ('room' in note ? seats(note.room) : [note.statement])),
  });

  /** What differs between the seats of a room and what the store has of them. */
  function seats(room: Room): Statement[] {
    waiting.delete(room);
    const place = placeKey(room.place);
    const old = written.get(place) ?? new Map<string, Entry>();
    const now = sittingsOf(room);
    if (now.size > 0) written.set(place, now);
    else written.delete(place);
    const transport = placeTransport(room.place);
    const joined = clock.now();
    const gone = [...old.keys()].filter((full) => !now.has(full));
    const fresh = [...now].filter(([full, { nick, address }]) => {
      const before = old.get(full);
      return before?.nick !== nick || before.address !== address;
    });
    return [
      ...gone.map((full) => store.occupancy.leave(place, full)),
      ...fresh.map(([full, entry]) =>
        store.occupancy.enter({ place, account: accountKey(bareOf(full), transport), full, joined, ...entry }),
      ),
    ];
  }

  const put = (statement: Statement): void => batch.put({ statement });

  function shownTo(key: string, { change, who, ...more }: OccupantChange): void {
    if (change === 'join' || change === 'role') return put(store.rosters.put(key, who));
    put(store.rosters.remove(key, who.id));
    if (change !== 'rename') return;
    put(store.rosters.put(key, { ...who, id: more.newId ?? who.id, nick: more.nick ?? who.nick }));
  }

  return {
    changed(room) {
      const readers = readersOf(room);
      if (seen.get(room) === readers) return;
      seen.set(room, readers);
      const key = placeKey(room.place);
      if (readers.length === 0 && shown.delete(key))
        for (const statement of store.rosters.removeAll(key)) put(statement);
      if (waiting.has(room)) return;
      waiting.add(room);
      batch.put({ room });
    },
    told(place, body) {
      const key = placeKey(place);
      if (body.kind === 'occupant' && shown.has(key)) return shownTo(key, body);
      if (body.kind === 'topic') return put(store.rosters.topic(key, { text: body.text, by: body.by ?? null }));
      // Later lists repeat what the clients before were told already.
      if (body.kind !== 'occupants' || shown.has(key)) return;
      shown.add(key);
      for (const who of body.list) put(store.rosters.put(key, who));
    },
    async last() {
      const rows = Map.groupBy(await store.occupancy.all(), ({ place }) => place);
      return Promise.all(
        [...rows].map(async ([key, sittings]) => {
          written.set(key, new Map(sittings.map(({ full, nick, address }) => [full, { nick, address }])));
          const roster = await store.rosters.in(key);
          const topic = await store.rosters.topicOf(key);
          const upTo = await store.archive.newest(key);
          if (roster.length > 0) shown.add(key);
          const room = { place: placeOf(key), sittings: sittings.map(sittingOf), roster, upTo };
          return { ...room, topic: topic && topicOf(topic) };
        }),
      );
    },
    flush: batch.flush,
  };
}

type Entry = Pick<Row, 'nick' | 'address'>;

/** A room's seats by their full JIDs. An account that stays without a client stands there as itself. */
function sittingsOf(room: Room): ReadonlyMap<string, Entry> {
  const sittings = new Map(readersOf(room).map(({ jid, nick = '', at = null }) => [jid, { nick, address: at }]));
  for (const [account, { kept, nick, seats }] of room.members) {
    if (kept && seats.size === 0) sittings.set(splitAccount(account).user, { nick, address: null });
  }
  return sittings;
}

const sittingOf = ({ account, full, nick, address }: Row): Sitting => ({
  ...{ account, nick, address },
  jid: full === splitAccount(account).user ? undefined : full,
});

const topicOf = ({ text, by }: { text: string; by: string | null }) => ({ text, ...(by !== null && { by }) });
