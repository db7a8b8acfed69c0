import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fileName, idOf, mediaPath, newSecret, plainType } from '#src/core/media/media-names.ts';
import { rangeOf } from '#src/web/media-range.ts';

const wild = fc.string({
  unit: fc.oneof(
    fc.constantFrom(
      '/',
      '\\',
      '.',
      '..',
      '%2e',
      '%',
      '"',
      '\r\n',
      '\0',
      '\u202e',
      '\ud800',
      'é',
      '👨‍👩‍👧‍👦',
      ' ',
      'a',
      '?',
      '#',
    ),
    fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
  ),
  maxLength: 300,
});

describe('names of files', () => {
  it('are one segment of a path, one line of a header and nothing hidden', () => {
    fc.assert(
      fc.property(wild, wild, (name, type) => {
        const clean = fileName(name, type);
        expect(clean).toMatch(/^[^./\\"<>\p{Cc}\p{Cs}][^/\\"<>\p{Cc}\p{Cs}]*$/u);
        expect([...clean].length).toBeLessThanOrEqual(100);
        const secret = newSecret();
        const { pathname, search, hash } = new URL(`https://gw.example${mediaPath(secret, clean)}`);
        expect([pathname.split('/').length, search, hash]).toEqual([4, '', '']);
        expect(decodeURIComponent(pathname)).toBe(`/media/${secret}/${clean}`);
        expect(fileName(clean, type)).toBe(clean);
      }),
    );
  });

  it.each([
    ['../../etc/passwd', 'passwd'],
    ['C:\\Users\\romeo\\cv.pdf', 'cv.pdf'],
    ['..', 'file.png'],
    ['', 'file.png'],
    ['.htaccess', 'htaccess'],
    ['gp\u202ejpg.exe', 'gpjpg.exe'],
  ])('%j becomes %j', (name, clean) => expect(fileName(name, 'image/png')).toBe(clean));

  it('are told apart by 256 random bits, of which the disk and the store know a digest', () => {
    const secrets = Array.from({ length: 1000 }, newSecret);
    expect(new Set(secrets).size).toBe(1000);
    for (const secret of secrets) {
      expect(Buffer.from(secret, 'base64url')).toHaveLength(32);
      expect(idOf(secret)).toMatch(/^[0-9a-f]{64}$/);
      expect(idOf(secret)).not.toContain(secret);
    }
    fc.assert(fc.property(wild, (text) => idOf(text) === '' || /^[\w-]{43}$/.test(text)));
  });

  it('types lose what could break a header', () => {
    const check = (type: string) => {
      expect(plainType(type)).toMatch(/^[\w!#$&^.+-]+\/[\w!#$&^.+-]+$/);
    };
    fc.assert(fc.property(wild, check));
    expect(plainType('Text/HTML; charset=utf-8')).toBe('text/html');
    expect(plainType(undefined)).toBe('application/octet-stream');
  });
});

describe('ranges', () => {
  it('lie within the file', () => {
    const number = fc.option(fc.nat(50), { nil: '' });
    fc.assert(
      fc.property(number, number, fc.nat(40), (from, to, size) => {
        const range = rangeOf(`bytes=${from}-${to}`, size);
        if (range === undefined || range === 'none') return;
        expect(range.start).toBeGreaterThanOrEqual(0);
        expect(range.end).toBeGreaterThanOrEqual(range.start);
        expect(range.end).toBeLessThan(size);
      }),
    );
  });

  it.each([
    ['bytes=0-0', { start: 0, end: 0 }],
    ['bytes=5-', { start: 5, end: 9 }],
    ['bytes=-3', { start: 7, end: 9 }],
    ['bytes=-30', { start: 0, end: 9 }],
    ['bytes=2-99', { start: 2, end: 9 }],
    ['bytes=10-', 'none'],
    ['bytes=-0', 'none'],
    ['bytes=5-2', undefined],
    ['bytes=0-1,3-4', undefined],
    ['lines=0-1', undefined],
    ['bytes=-', undefined],
    [null, undefined],
  ])('%s of ten bytes', (header, range) => expect(rangeOf(header, 10)).toEqual(range));
});
