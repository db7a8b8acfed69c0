import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { escapeName, prepared, unescapeName } from '#bridges/irc/wire/escape.ts';
import { addressName, folding } from '#bridges/irc/wire/names.ts';

const name = fc.oneof(
  fc.string({ unit: 'binary', minLength: 1, maxLength: 12 }),
  fc.string({
    unit: fc.constantFrom('a', 'K', '\u212a', '=', '7', 'b', '[', '{', '\u0308', 'Ø', 'ﬁ'),
    minLength: 1,
    maxLength: 8,
  }),
);

describe('names in addresses', () => {
  it.each([
    ['nurse', 'nurse', 'nurse'],
    ['a{', 'a{', 'a=7b'],
    ['\u212a', '=e2=84=aa', '=e2=84=aa'],
    ['#tromsø', '#tromsø', '#tromsø'],
    ['#TROMSØ', '#TROMS=c3=98', '#TROMS=c3=98'],
    ['#a=b', '#a=b', '#a=b'],
    ['#a=bc', '#a=3dbc', '#a=3dbc'],
  ])('%s is %s, and %s beside a twin', (wire, alone, apart) => {
    expect([escapeName(wire), escapeName(wire, true)]).toEqual([alone, apart]);
  });

  it('mean one name each, which no server changes but for the case of ASCII', () => {
    fc.assert(
      fc.property(name, fc.boolean(), (wire, apart) => {
        const written = escapeName(wire, apart);
        expect(prepared(written)).toBe(written.toLowerCase());
        if (written !== wire) expect(unescapeName(written)).toBe(wire);
        expect(addressName(addressName(written))).toBe(addressName(written));
      }),
    );
  });

  it('are read only as they would be written', () => {
    expect(['=23c', '=0d=0a', 'a=61', '=ff', '=20'].map(unescapeName)).toEqual([
      '=23c',
      '=0d=0a',
      'a=61',
      '=ff',
      '=20',
    ]);
  });
});

it.each([
  ['ascii', 'A[~', 'a[~'],
  ['strict-rfc1459', 'A[~', 'a{~'],
  ['rfc1459', 'A[~', 'a{^'],
  ['rfc7613', 'Ø[', 'ø['],
  ['martian', 'AØ[', 'aØ['],
])('%s folds %s to %s', (mapping, wire, folded) => expect(folding(mapping)(wire)).toBe(folded));
