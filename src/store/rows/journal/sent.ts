import { sql } from 'kysely';
import type { EventId } from '#src/model/ids.ts';
import { type Read, reading } from '#src/store/sql.ts';
import type { Journaled } from './journal.ts';

/** A piece of a message in the journal. `lane` names where it went; its trace is the journal's. */
export type SentPiece = Pick<Journaled, 'event' | 'lane' | 'at' | 'state' | 'outcome'>;

/** What users have sent to networks, and what was lost on its way to them, as far as the journal still has it. */
export type SentRows = {
  /** The pieces of the last message of an account, or of its last one in a lane, in order; none if there is none. */
  last(account: string, lane?: string): Promise<readonly SentPiece[]>;
  /** The last message to an account that will never reach it, from anybody or in a lane. */
  lost(account: string, lane?: string): Promise<SentPiece | undefined>;
};

const PIECE = ['event', 'lane', 'at', 'state', 'outcome'] as const;

const newest = reading((db, a: { account: string; lane: string }) =>
  db
    .selectFrom('journal')
    .select('event')
    .where('account', '=', a.account)
    .where('lane', 'like', a.lane)
    .where('origin', 'is not', null)
    .orderBy('id', 'desc')
    .limit(1),
);

const newestIn = reading((db, a: { account: string; lane: string }) =>
  db
    .selectFrom('journal')
    .select('event')
    .where('account', '=', a.account)
    .where('lane', '=', a.lane)
    .where('origin', 'is not', null)
    .orderBy('id', 'desc')
    .limit(1),
);

/** Only what a network has told has an origin: receipts and errors that are owed to a user have none. */
const isLost = sql<boolean>`lane like 'in %' and origin is not null and outcome in ('bounced', 'expired', 'parked')`;

const lost = reading((db, a: { account: string }) =>
  db.selectFrom('journal').select(PIECE).where('account', '=', a.account).where(isLost).orderBy('id', 'desc').limit(1),
);

const lostIn = reading((db, a: { account: string; lane: string }) =>
  db
    .selectFrom('journal')
    .select(PIECE)
    .where('account', '=', a.account)
    .where('lane', '=', a.lane)
    .where(isLost)
    .orderBy('id', 'desc')
    .limit(1),
);

const pieces = reading((db, a: { account: string; event: EventId }) =>
  db.selectFrom('journal').select(PIECE).where('account', '=', a.account).where('event', 'like', a.event).orderBy('id'),
);

export const sent = (read: Read): SentRows => ({
  async last(account, lane) {
    const [found] = await read(lane === undefined ? newest({ account, lane: 'out %' }) : newestIn({ account, lane }));
    if (!found) return [];
    // Pieces of one message have its name in common, up to the dot.
    return read(pieces({ account, event: found.event.replace(/\.\d+$/, '.%') as EventId }));
  },
  async lost(account, lane) {
    return (await read(lane === undefined ? lost({ account }) : lostIn({ account, lane })))[0];
  },
});
