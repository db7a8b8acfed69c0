import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cleanText } from '#bridges/email/wire/clean/clean.ts';
import type { CleanText } from '#bridges/email/wire/mail.ts';
import { readMail } from './wire/read-mail.ts';

// Replies as mail programs write them, each with what its writer has said: NAME.eml and NAME.txt. `sent.json` is what we had sent.
const folder = join(import.meta.dirname, 'corpus');
const read = (file: string): string => readFileSync(join(folder, file), 'utf8');
const names = readdirSync(folder)
  .filter((name) => name.endsWith('.eml'))
  .map((name) => name.slice(0, -4));
const sent: readonly string[] = JSON.parse(read('sent.json'));

/** The text, and below it who wrote what is handed on. */
const shown = ({ text, forwarded }: CleanText): string =>
  [
    text,
    ...(forwarded
      ? ['=== forwarded', `from: ${forwarded.from?.address}`, `subject: ${forwarded.subject}`, '', forwarded.text]
      : []),
  ].join('\n');

/** Lines that quote what we sent are no words of the writer. */
const isOurs = (line: string): boolean => line.startsWith('> ') && sent.some((text) => text.includes(line.slice(2)));

const words = (text: string): string[] => text.match(/[\p{L}\p{N}]+/gu) ?? [];

/** The words of the expected text that are not in the other one, in this order. */
function lost(expected: string, text: string): string[] {
  const left = words(text);
  return words(expected).filter((word) => {
    const at = left.indexOf(word);
    if (at >= 0) left.splice(0, at + 1);
    return at < 0;
  });
}

async function cleaned(name: string, ours: readonly string[]): Promise<{ text: string; expected: string }> {
  const { mail } = await readMail(readFileSync(join(folder, `${name}.eml`)));
  return { text: shown(cleanText(mail, ours)).trim(), expected: read(`${name}.txt`).trim() };
}

describe('the corpus of replies', () => {
  it('has at least 120 of them', () => {
    expect(names.length).toBeGreaterThanOrEqual(120);
  });

  it('comes out exactly in at least 95 % of them', async () => {
    const wrong: Record<string, string> = {};
    for (const name of names) {
      const { text, expected } = await cleaned(name, sent);
      if (text !== expected) wrong[name] = text;
    }
    expect(Object.keys(wrong).length, JSON.stringify(wrong, undefined, 1)).toBeLessThanOrEqual(names.length * 0.05);
  });

  // Answers within a mail of ours that nothing marks are found only where we know what we sent.
  it.each([
    ['what we sent', sent, []],
    ['nothing of what we sent', [], ['outlook-en-inline-unmarked']],
  ])('loses no word of the writer, knowing %s', async (_, ours, excepted) => {
    const losses: Record<string, string[]> = {};
    for (const name of names) {
      const { text, expected } = await cleaned(name, ours);
      const written = expected.split('\n').filter((line) => !isOurs(line));
      const missing = lost(written.join('\n'), text);
      if (missing.length > 0) losses[name] = missing;
    }
    expect(Object.keys(losses), JSON.stringify(losses)).toEqual(excepted);
  });
});

describe('a text that nobody else had a part in', () => {
  const line = fc.oneof(
    fc.constantFrom(
      '',
      '',
      '-- ',
      '--',
      'Cheers',
      'Thanks,',
      'Bob',
      '________________',
      'From: here',
      'To: there',
      'I wrote:',
      '10:30',
    ),
    fc
      .array(
        fc.constantFrom('we', 'meet', 'on', 'Monday', 'at', '12:30', 'wrote', 'Date', 'and', 'sent', 'from', 'iPhone'),
        { maxLength: 8 },
      )
      .map((said) => said.join(' ')),
  );

  it('keeps its words, except for a name below a closing word or below dashes', () => {
    fc.assert(
      fc.property(fc.array(line, { maxLength: 12 }), (lines) => {
        const text = lines.join('\n');
        const from = { address: 'nobody@example.com', name: 'Zaphod' };
        const kept = cleanText({ from, text, subject: 'x' }, []).text;
        const delimited = lines.lastIndexOf('-- ');
        const device = /sent from[^\n]*$/gim;
        const expected = (delimited < 0 ? lines : lines.slice(0, delimited)).join('\n').replace(device, '');
        expect(lost(expected, kept)).toEqual([]);
      }),
      { numRuns: 2000 },
    );
  });
});
