/** XEP-0004 without XML: what a person is asked, on any surface. */
export type Field = {
  readonly name: string;
  readonly label?: string;
  readonly type: 'text' | 'secret' | 'boolean' | 'choice' | 'choices' | 'lines' | 'note' | 'hidden' | 'jid';
  readonly required?: boolean;
  readonly value?: readonly string[];
  readonly options?: readonly { readonly value: string; readonly label?: string }[];
};

export type Form = { readonly title?: string; readonly instructions?: string; readonly fields: readonly Field[] };

/** What came back, by field name. */
export type Answer = Readonly<Record<string, readonly string[]>>;
