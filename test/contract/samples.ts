import type { EventBody, EventKind, EventOf } from '#src/model/event.ts';
import type { ForeignId } from '#src/model/ids.ts';
import { NAME } from './rig.ts';

type Body<K extends EventKind> = Extract<EventBody, { kind: K }>;
type Facts = { readonly target: ForeignId; readonly room: string };

const who = { id: NAME, nick: NAME, affiliation: 'none', role: 'participant' } as const;

/** An event of each kind; `target` is a message that is there. */
const samples: { readonly [K in EventKind]: (facts: Facts) => Body<K> } = {
  message: () => ({ kind: 'message', text: 'a sample', style: 'plain' }),
  edit: ({ target }) => ({ kind: 'edit', target, text: 'a better sample' }),
  retract: ({ target }) => ({ kind: 'retract', target }),
  reaction: ({ target }) => ({ kind: 'reaction', target, emoji: ['👍'] }),
  receipt: ({ target }) => ({ kind: 'receipt', target, state: 'displayed' }),
  typing: () => ({ kind: 'typing', active: true }),
  attention: () => ({ kind: 'attention' }),
  call: () => ({ kind: 'call' }),
  presence: () => ({ kind: 'presence', show: 'away', status: 'at the balcony' }),
  profile: () => ({ kind: 'profile', name: 'Romeo Montague' }),
  contact: () => ({ kind: 'contact', action: 'subscribe' }),
  occupant: () => ({ kind: 'occupant', change: 'join', who }),
  occupants: () => ({ kind: 'occupants', list: [who] }),
  affiliation: () => ({ kind: 'affiliation', changes: [{ id: NAME, affiliation: 'member' }] }),
  topic: () => ({ kind: 'topic', text: 'Two households' }),
  invite: ({ room }) => ({ kind: 'invite', room }),
  room: () => ({ kind: 'room', change: 'config', answer: {} }),
  // Last: afterwards nobody is called as before.
  nick: () => ({ kind: 'nick', wanted: 'montague' }),
};

export const kinds = Object.keys(samples) as EventKind[];

export const sample = (kind: EventKind, facts: Facts): EventBody =>
  (samples[kind] as (facts: Facts) => EventOf<EventKind>)(facts);
