import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stripFormatting } from '#mappings/formatting.ts';
import { plainText } from '#mappings/styling.ts';
import { formatCodes, parseCodes } from '#mappings/styling-codes.ts';
import { formatHtml, parseHtml } from '#mappings/styling-html.ts';
import { formatStyling, parseStyling } from '#mappings/styling-xep0393.ts';

/** Text in which what matters to any of the syntaxes is common. */
const text = fc.string({
  unit: fc.oneof(
    fc.constantFrom('*', '_', '~', '`', '```', '>', ' ', '\n', 'a', 'word', '(', ')', '\t'),
    fc.string({ unit: 'grapheme', minLength: 1, maxLength: 1 }),
  ),
  maxLength: 80,
});
const codes = fc.string({
  unit: fc.oneof(
    fc.constantFrom('\u0002', '\u001d', '\u001f', '\u001e', '\u0011', '\u0003', '\u0004', '\u0016', '\u000f', '\u0000'),
    fc.constantFrom('4', '12', ',', 'ff00aa', ' ', 'a', '*', '_', '`', '>', '\r\n', '\u0001', '\u0085'),
    fc.string({ unit: 'grapheme', minLength: 1, maxLength: 1 }),
  ),
  maxLength: 80,
});
const html = fc.string({
  unit: fc.oneof(
    fc.constantFrom(
      ...['<b>', '</b>', '<i>', '</i>', '<p>', '</p>', '<br/>', '<pre>', '</pre>', '<blockquote>', '</blockquote>'],
      ...['<a href="https://a.example/">', "<a href='javascript:x'>", '</a>', '<script>', '</script>', '<!--', '-->'],
      ...[
        '<',
        '>',
        '&',
        '&lt;',
        '&#60;',
        '&#x3c;script&#62;',
        '&#10;',
        '&nbsp;',
        '"',
        "'",
        ' ',
        '\n',
        '<img src=x onerror=y>',
        '<li>',
      ],
    ),
    fc.string({ unit: 'grapheme', minLength: 1, maxLength: 1 }),
  ),
  maxLength: 60,
});

/** What a reader sees, however it is spaced. */
const words = (of: string): string => of.replace(/\s+/g, ' ').trim();
/** Without the directives of XEP-0393. */
const bare = (of: string): string => of.replace(/[*_~`]/g, '');

/** Without anything that XEP-0393 may read as a directive. */
const letters = (of: string): string => of.replace(/[*_~`>\s]/g, '');

describe('a styled text keeps its words', () => {
  it('in XEP-0393', () => {
    fc.assert(
      fc.property(text, (body) => {
        const read = parseStyling(body);
        const written = formatStyling(read);
        expect(letters(written)).toBe(letters(plainText(read)));
        // There is no way to escape a directive: only words without any are sure to be read as before.
        if (!/[*_~`]/.test(plainText(read))) expect(plainText(parseStyling(written))).toBe(plainText(read));
      }),
      { numRuns: 2000 },
    );
  });

  it('in codes', () => {
    fc.assert(
      fc.property(codes, (line) => {
        const read = parseCodes(line);
        expect(plainText(parseCodes(formatCodes(read)))).toBe(plainText(read));
        expect(plainText(read)).toBe(
          line
            .split(/\r\n|\r|\n/)
            .map(stripFormatting)
            .join('\n'),
        );
      }),
      { numRuns: 1000 },
    );
  });

  it('from codes to XEP-0393', () => {
    fc.assert(
      fc.property(codes, (line) => {
        const read = parseCodes(line);
        expect(bare(formatStyling(read))).toBe(bare(plainText(read)));
      }),
    );
  });

  it('from XEP-0393 to HTML', () => {
    fc.assert(
      fc.property(text, (body) => {
        const read = parseStyling(body);
        expect(words(plainText(parseHtml(formatHtml(read))))).toBe(words(plainText(read)));
      }),
      { numRuns: 1000 },
    );
  });

  it('in HTML', () => {
    fc.assert(
      fc.property(html, (page) => {
        const read = parseHtml(page);
        expect(words(plainText(parseHtml(formatHtml(read))))).toBe(words(plainText(read)));
      }),
      { numRuns: 1000 },
    );
  });
});

describe('what is written', () => {
  const ALLOWED = /<\/?(?:strong|em|del|code|pre|blockquote)>|<br>|<a href="[^"<>]*">|<\/a>/g;

  it('has no element but the few, whatever was read', () => {
    fc.assert(
      fc.property(fc.oneof(html.map(parseHtml), text.map(parseStyling), codes.map(parseCodes)), (read) => {
        const written = formatHtml(read);
        expect(written.replace(ALLOWED, '')).not.toMatch(/[<>"']/);
        expect(written).not.toMatch(/href="(?!https:)/);
      }),
      { numRuns: 1000 },
    );
  });

  it('has no control character but the codes that switch', () => {
    fc.assert(
      fc.property(fc.oneof(html.map(parseHtml), text.map(parseStyling), codes.map(parseCodes)), (read) => {
        expect(formatCodes(read)).not.toMatch(/[\u0000\u0001\u0003-\u0009\u000b-\u0010\u0012-\u001c\u001f\u007f]/);
        expect(formatHtml(read)).not.toMatch(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/);
      }),
      { numRuns: 1000 },
    );
    fc.assert(
      fc.property(codes, (line) => {
        expect(formatStyling(parseCodes(line))).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f]/);
      }),
    );
  });

  it('is there at once, even for text that is made to be slow', () => {
    for (const unit of [
      '*a ',
      '*_~`',
      '_*a ',
      '>',
      '<b>',
      '<!--',
      '&#',
      '<a href=',
      '<blockquote>',
      '\u0003',
      '```\n',
    ]) {
      const long = unit.repeat(20_000);
      for (const read of [parseStyling(long), parseHtml(long), parseCodes(long)])
        expect(letters(formatStyling(read))).toBe(letters(plainText(read)));
    }
  });
});
