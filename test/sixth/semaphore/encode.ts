import type { Event } from '#src/model/event.ts';
import { Failure } from '#src/model/failure.ts';
import { wireName } from './addresses.ts';
import type { Asked } from './wire.ts';

/** What an event is on the wire. Throws a `Failure` for what flags cannot say. Pure. */
export function encode(event: Event): Asked {
  const { place } = event;
  if (place.kind === 'realm' || place.id === '') throw new Failure('not-supported');
  const to = wireName(place.id);
  if (event.kind === 'message') return ['say', to, event.text];
  if (event.kind !== 'occupant' || place.kind !== 'shared') throw new Failure('not-supported');
  if (event.change === 'join') return ['enter', to];
  if (event.change === 'leave') return ['leave', to];
  throw new Failure('not-supported');
}
