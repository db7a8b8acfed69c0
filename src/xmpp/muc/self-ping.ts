// XEP-0410: MUC Self-Ping (Schrödinger's Chat), version 1.1.0.
import { Failure } from '#src/model/failure.ts';
import type { Extension, Request } from '#src/xmpp/xep/extension.ts';
import { askedOccupant, askedRoom } from './occupancy.ts';

export const selfPing: Extension = {
  xep: { number: '0410', title: "MUC Self-Ping (Schrödinger's Chat)", version: '1.1.0' },
  // XEP-0410 §3.3: pings of one's own nick are answered by the room.
  features: { room: ['http://jabber.org/protocol/muc#self-ping-optimization'] },
};

/** Whom an asker who is in the room has pinged: itself (or the room), or another occupant. Throws a `Failure` otherwise. */
export function answerSelfPing(request: Request): 'self' | 'other' {
  // XEP-0410 §3.3: not-acceptable tells a client that it has to join again.
  if (request.kind === 'room') {
    if (askedRoom(request)?.nick === undefined) throw new Failure('not-joined');
    return 'self';
  }
  // XEP-0410 §3.2: item-not-found tells that one is in the room, and nobody has the nick.
  return askedOccupant(request, 'not-joined');
}
