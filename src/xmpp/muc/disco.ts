// XEP-0045: Multi-User Chat, version 1.34.6: what discovery says of rooms (§6).

import type { Element } from 'ltx';
import type { Origin } from '#src/core/index.ts';
import { FORMS } from '#src/xmpp/xep/data-forms.ts';
import type { Extension } from '#src/xmpp/xep/extension.ts';
import { adminRoutes } from './admin.ts';
import { decodePresence, decodeTopic, MUC } from './decode.ts';
import { encodeOccupant, encodeOccupants, encodeTopic } from './encode.ts';
import { ownerRoutes } from './owner.ts';
import { FROM_OCCUPANT } from './private-messages.ts';
import { encodeRoom } from './room-changes.ts';
import { USUAL } from './room-info.ts';
import { answerVoice } from './voice.ts';

export const muc: Extension = {
  xep: { number: '0045', title: 'Multi-User Chat', version: '1.34.6', part: 'what networks have of rooms' },
  features: ({ advertised }) =>
    !advertised.rooms
      ? {}
      : {
          // XEP-0045 §6.2
          gateway: [MUC],
          // XEP-0045 §6.4, §15.5; stable_id (§7.4): a message comes back with the id that it was sent with.
          room: [MUC, ...USUAL, `${MUC}#stable_id`],
        },
  // XEP-0045 §17.1.1: what may be sent to rooms is not restricted.
  node: (name, { kind }) => (kind === 'room' && name === `${MUC}#traffic` ? { features: [] } : undefined),
  presence: decodePresence,
  answers: { [`${FORMS} x`]: answerVoice },
  origin: { body: firstWords },
  reads: { subject: decodeTopic },
  accompanies: (_, { marks: { occupant } }) => (occupant === undefined ? undefined : [FROM_OCCUPANT]),
  sends: { occupant: encodeOccupant, occupants: encodeOccupants, topic: encodeTopic, room: encodeRoom },
  iq: { ...adminRoutes, ...ownerRoutes },
};

/** Characters of a line by which whoever wrote it knows it again. */
const WORDS = 60;

/** What a line to a room begins with, for when it is refused. */
function firstWords(body: Element, { attrs }: Element): Partial<Origin> {
  if (attrs.type !== 'groupchat') return {};
  const text = body.getText().trim();
  const end = text.indexOf('\n');
  const line = end < 0 ? text : text.slice(0, end);
  return { said: line.length > WORDS ? `${line.slice(0, WORDS)}…` : line };
}
