import type { Field, Form } from '#src/model/form.ts';
import type { BareJid } from '#src/model/ids.ts';
import type { Words } from '#src/model/language.ts';
import { type ADMINISTRATION, administrationTexts as texts } from './texts/administration.ts';
import { dialogueTexts } from './texts/dialogues.ts';

const ANNOUNCEMENT: Field = { name: 'announcement', label: texts.announcement, type: 'lines' };

/** What may be typed behind them. */
export const TAKES: Readonly<Partial<Record<keyof typeof ADMINISTRATION, { readonly takes: Words }>>> = {
  announce: { takes: dialogueTexts.text },
  'end-user-session': { takes: dialogueTexts.users },
  'delete-user': { takes: dialogueTexts.users },
};

export const ANNOUNCING: Form = { title: texts.announcing, fields: [{ ...ANNOUNCEMENT, required: true }] };

const JIDS: Field = { name: 'accountjids', label: texts.addresses, type: 'jids', required: true };

export const ENDING: Form = { title: texts.ending, fields: [JIDS] };
export const REMOVING: Form = {
  title: texts.removing,
  instructions: texts.forGood,
  fields: [JIDS],
};

/** The most users that a list has. */
const MOST = 1000;
const SIZES = ['25', '50', '100', '200', 'none'];
const SIZE: Field = {
  name: 'max_items',
  label: texts.howMany,
  type: 'choice',
  value: ['100'],
  options: SIZES.map((value) => ({ value, ...(value === 'none' && { label: texts.all(MOST) }) })),
};

export const LISTING: Form = { fields: [SIZE] };

/** Seconds until the stop. */
const DELAYS = ['0', '30', '60', '180', '300', '600'];
const DELAY: Field = {
  name: 'delay',
  label: texts.when,
  type: 'choice',
  value: ['60'],
  options: DELAYS.map((value) => ({ value, label: value === '0' ? texts.atOnce : texts.inSeconds(value) })),
};

/** Asks for the stop, with how much is owed in which state. */
export const stopping = ({ ready = 0, flight = 0, taken = 0 }: Readonly<Record<string, number>>): Form => ({
  title: texts.stopping,
  instructions: texts.owed(ready, flight, taken),
  fields: [DELAY, ANNOUNCEMENT],
});

const LABELS = { registered: texts.registered, online: texts.online } as const;
type Which = keyof typeof LABELS;

/** How many users there are, as somebody is told. */
export function total(which: Which, count: number): { readonly text: Words; readonly fields: readonly Field[] } {
  const label = LABELS[which];
  const field: Field = { name: `${which}usersnum`, label, type: 'text', value: [String(count)] };
  return { text: texts.counted(label, String(count)), fields: [field] };
}

/** Who the users are, as somebody is told who has asked for a list of this size. */
export function listed(which: Which, users: readonly BareJid[], size = '100'): ReturnType<typeof total> {
  const most = Number(size) || MOST;
  const label = LABELS[which];
  const field: Field = { name: `${which}userjids`, label, type: 'jids', value: users.slice(0, most) };
  const count = users.length > most ? texts.someOf(most, users.length) : `${users.length}`;
  return { text: texts.counted(label, count), fields: [field] };
}
