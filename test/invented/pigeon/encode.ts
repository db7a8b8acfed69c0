import type { Event, EventKind, EventOf } from '#src/model/event.ts';
import { Failure } from '#src/model/failure.ts';
import { addresses } from './addresses.ts';
import { narrow, type View } from './view.ts';
import type { Letter } from './wire.ts';

type Sent = Exclude<EventKind, 'occupants'>;
type Encoder<K extends EventKind> = (event: EventOf<K>, view: View) => Letter;

const given = <K extends string, V>(name: K, value: V | undefined): { [_ in K]?: V } =>
  value === undefined ? {} : ({ [name]: value } as { [_ in K]: V });

/** One entry for each kind that the table lets out. */
const encoders: { readonly [K in Sent]: Encoder<K> } = {
  message: ({ text, style, files, replyTo, subject, thread, mentions, spoiler }) => ({
    type: 'message',
    text,
    style,
    ...given('of', replyTo),
    ...given('files', files && [...files]),
    ...given('subject', subject),
    ...given('thread', thread),
    ...given('mentions', mentions && [...mentions]),
    ...given('spoiler', spoiler),
  }),
  edit: ({ target, text }) => ({ type: 'edit', of: target, text }),
  retract: ({ target, reason }) => ({ type: 'retract', of: target, ...given('reason', reason) }),
  reaction: ({ target, emoji }) => ({ type: 'react', of: target, emoji: [...emoji] }),
  receipt: ({ target, state, upTo }) => ({ type: 'receipt', of: target, state, ...given('upTo', upTo) }),
  typing: ({ active }) => ({ type: 'typing', active }),
  attention: () => ({ type: 'ring' }),
  call: () => ({ type: 'call' }),
  presence: ({ show, status, idle }) => ({
    type: 'presence',
    show,
    ...given('status', status),
    ...given('idle', idle),
  }),
  profile: ({ name, avatar }) => ({ type: 'profile', ...given('name', name), ...given('avatar', avatar) }),
  contact: ({ action, name, groups }) => ({
    type: 'contact',
    action,
    ...given('name', name),
    ...given('groups', groups && [...groups]),
  }),
  nick: ({ wanted }) => ({ type: 'nick', nick: nickOf(wanted) }),
  occupant: occupant,
  affiliation: ({ changes }) => ({ type: 'affiliation', changes: [...changes] }),
  topic: ({ text }) => ({ type: 'topic', text }),
  invite: ({ room, reason, declined }) => ({
    type: 'invite',
    room,
    ...given('reason', reason),
    ...given('declined', declined),
  }),
  room: ({ change, text, avatar, alternate, unread, below }) => ({
    type: 'room',
    change,
    ...given('text', text),
    ...given('avatar', avatar),
    ...given('alternate', alternate),
    ...given('unread', unread),
    ...given('below', below),
  }),
};

/** What an event is on the wire, and to whom. Throws a `Failure` for what pigeons cannot carry. Pure. */
export function encode(event: Event, view: View): { to: string; letter: Letter } {
  const level = narrow(view.levels, event.place).out[event.kind] ?? 'none';
  if (level === 'none' || event.kind === 'occupants') throw new Failure('not-supported');
  const encoder = encoders[event.kind] as Encoder<EventKind>;
  return { to: target(event), letter: encoder(event, view) };
}

function target({ place }: Event): string {
  return place.kind === 'realm' ? '' : addresses.fold(addresses.parse(place.id)).name;
}

// Whoever comes and goes by themselves is the account; the others are named by the loft's own ids.
function occupant({ change, who, nick, reason, password, forGood }: EventOf<'occupant'>, { name }: View): Letter {
  const own = change === 'join' || change === 'leave' || change === 'rename';
  const { affiliation, role } = who;
  return {
    type: 'occupant',
    change,
    who: { id: own ? name : who.id, nick: nickOf(who.nick || name), affiliation, role },
    ...given('nick', nick),
    ...given('reason', reason),
    ...given('password', password?.open()),
    ...given('forGood', forGood),
  };
}

function nickOf(wanted: string): string {
  const nick = wanted.replace(/[\u0000-\u001f\u007f]/g, '').trim();
  if (nick === '' || nick.length > 100) throw new Failure('not-acceptable', { text: 'This cannot be a name there.' });
  return nick;
}
