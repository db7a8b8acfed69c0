import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { linesOf, split } from '#mappings/split.ts';
import { utf8Length } from '#src/model/text.ts';

const splitBytes = (line: string, size: number) => split(line, size, 'bytes');

describe('splitting by bytes', () => {
  it('leaves a line that fits alone', () => {
    expect(splitBytes('hello', 5)).toEqual(['hello']);
  });

  it('cuts after a space where one is in reach', () => {
    expect(splitBytes('one two three', 9)).toEqual(['one two ', 'three']);
  });

  it('cuts a word that is longer than a piece', () => {
    expect(splitBytes('a'.repeat(10), 4)).toEqual(['aaaa', 'aaaa', 'aa']);
  });

  it('never cuts inside a grapheme that fits into a piece', () => {
    const family = '👨‍👩‍👧‍👦';
    expect(splitBytes(`ab${family}cd`, 26)).toEqual(['ab', `${family}c`, 'd']);
  });

  it('cuts a grapheme that is longer than a piece between code points', () => {
    const stack = `e${'\u0301'.repeat(50)}`;
    const pieces = splitBytes(stack, 11);
    expect(pieces.join('')).toBe(stack);
    expect(Math.max(...pieces.map(utf8Length))).toBeLessThanOrEqual(11);
  });

  it('keeps every piece within its size, and the pieces joined give the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 300 }), fc.integer({ min: 4, max: 100 }), (text, size) => {
        const pieces = splitBytes(text, size);
        expect(pieces.join('')).toBe(text);
        for (const piece of pieces) expect(utf8Length(piece)).toBeLessThanOrEqual(size);
      }),
    );
  });
});

describe('linesOf', () => {
  it('takes every kind of line end and drops empty lines', () => {
    expect(linesOf('a\r\nb\rc\n\nd')).toEqual(['a', 'b', 'c', 'd']);
  });
});
