import type { Occupant } from '#src/model/party.ts';
import { type Read, reading, writing } from './sql.ts';
import type { Statement } from './unit.ts';

/** Whom the clients in a room have been shown, so that after a kill they are told the difference only. */
export type Rosters = {
  /** Somebody is shown in the place, or shown differently. */
  put(place: string, who: Occupant): Statement;
  remove(place: string, id: string): Statement;
  removeAll(place: string): Statement;
  in(place: string): Promise<readonly Omit<Occupant, 'account'>[]>;
};

type Row = Omit<Occupant, 'account'> & { readonly place: string };

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

const inPlace = reading((db, a: { place: string }) =>
  db.selectFrom('rosters').select(['id', 'nick', 'affiliation', 'role']).where('place', '=', a.place).orderBy('id'),
);

export const rosters = (read: Read): Rosters => ({
  put: (place, { id, nick, affiliation, role }) => put({ place, id, nick, affiliation, role }),
  remove: (place, id) => remove({ place, id }),
  removeAll: (place) => removeAll({ place }),
  in: (place) => read(inPlace({ place })),
});
