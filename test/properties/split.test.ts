import fc from 'fast-check';
import { SegmentedMessage } from 'sms-segments-calculator';
import { describe, expect, it } from 'vitest';
import { isGsm, segmentsOf } from '#mappings/segments.ts';
import { excerpt, measure, split } from '#mappings/split.ts';

const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' });
const text = fc.string({
  unit: fc.oneof(
    fc.constantFrom(' ', ' ', 'a', '<', '&', '"', '€', 'ę', '👨‍👩‍👧‍👦', '🇨🇭', 'e\u0301', ' \u0308', '\n'),
    fc.string({ unit: 'grapheme', minLength: 1, maxLength: 1 }),
  ),
  maxLength: 400,
});
const units = fc.constantFrom('bytes' as const, 'escaped' as const, 'characters' as const, 'segments' as const);
/** The smallest size that holds any code point. */
const size = fc.integer({ min: 6, max: 120 });

describe('splitting', () => {
  it('keeps within the limit, and the pieces joined give the text', () => {
    fc.assert(
      fc.property(text, size, units, (whole, limit, unit) => {
        const most = unit === 'segments' ? 1 + (limit % 3) : limit;
        const pieces = split(whole, most, unit);
        expect(pieces.join('')).toBe(whole);
        for (const piece of pieces) expect(measure(piece, unit)).toBeLessThanOrEqual(most);
        if (whole !== '') expect(pieces).not.toContain('');
      }),
    );
  });

  it('never cuts inside a grapheme that fits into a piece', () => {
    fc.assert(
      fc.property(text, fc.integer({ min: 30, max: 120 }), (whole, limit) => {
        const segments = [...graphemes.segment(whole)];
        fc.pre(segments.every(({ segment }) => measure(segment, 'bytes') <= limit));
        const borders = new Set(segments.map(({ index }) => index));
        let at = 0;
        for (const piece of split(whole, limit, 'bytes')) {
          if (whole !== '') expect(borders.has(at)).toBe(true);
          at += piece.length;
        }
      }),
    );
  });

  it('makes excerpts of one line', () => {
    fc.assert(
      fc.property(text, fc.integer({ min: 10, max: 60 }), (whole, limit) => {
        const short = excerpt(whole, limit);
        expect(short).not.toMatch(/[\r\n]/);
        expect([...short].length).toBeLessThanOrEqual(limit + 1);
      }),
    );
  });
});

describe('SMS segments', () => {
  it.each([
    ['', 0],
    ['a'.repeat(160), 1],
    ['a'.repeat(161), 2],
    ['a'.repeat(306), 2],
    ['a'.repeat(307), 3],
    ['€'.repeat(80), 1],
    ['€'.repeat(81), 2],
    // An escaped character does not fit into the last septet of a part.
    [`${'a'.repeat(152)}€${'a'.repeat(152)}`, 3],
    ['ę'.repeat(70), 1],
    ['ę'.repeat(71), 2],
    ['ę'.repeat(135), 3],
    ['😀'.repeat(35), 1],
    ['😀'.repeat(36), 2],
    // 134 units would be two parts of 67, but no pair is divided.
    ['😀'.repeat(67), 3],
  ])('of %j are %s', (one, count) => expect(segmentsOf(one)).toBe(count));

  it('know the alphabet', () => {
    expect(isGsm('Hällo {[€]} ΔΩ @')).toBe(true);
    expect(isGsm('ç')).toBe(false);
    expect(isGsm('`')).toBe(false);
  });

  it('are those that another counter finds', () => {
    // That counter reads CR LF as one character and keeps whole graphemes together; phones count code units.
    const unit = fc.constantFrom(...'aZ @£$¥èéùìòÇØøÅå_ΔΦÆæßÉ!"#¤%&()*+,-./0189:;<=>?¡§¿äöñüà^{}\\[~]|€ęçЖ漢😀\n');
    fc.assert(
      fc.property(fc.array(unit, { minLength: 1, maxLength: 500 }), (units) => {
        const one = units.join('');
        expect(segmentsOf(one)).toBe(new SegmentedMessage(one).segmentsCount);
      }),
    );
    const gsm = fc.constantFrom(...'abc €[]\n');
    fc.assert(
      fc.property(fc.array(gsm, { minLength: 140, maxLength: 500 }), (units) => {
        const one = units.join('');
        expect(segmentsOf(one)).toBe(new SegmentedMessage(one).segmentsCount);
      }),
    );
  });
});
