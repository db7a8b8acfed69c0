import { readdirSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { failures } from '#src/model/failure.ts';
import { LANGUAGES, type Text } from '#src/model/language.ts';

/** What is the same in both languages: names, and words that German has taken over. */
const SAME = new Set(['TEXT', 'Text', 'Nick', 'English', 'Deutsch', 'IRC', 'SMS', 'Online']);
/** Something, and why: nothing of it is in a language. */
const PAIR = /^\d+: \d+$/;

/** A parameter that can be a number, a text in each language or a part of a sentence, and is found again in what is made. */
const probe = (at: number): unknown =>
  Object.assign(Object(100 + at), { en: `${100 + at}`, de: `${100 + at}`, map: () => [`${100 + at}`] });

type Made = { readonly name: string; readonly text: unknown; readonly given: number };

async function texts(): Promise<Made[]> {
  const files = [...readdirSync('mappings/texts', { recursive: true }), ...readdirSync('bridges', { recursive: true })]
    .map(String)
    .filter((file) => file.endsWith('.ts'));
  const modules = [
    ...readdirSync('mappings/texts').map((file) => `mappings/texts/${file}`),
    ...files.filter((file) => /(?:^|\/)texts(?:\/catalogue)?\.ts$/.test(file)).map((file) => `bridges/${file}`),
  ];
  const found: Made[] = [];
  for (const path of modules) {
    const loaded = (await import(pathToFileURL(path).href)) as Readonly<Record<string, unknown>>;
    for (const [name, value] of Object.entries(loaded)) found.push(...entriesOf(`${path} ${name}`, value));
  }
  for (const [code, { text }] of Object.entries(failures)) found.push({ name: code, text, given: 0 });
  return found;
}

function entriesOf(name: string, value: unknown): Made[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, entry]): Made[] => {
    const at = `${name}.${key}`;
    if (typeof entry !== 'function') return isText(entry) ? [{ name: at, text: entry, given: 0 }] : [];
    const given = Array.from({ length: entry.length }, (_, index) => probe(index));
    return [{ name: at, text: entry(...given), given: given.length }];
  });
}

const isText = (value: unknown): value is Text =>
  typeof value === 'object' && value !== null && 'en' in value && typeof value.en === 'string';

describe('the catalogue', async () => {
  const all = await texts();

  it('has texts', () => {
    expect(all.length).toBeGreaterThan(100);
  });

  it.each(all)('says $name in every language, with the same parameters', ({ text, given }) => {
    const said = text as Text;
    expect(Object.keys(said)).toEqual([...LANGUAGES]);
    for (const language of LANGUAGES) expect(said[language].trim()).toBe(said[language].trim() || undefined);
    for (let at = 0; at < given; at++)
      for (const language of LANGUAGES)
        expect(said[language].includes(`${100 + at}`)).toBe(said.en.includes(`${100 + at}`));
    if (!SAME.has(said.en) && !PAIR.test(said.en)) expect(said.de).not.toBe(said.en);
    // Quotation marks of German, and none of its letters written as two.
    expect(said.de).not.toMatch(/"|\b(?:fuer|koennen|muessen|ueber|waehrend)\b/);
  });
});
