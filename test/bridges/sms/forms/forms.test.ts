import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FORM_TIME, heard, isOpen, type OpenForm, returned } from '#bridges/sms/forms/forms.ts';
import { costOf, nextNumber, opening, questionnaireOf, stepsOf, textOf } from '#bridges/sms/forms/questions.ts';
import { keywordOf } from '#bridges/sms/routing/keywords.ts';
import { Failure } from '#src/model/failure.ts';
import type { Field, Form } from '#src/model/form.ts';

const NOW = 1_700_000_000_000;

const mask: Field<string> = {
  name: 'mask',
  label: 'Which mask?',
  type: 'choice',
  required: true,
  options: [{ value: 'l', label: 'Lion' }, { value: 'm' }],
};
const coming: Field<string> = { name: 'coming', label: 'Are you coming?', type: 'boolean' };
const dances: Field<string> = {
  name: 'dances',
  type: 'choices',
  options: [
    { value: 'p', label: 'Pavane' },
    { value: 'g', label: 'Galliard' },
  ],
};
const form: Form<string> = { title: 'The ball', fields: [mask, coming, dances] };
const code: Field<string> = { name: 'isthmus#code', type: 'hidden', value: ['4711'] };

const open = (asked: Form<string> = form, more: Partial<OpenForm> = {}): OpenForm => ({
  ...{ id: 'e1', account: 'a', our: '+15005550006', their: '+14155552671', plan: questionnaireOf(asked, '', 1) },
  ...{ step: 0, chosen: {}, until: NOW + FORM_TIME, fresh: true, codes: 0, extra: 0, tries: 0 },
  ...more,
});

/** What comes of texts one after the other, each question sent before the next one. */
function answering(start: OpenForm, ...texts: readonly string[]): OpenForm {
  return texts.reduce((now, text) => {
    const { unsent: _, ...sent } = heard(now, text, NOW).form;
    return sent;
  }, start);
}

const submitted = (one: OpenForm) => (one.end === 'answered' ? returned(one).form.fields : undefined);

describe('a plan', () => {
  it('gives each option a number of its own', () => {
    const plan = questionnaireOf(form, '', 1);
    expect([0, 1, 2].map((step) => textOf(plan, step))).toEqual([
      'Which mask?\n1 Lion\n2 m\nReply with the number only. 0 leaves.',
      'Are you coming?\n3 True\n4 False\nReply with the number only. 0 leaves.',
      'dances\n5 Pavane\n6 Galliard\n7 None of these\nReply with the numbers only, such as 5 6. 0 leaves.',
    ]);
    expect(nextNumber(plan)).toBe(8);
    expect(nextNumber(questionnaireOf(form, '', 8))).toBe(15);
    expect(nextNumber(questionnaireOf(form, '', 95))).toBe(8);
  });

  it('says what was written beside the form in the place of its title', () => {
    expect(opening(questionnaireOf(form, 'Tonight!', 1))).toMatch(/^Tonight!\nWhich mask/);
    expect(opening(questionnaireOf(form, '', 1))).toMatch(/^The ball\nWhich mask/);
  });

  it.each<[string, Field<string>[]]>([
    ['a required text', [mask, { name: 'n', type: 'text', required: true }]],
    ['nothing to choose', [{ name: 'n', type: 'note', value: ['hello'] }]],
    ['a choice without options', [{ name: 'n', type: 'choice' }]],
    ['an option that opts out', [{ name: 'n', type: 'choice', options: [{ value: 'x', label: 'Stop!' }] }]],
    ['a code with letters', [mask, { ...code, value: ['abcd'] }]],
    ['too many questions', Array.from({ length: 11 }, (_, n) => ({ name: `q${n}`, type: 'boolean' }))],
    ['too many options', [{ ...mask, options: Array.from({ length: 61 }, (_, n) => ({ value: `${n}` })) }]],
  ])('refuses %s', (_what, fields) => {
    expect(() => questionnaireOf({ fields }, '', 1)).toThrow(Failure);
  });

  it('asks for no word that opts in or out, and never shows the code', () => {
    const plan = questionnaireOf({ fields: [code, mask, coming, dances] }, '', 1);
    const texts = Array.from({ length: stepsOf(plan) }, (_, step) => textOf(plan, step));
    for (const text of texts) {
      expect(text).not.toContain('4711');
      for (const word of text.split(/[^\p{L}]+/u)) expect(keywordOf(word, 'DE', true)).toBeUndefined();
    }
  });

  it('costs all its texts and one that closes it', () => {
    expect(costOf(questionnaireOf(form, '', 1), '')).toBe(4);
    expect(costOf(questionnaireOf({ fields: [code, coming] }, 'x'.repeat(200), 1), '')).toBe(4);
  });
});

