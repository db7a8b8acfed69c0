import { outwardLane } from '#src/core/journal/rows.ts';
import type { Standings } from '#src/core/standing.ts';
import type { AccountKey } from '#src/model/ids.ts';
import { pigeon } from '../invented/mapping.ts';
import { addresses } from '../invented/pigeon/addresses.ts';
import { plainTransport } from '../transports.ts';

const transport = plainTransport({ domain: 'pigeon.example', mapping: pigeon, addresses });

/** Standings of accounts for whom the operator acts everywhere. */
export const standings: Pick<Standings, 'of'> = {
  of(account, place, identity = 'operator') {
    const key = { account, realm: '' };
    const session = { ...key, stands: true, close: async () => undefined } as const;
    return {
      place,
      identity,
      membership: 'seat',
      carried: pigeon.facts,
      transport,
      key,
      session,
      isReturning: false,
      lane: outwardLane(place, account),
    };
  },
};

export const romeo = 'romeo@a.example pigeon.example' as AccountKey;
