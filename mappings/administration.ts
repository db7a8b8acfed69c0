import type { Field, Form } from '#src/model/form.ts';
import type { BareJid } from '#src/model/ids.ts';
import type { Words } from '#src/model/language.ts';
import { dialogueTexts } from './texts/dialogues.ts';

/** What those who run the gateway can do on one of its transports. Names and fields are those of XEP-0133. */
export const ADMINISTRATION = {
  announce: 'Tell something to all users who are online',
  'end-user-session': 'End the sessions of users',
  'delete-user': 'Remove users with all that is theirs',
  'get-registered-users-num': 'How many users have registered',
  'get-registered-users-list': 'Who has registered',
  'get-online-users-num': 'How many users are online',
  'get-online-users-list': 'Who is online',
  shutdown: 'Stop the gateway',
} as const;

/** What may be typed behind them. */
export const TAKES: Readonly<Partial<Record<keyof typeof ADMINISTRATION, { readonly takes: Words }>>> = {
  announce: { takes: dialogueTexts.text },
  'end-user-session': { takes: dialogueTexts.users },
  'delete-user': { takes: dialogueTexts.users },
};

const ANNOUNCEMENT: Field = { name: 'announcement', label: 'What they are told', type: 'lines' };

export const ANNOUNCING: Form = { title: 'Announcement', fields: [{ ...ANNOUNCEMENT, required: true }] };

const JIDS: Field = { name: 'accountjids', label: 'Their addresses', type: 'jids', required: true };

export const ENDING: Form = { title: 'End sessions', fields: [JIDS] };
export const REMOVING: Form = {
  title: 'Remove users',
  instructions: 'Their registration, settings and archives go for good.',
  fields: [JIDS],
};

/** The most users that a list has. */
const MOST = 1000;
const SIZES = ['25', '50', '100', '200', 'none'];
const SIZE: Field = {
  name: 'max_items',
  label: 'How many at most',
  type: 'choice',
  value: ['100'],
  options: SIZES.map((value) => ({ value, ...(value === 'none' && { label: `all (${MOST} at most)` }) })),
};

export const LISTING: Form = { fields: [SIZE] };

/** Seconds until the stop. */
const DELAYS = ['0', '30', '60', '180', '300', '600'];
const DELAY: Field = {
  name: 'delay',
  label: 'When',
  type: 'choice',
  value: ['60'],
  options: DELAYS.map((value) => ({ value, label: value === '0' ? 'at once' : `in ${value} s` })),
};

/** Asks for the stop, with how much is owed in which state. */
export const stopping = ({ ready = 0, flight = 0, taken = 0 }: Readonly<Record<string, number>>): Form => ({
  title: 'Stop the gateway',
  instructions:
    `${ready} messages wait in the queue, ${flight} are on their way and ${taken} are not confirmed yet. ` +
    'They are kept, and go on after the next start.',
  fields: [DELAY, ANNOUNCEMENT],
});

const LABELS = { registered: 'Registered users', online: 'Online users' } as const;
type Which = keyof typeof LABELS;

/** How many users there are, as somebody is told. */
export function total(which: Which, count: number): { readonly text: string; readonly fields: readonly Field[] } {
  const label = LABELS[which];
  const field: Field = { name: `${which}usersnum`, label, type: 'text', value: [String(count)] };
  return { text: `${label}: ${count}`, fields: [field] };
}

/** Who the users are, as somebody is told who has asked for a list of this size. */
export function listed(which: Which, users: readonly BareJid[], size = '100'): ReturnType<typeof total> {
  const most = Number(size) || MOST;
  const label = LABELS[which];
  const field: Field = { name: `${which}userjids`, label, type: 'jids', value: users.slice(0, most) };
  const count = users.length > most ? `${most} of ${users.length}` : `${users.length}`;
  return { text: `${label}: ${count}`, fields: [field] };
}
