import { expect, it } from 'vitest';
import type { Recipient } from '#src/core/index.ts';
import { sayer } from '#src/core/rooms/archived.ts';
import { openPartlyShown } from '#src/core/rooms/partly-shown.ts';
import { snapshot } from '#src/core/rooms/room-list.ts';
import * as state from '#src/core/rooms/room-state.ts';
import { marked } from '#src/core/rooms/said.ts';
import type { EventOf } from '#src/model/event.ts';
import { accountKey, type BareJid, type EventId } from '#src/model/ids.ts';
import type { Occupant } from '#src/model/party.ts';
import type { Place } from '#src/model/place.ts';
import type { Archived } from '#src/store/rows/archive/archive.ts';

const place: Place = { kind: 'shared', transport: 'net.example', id: '#verona%net' };
const users = ['romeo', 'juliet'].map((name) => `${name}@a.example` as BareJid);
const [romeo] = users;

/** Who hears that somebody has read what Romeo wrote, with so many people in the room. */
function told(people: number): readonly string[] {
  const room = state.newRoom(place);
  for (const bare of users)
    state.enter(room, {
      account: accountKey(bare, 'net.example'),
      nick: bare,
      origin: { stanza: 'presence', from: `${bare}/x`, to: '' },
    });
  const strangers = Array.from({ length: people - users.length }, (_, at): Occupant => {
    return { id: `p${at}`, nick: `P${at}`, affiliation: 'none', role: 'participant' };
  });
  snapshot(room, strangers);
  for (const bare of users) state.joined(room, accountKey(bare, 'net.example'));
  const row = { id: 1, fromId: sayer({ kind: 'xmpp', bare: romeo as BareJid }), kind: 'message', body: '{"text":""}' };
  let readers: readonly Recipient[] = [];
  const event: EventOf<'receipt'> = {
    ...{ id: 'e' as EventId, at: 0, live: true, place, from: { kind: 'network', id: 'p1' } },
    ...{ kind: 'receipt', target: 'm' as EventId, state: 'displayed' },
  };
  const parts = {
    archive: { recall: () => row as Archived } as unknown as Parameters<typeof marked>[0]['archive'],
    display: { show: (_: unknown, to: readonly Recipient[]) => (readers = to).length > 0, owe: () => undefined },
    partly: openPartlyShown(),
    clock: { now: () => 0 },
    occupancy: { told: () => undefined },
    xmpp: { displayed: () => false },
    settings: { inRoom: async () => ({ persistent: false, recorded: true, shown: 20 }) },
  };
  marked(parts, room, event, {});
  return readers.map(({ jid }) => jid);
}

it('everybody in a small room hears what somebody has read, and in a crowd only whoever wrote it', () => {
  expect(told(20)).toEqual(['romeo@a.example/x', 'juliet@a.example/x']);
  expect(told(200)).toEqual(['romeo@a.example/x']);
});
