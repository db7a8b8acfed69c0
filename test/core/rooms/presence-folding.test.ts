import { describe, expect, it } from 'vitest';
import { present } from '#src/core/rooms/presence.ts';
import { openFlicker } from '#src/core/rooms/presence-folding.ts';
import { snapshot } from '#src/core/rooms/room-list.ts';
import * as state from '#src/core/rooms/room-state.ts';
import type { Event, EventBody, EventOf } from '#src/model/event.ts';
import { accountKey, type BareJid, type EventId } from '#src/model/ids.ts';
import type { Occupant } from '#src/model/party.ts';
import type { Place } from '#src/model/place.ts';
import { handClock } from '../../hand-clock.ts';

const place: Place = { kind: 'shared', transport: 'net.example', id: '#verona%net' };
const romeo = accountKey('romeo@a.example' as BareJid, 'net.example');
const mercutio: Occupant = { id: 'mercutio', nick: 'Mercutio', affiliation: 'none', role: 'participant' };
const WINDOW = 30_000;

function event<B extends EventBody>(body: B): Event<B> {
  const from = { kind: 'network', id: 'mercutio' } as const;
  return { id: '1' as EventId, at: 0, live: true, place, from, ...body };
}
const away = (status?: string): EventOf<'presence'> =>
  event({ kind: 'presence', show: 'away', ...(status !== undefined && { status }) });
const back = event({ kind: 'presence', show: 'available' });

/** A room with two readers, and what came into it. */
function world(occupants = 3) {
  const clock = handClock();
  const applied: string[] = [];
  let saved = 0;
  const flicker = openFlicker({
    clock,
    window: WINDOW,
    rooms: {
      readers: () => 2,
      info: () => ({ occupants }),
      apply: (one) =>
        void applied.push(
          one.kind === 'presence' ? (one.status ?? one.show) : one.kind === 'occupant' ? one.change : one.kind,
        ),
    },
    folded: (_transport, stanzas) => {
      saved += stanzas;
    },
  });
  return { clock, flicker, applied, saved: () => saved };
}

describe('where somebody has read up to', () => {
  const read = (target: string): Event => event({ kind: 'receipt', target: target as EventId, state: 'displayed' });

  it('is told at once in a small room, and of a crowd the newest in each window', () => {
    for (const [occupants, told] of [
      [50, 3],
      [51, 1],
    ] as const) {
      const { clock, flicker, applied } = world(occupants);
      for (const target of ['one', 'two', 'three']) flicker.apply(read(target));
      expect(applied).toHaveLength(told);
      clock.advance(WINDOW);
      expect(applied).toHaveLength(told === 3 ? 3 : 2);
    }
  });
});

describe('where somebody has read who goes', () => {
  it('is told before that, and before they are called otherwise', () => {
    const { clock, flicker, applied } = world(51);
    const read = (target: string): Event => event({ kind: 'receipt', target: target as EventId, state: 'displayed' });
    for (const change of ['rename', 'leave'] as const) {
      flicker.apply(read(`${change} 1`));
      flicker.apply(read(`${change} 2`));
      flicker.apply(event({ kind: 'occupant', change, who: mercutio }));
    }
    clock.advance(WINDOW);
    expect(applied).toEqual(['receipt', 'receipt', 'rename', 'receipt', 'receipt', 'leave']);
  });
});

describe('the presence of an occupant', () => {
  it('costs each reader one stanza in a window, and tells how many it has saved', () => {
    const { clock, flicker, applied, saved } = world();
    for (const one of [away('one'), back, away('two'), back, away('three')]) flicker.apply(one);
    expect(applied).toEqual(['one']);
    clock.advance(WINDOW);
    expect([applied, saved()]).toEqual([['one', 'three'], 6]);
  });

  it('never holds back anything else, goes before a new name, and not behind a farewell', () => {
    const { clock, flicker, applied } = world();
    const changes = (['role', 'rename', 'kick'] as const).map((change) =>
      event({ kind: 'occupant', change, who: mercutio }),
    );
    for (const one of [away('one'), back]) flicker.apply(one);
    flicker.apply(event({ kind: 'topic', text: 'Two households' }));
    for (const [index, change] of changes.entries()) {
      flicker.apply(change);
      flicker.apply(away(`after ${index}`));
      flicker.apply(back);
    }
    clock.advance(WINDOW);
    expect(applied).toEqual([
      ...['one', 'topic', 'role', 'available', 'rename'],
      ...['after 1', 'kick', 'after 2', 'available'],
    ]);
  });
});

describe('a room', () => {
  it('tells who is away, once, and keeps it over lists, roles and names', () => {
    const room = state.newRoom(place);
    const origin = { stanza: 'presence', from: 'romeo@a.example/x', to: '' } as const;
    const own: Occupant = { ...mercutio, id: 'romeo', nick: 'Romeo', account: romeo };
    state.enter(room, { account: romeo, nick: 'Romeo', origin });
    snapshot(room, [mercutio, own]);
    expect(present(room, away())).toEqual([]);
    state.joined(room, romeo);
    expect(present(room, away())).toEqual([]);
    expect(present(room, away('asleep'))).toMatchObject([
      { kind: 'tell', body: { change: 'role', who: { nick: 'Mercutio', show: 'away', status: 'asleep' } } },
    ]);
    snapshot(room, [{ ...mercutio, role: 'moderator' }, own]);
    state.change(room, { kind: 'occupant', change: 'rename', who: mercutio, newId: 'mab', nick: 'Mab' });
    expect(room.roster.get('mab')).toMatchObject({ nick: 'Mab', role: 'moderator', show: 'away', status: 'asleep' });
    // Mercutio is somebody else now.
    expect(present(room, back)).toEqual([]);
    expect(present(room, { ...away(), from: { kind: 'network', id: 'mab' } })).toHaveLength(1);
    expect(room.roster.get('mab')).not.toHaveProperty('status');
  });
});
