import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { begin, type Filled, introduction, question, take } from '#mappings/forms.ts';
import type { Field, Form } from '#src/model/form.ts';

const form: Form<string> = {
  title: 'A letter',
  fields: [
    { name: 'note', type: 'note', value: ['It flies at dawn.'] },
    { name: 'key', type: 'hidden', value: ['k'] },
    { name: 'to', label: 'To whom', type: 'text', required: true },
    { name: 'fast', type: 'boolean', value: ['false'] },
    { name: 'bird', type: 'choice', options: [{ value: 'dove', label: 'A dove' }, { value: '1' }] },
    { name: 'days', type: 'choices', options: [{ value: 'mon' }, { value: 'tue' }] },
    { name: 'text', type: 'lines', required: true },
  ],
};

/** The names that were asked, and what is known at the end. */
function play(words: string, answers: readonly string[]) {
  const asked: string[] = [];
  let state: Filled = begin(form, words, 'en');
  for (const answer of answers) {
    if ('trouble' in state || !state.next) break;
    asked.push(state.next.name);
    const next = take(state, answer, 'en');
    if (!('trouble' in next)) state = next;
  }
  return { asked, answer: 'trouble' in state ? undefined : state.answer, open: 'next' in state };
}

describe('a form in a chat', () => {
  it('is asked field by field, again where an answer does not fit', () => {
    expect(play('', ['juliet', 'perhaps', 'yes', 'raven', 'A Dove', '2, mon', 'two\nlines'])).toEqual({
      asked: ['to', 'fast', 'fast', 'bird', 'bird', 'days', 'text'],
      answer: {
        key: ['k'],
        to: ['juliet'],
        fast: ['true'],
        bird: ['dove'],
        days: ['tue', 'mon'],
        text: ['two', 'lines'],
      },
      open: false,
    });
  });

  it('keeps what is left as it is, but for what is required', () => {
    expect(play('', ['-', '-', '-', '-', '-'])).toEqual({
      asked: ['to', 'fast', 'bird', 'days', 'text'],
      answer: { key: ['k'], to: ['-'], fast: ['false'], text: ['-'] },
      open: false,
    });
  });

  it('takes words: one a field, and the last takes the rest', () => {
    expect(play('juliet no 1 tue hark, what\nlight', [])).toEqual({
      asked: [],
      answer: {
        key: ['k'],
        to: ['juliet'],
        fast: ['false'],
        bird: ['1'],
        days: ['tue'],
        text: ['hark, what', 'light'],
      },
      open: false,
    });
    expect(play('juliet', ['hark']).asked).toEqual(['text']);
    expect(play('juliet maybe', ['no']).asked).toEqual(['fast']);
  });

  it('says what is asked', () => {
    expect(introduction(form)).toBe('A letter\nIt flies at dawn.');
    expect(
      form.fields.filter(({ name }) => ['to', 'fast', 'bird'].includes(name)).map((one) => question(one, 'en')),
    ).toEqual([
      'To whom?',
      'fast?\nAnswer yes or no.\nNow: no\n- leaves it as it is.',
      'bird?\n1. A dove\n2. 1\nAnswer with a number.\n- leaves it as it is.',
    ]);
    expect(question({ name: 'sure', label: 'Are you sure?', type: 'boolean', required: true }, 'en')).toMatch(
      /^Are you sure\?\n/,
    );
    expect(question({ name: 'password', type: 'secret', required: true, value: ['x'] }, 'en')).not.toContain('x\n');
  });

  it('ends after an answer to each field, whatever is answered', () => {
    const fields = fc.array(
      fc.record({
        name: fc.string({ minLength: 1, maxLength: 3 }),
        type: fc.constantFrom<Field['type']>('text', 'secret', 'lines', 'jid', 'note', 'hidden'),
        required: fc.boolean(),
      }),
      { maxLength: 6 },
    );
    const text = fc.string({ minLength: 1 });
    fc.assert(
      fc.property(fields, fc.string(), fc.array(text, { minLength: 6, maxLength: 6 }), (some, words, answers) => {
        let state: Filled = begin({ fields: some }, words.trim(), 'en');
        for (const answer of answers) if (!('trouble' in state) && state.next) state = take(state, answer, 'en');
        expect('next' in state).toBe(false);
      }),
    );
  });
});
