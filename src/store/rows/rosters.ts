import type { Occupant } from '#src/model/party.ts';
import { type Read, reading, writing } from '#src/store/sql.ts';
import type { Statement } from '#src/store/unit.ts';

/** A room's subject, and who has set it. */
export type ShownTopic = { readonly text: string; readonly by: string | null };

/** What the clients in a room have been shown: its people and its subject. After a kill they are told the difference only. */
export type Rosters = {
  /** Somebody is shown in the place, or shown differently. */
  put(place: string, who: Occupant): Statement;
  remove(place: string, id: string): Statement;
  topic(place: string, topic: ShownTopic): Statement;
  /** Nobody in the place has been shown anything. */
  removeAll(place: string): readonly Statement[];
  in(place: string): Promise<readonly Omit<Occupant, 'account'>[]>;
  topicOf(place: string): Promise<ShownTopic | undefined>;
};

/** What they look like besides is shown anew by whoever tells it. */
type Row = Pick<Occupant, 'id' | 'nick' | 'affiliation' | 'role'> & { readonly place: string };

const put = writing((db, a: Row) =>
  db
    .insertInto('rosters')
    .values({ place: a.place, id: a.id, nick: a.nick, affiliation: a.affiliation, role: a.role })
    .onConflict((conflict) =>
      conflict.columns(['place', 'id']).doUpdateSet((old) => ({
        nick: old.ref('excluded.nick'),
        affiliation: old.ref('excluded.affiliation'),
        role: old.ref('excluded.role'),
      })),
    ),
);

const remove = writing((db, a: { place: string; id: string }) =>
  db.deleteFrom('rosters').where('place', '=', a.place).where('id', '=', a.id),
);

const removeAll = writing((db, a: { place: string }) => db.deleteFrom('rosters').where('place', '=', a.place));

const topic = writing((db, a: ShownTopic & { place: string }) =>
  db
    .insertInto('topics')
    .values({ place: a.place, text: a.text, by: a.by })
    .onConflict((conflict) =>
      conflict.column('place').doUpdateSet((old) => ({ text: old.ref('excluded.text'), by: old.ref('excluded.by') })),
    ),
);

const removeTopic = writing((db, a: { place: string }) => db.deleteFrom('topics').where('place', '=', a.place));

const topicIn = reading((db, a: { place: string }) =>
  db.selectFrom('topics').select(['text', 'by']).where('place', '=', a.place),
);

const inPlace = reading((db, a: { place: string }) =>
  db.selectFrom('rosters').select(['id', 'nick', 'affiliation', 'role']).where('place', '=', a.place).orderBy('id'),
);

export const rosters = (read: Read): Rosters => ({
  put: (place, { id, nick, affiliation, role }) => put({ place, id, nick, affiliation, role }),
  remove: (place, id) => remove({ place, id }),
  topic: (place, { text, by }) => topic({ place, text, by }),
  removeAll: (place) => [removeAll({ place }), removeTopic({ place })],
  in: (place) => read(inPlace({ place })),
  topicOf: async (place) => (await read(topicIn({ place })))[0],
});
