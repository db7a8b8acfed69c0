// XEP-0421: Occupant identifiers for semi-anonymous MUCs, version 1.0.0.
import { createHmac, createSecretKey, type KeyObject } from 'node:crypto';
import { memo } from '#src/lib/memo.ts';
import { pseudonymOf } from '#src/lib/pseudonym.ts';
import { splitAccount } from '#src/model/ids.ts';
import type { Occupant } from '#src/model/party.ts';
import { inOnePiece, type Xml, xml } from '#src/xmpp/stanza/xml.ts';
import type { Extension, OccupantIds, WriteContext } from './extension.ts';

/** Whoever is in a room is one there across nicks and clients, also in its archive, and nobody tells by it who that is. */
export const occupantId: Extension = {
  xep: { number: '0421', title: 'Occupant identifiers for semi-anonymous MUCs', version: '1.0.0' },
  features: ({ advertised }) => (advertised.rooms ? { room: ['urn:xmpp:occupant-id:0'] } : {}),
  accompanies({ kind, from }, context) {
    const { inRoom, marks } = context;
    // What the room says itself is nobody's.
    if (!inRoom || kind === 'room' || !marks.occupantIds) return undefined;
    const by = marks.by ?? (from.kind === 'network' ? from.id : '');
    return by === '' ? undefined : occupantIdElements(by, context);
  },
};

/** Bytes of an id: nobody makes another that is the same. */
const BYTES = 12;
/** Rooms that are remembered at least, and occupants of each. */
const ROOMS = 1000;
const OCCUPANTS = 2000;

/** The ids that follow from a secret of the gateway (§4.1), the same after a restart. */
export function openOccupantIds(key: KeyObject): OccupantIds {
  // A key object: bytes would be made one for each of thousands who are in a room.
  const own = createSecretKey(createHmac('sha256', key).update('isthmus occupant ids').digest());
  const inRoom = memo(ROOMS, (room) =>
    memo(OCCUPANTS, (by) =>
      createHmac('sha256', own).update(`${room}\0${by}`).digest().subarray(0, BYTES).toString('base64url'),
    ),
  );
  return (room, by) => inRoom(room)(by);
}

/** Who an occupant is, whatever they are called: a user of ours, or whom the network means. */
export const identityOf = ({ account, id }: Occupant): string =>
  account === undefined ? id : pseudonymOf(splitAccount(account).user);

export const occupantIdElements = (by: string, { place, marks: { occupantIds } }: WriteContext): readonly Xml[] =>
  occupantIds ? elementsOf(occupantIds(place, by)) : NONE;

/** Whoever speaks in a room does so often. */
const elementsOf = memo(10_000, (id): readonly Xml[] => [
  inOnePiece(xml`<occupant-id xmlns='urn:xmpp:occupant-id:0' id='${id}'/>`),
]);
const NONE: readonly Xml[] = [];
