// XEP-0410: MUC Self-Ping (Schrödinger's Chat), version 1.1.0.
import { Failure } from '#src/model/failure.ts';
import type { Extension, Request } from '#src/xmpp/xep/extension.ts';
import { askedOccupant, askedRoom } from './occupancy.ts';

export const selfPing: Extension = {
  xep: { number: '0410', title: "MUC Self-Ping (Schrödinger's Chat)", version: '1.1.0' },
  // XEP-0410 §3.3: pings of one's own nick are answered by the room.
  features: { room: ['http://jabber.org/protocol/muc#self-ping-optimization'] },
};

/** Returns when the asker is in the room and pinged the room or itself. Throws a `Failure` otherwise. */
export function answerSelfPing(request: Request): void {
  // XEP-0410 §3.3: not-acceptable tells a client that it has to join again.
  if (request.kind === 'room') {
    if (askedRoom(request)?.nick === undefined) throw new Failure('not-joined');
    return;
  }
  // XEP-0410 §3.2: service-unavailable and item-not-found tell that one is in the room, and nobody answers for the nick.
  if (askedOccupant(request, 'not-joined') === 'other') throw new Failure('service-unavailable');
}
