import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { flow } from '#bridges/email/wire/flow.ts';
import { unflow } from '#bridges/email/wire/unflow.ts';

describe('a text in format=flowed (RFC 3676)', () => {
  it.each([
    ['short', 'short'],
    [`${'word '.repeat(20)}end`, `${'word '.repeat(14)}\n${'word '.repeat(6)}end`],
    [' in', '  in'],
    ['From me', ' From me'],
    ['> they said', '> they said'],
    ['>', '>'],
    [`> ${'word '.repeat(20)}end`, `> ${'word '.repeat(14)}\n> ${'word '.repeat(6)}end`],
    ['>> a\n> b\nc', '>> a\n> b\nc'],
    ['bye\n-- \nBob', 'bye\n-- \nBob'],
    ['blank  \nend', 'blank\nend'],
    [`-- ${'x'.repeat(80)}`, `-- ${'x'.repeat(80)}`],
    ['x'.repeat(200), 'x'.repeat(200)],
  ])('%j is %j', (text, flowed) => {
    expect(flow(text)).toBe(flowed);
  });

  it('is what it was once it is joined again, but for blanks at the ends of lines', () => {
    const piece = fc.constantFrom(
      '>',
      ' ',
      '  ',
      '-- ',
      '--',
      'From ',
      'word',
      'x'.repeat(30),
      '\n',
      'é',
      '\t',
      '日本語',
    );
    const trimmed = (text: string): string =>
      text
        .split('\n')
        .map((line) => (line === '-- ' ? line : line.replace(/^(>+)(?!>) ?(?=.)/, '$1 ').trimEnd()))
        .join('\n');
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 60 }), (pieces) => {
        const text = pieces.join('');
        const flowed = flow(text);
        expect(trimmed(unflow(flowed, false))).toBe(trimmed(text));
        for (const line of flowed.split('\n'))
          if (line.length > 78)
            expect(
              line
                .trim()
                .split(' ')
                .some((word) => word.length > 28),
            ).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });
});