describe('an answer', () => {
  it('of every question makes a submit with what was chosen', () => {
    expect(submitted(answering(open(), '2', '4', '5, 6'))).toEqual([
      { name: 'mask', type: 'choice', value: ['m'] },
      { name: 'coming', type: 'choice', value: ['false'] },
      { name: 'dances', type: 'choices', value: ['p', 'g'] },
    ]);
    expect(submitted(answering(open(), ' 1\n', '3', '7'))).toHaveLength(2);
  });

  it('needs the code first where one is demanded', () => {
    const locked = open({ fields: [code, coming] });
    expect(answering(locked, '1').end).toBeUndefined();
    expect(answering(locked, '4712', '4711', '1')).toMatchObject({ end: 'answered', codes: 1 });
    expect(answering(locked, '0000', '1111', '2222', '4711')).toMatchObject({ end: 'locked' });
  });

  it('leaves with 0, and what comes later is told so a few times', () => {
    const left = answering(open(), '1', '0');
    expect(left).toMatchObject({ end: 'left', step: 1 });
    expect(heard(left, '3', NOW).form.unsent).toMatch('closed');
    const often = answering(left, ...Array.from({ length: 20 }, () => '3'));
    expect(often.extra).toBe(5);
  });

  it('is a text for somebody else where something was sent since; the question is asked again', () => {
    const verdict = heard(open(form, { fresh: false }), '1', NOW);
    expect(verdict).toMatchObject({ counts: false, form: { fresh: true, step: 0, chosen: {} } });
    expect(verdict.form.unsent).toMatch('Which mask?');
  });

  // The form waits for its second question, after 1: all of these come in its place.
  const wrong: readonly (readonly [string, Partial<OpenForm>])[] = [
    ...['1', '2', '1 2', '2 1', '5', '6', '7', '5 6', '8', '9', '10', '33', '34', '43', '99', '3 4', '3,4', '3 3'],
    ...['3.', '3)', '#3', '+3', '-3', '03', '003', '3a', 'a3', '3 please', 'option 3', '３', '٣', '③', 'three', 'true'],
    ...['TRUE', 'True', 'yes', 'Yes', 'no', 'ok', '', ' ', '?', '3\n4', '3;4', '3/4', '3-4', '4711', '12345678'],
    ...['123456789', 'STOP 3', 'Are you coming? 3'],
  ].map((text) => [text, {}] as const);
  const badly: readonly (readonly [string, Partial<OpenForm>])[] = [
    ['3', { fresh: false }],
    ['0', { fresh: false }],
    ['3', { until: NOW }],
    ['3', { until: NOW - 1 }],
    ['3', { end: 'left' }],
    ['3', { end: 'expired' }],
    ['3', { end: 'stopped', fresh: false }],
    ['3', { end: 'locked' }],
  ];

  it.each([...wrong, ...badly])('such as %j is none (%o)', (text, more) => {
    const waiting = { ...answering(open(), '1'), ...more };
    const { form: now } = heard(waiting, text, NOW);
    expect(now.chosen).toEqual({ mask: [1] });
    expect(now.step).toBe(1);
    expect(submitted(now)).toBeUndefined();
    expect(now.end).toBe(waiting.end);
  });

  it('may come in any number and order: only what is asked at its turn is ever submitted', () => {
    const texts = fc.array(
      fc.oneof(
        fc.integer({ min: 0, max: 12 }).map(String),
        fc.constantFrom('5 6', '7 5', '3 4', '4711', 'yes', '', '1.'),
        fc.string({ maxLength: 4 }),
      ),
      { maxLength: 25 },
    );
    fc.assert(
      fc.property(texts, (all) => {
        let now = open();
        const expected: Record<string, number[]> = {};
        for (const text of all) {
          const { plan, step } = now;
          const question = plan.questions[step];
          const numbers = text.trim().split(/[ ,]+/).map(Number);
          const options = question?.options.map(({ number }) => number) ?? [];
          const next = answering(now, text);
          if (next.step > step && question) {
            expect(options).toEqual(expect.arrayContaining(numbers));
            expected[question.name] = numbers;
          }
          expect(next.step - step).toBeLessThanOrEqual(1);
          now = next;
        }
        expect(now.chosen).toEqual(expected);
        expect(now.extra).toBeLessThanOrEqual(5);
        if (now.end === 'answered') expect(Object.keys(expected)).toHaveLength(3);
        expect(isOpen(now, NOW)).toBe(now.end === undefined);
      }),
    );
  });
});
