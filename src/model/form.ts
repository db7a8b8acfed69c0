import type { Words } from './language.ts';

/** XEP-0004 without XML: what a person is asked, on any surface; `Field<string>` once it is in their language. */
export type Field<Said extends Words = Words> = {
  readonly name: string;
  readonly label?: Said;
  readonly type: 'text' | 'secret' | 'boolean' | 'choice' | 'choices' | 'lines' | 'note' | 'hidden' | 'jid' | 'jids';
  readonly required?: boolean;
  readonly value?: readonly string[];
  readonly options?: readonly { readonly value: string; readonly label?: Said }[];
  /** Text that is a number. */
  readonly number?: NumberRange;
};

/** Which numbers a field takes: `whole` ones alone, the bounds included. */
export type NumberRange = { readonly whole: boolean; readonly min?: number; readonly max?: number };

/**
 * How a form came back: filled in or given up, by whom as the network calls them, and how that is known: by the address
 * that was written from, or by a code as well.
 */
export type Ending = {
  readonly state: 'submit' | 'cancel';
  readonly by: string;
  readonly verified?: 'address' | 'code';
};

/** `ending` is there where it comes back; its fields then hold what was filled in. */
export type Form<Said extends Words = Words> = {
  readonly title?: Said;
  readonly instructions?: Said;
  readonly fields: readonly Field<Said>[];
  readonly ending?: Ending;
};

/** What came back, by field name. */
export type Answer = Readonly<Record<string, readonly string[]>>;
