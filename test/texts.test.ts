import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

/** Where people are spoken to. The catalogues are `mappings/texts`, and the `texts.ts` or `texts/catalogue.ts` of a bridge. */
const FOLDERS = ['src/core', 'src/xmpp', 'src/gateway', 'bridges', 'mappings'];
const CATALOGUE = /^mappings\/texts\/|^bridges\/[^/]+\/texts(?:\/catalogue)?\.ts$/;

/** Files whose sentences are for others than those who are spoken to. */
const OTHERS: Readonly<Record<string, string>> = {
  'src/core/journal/operator/queue.ts': 'told at the control socket and on the command line',
  'bridges/email/in/incoming.ts': 'told to mail servers',
  'bridges/email/in/listener.ts': 'told to mail servers',
  'bridges/email/in/recipients.ts': 'told to mail servers',
  'bridges/email/wire/mime-reader.ts': 'told to mail servers',
  'bridges/email/wire/parse.ts': 'told to mail servers',
  'bridges/email/wire/parser.ts': 'told to mail servers',
  'bridges/email/wire/split.ts': 'told to mail servers',
  'bridges/sms/config.ts': 'errors of the configuration, and words that phones are sent',
  'bridges/sms/forms/questions.ts': 'asked on phones',
  'bridges/sms/forms/forms.ts': 'told to phones',
  'mappings/features.ts': 'a page of the documentation',
  'mappings/presence.ts': 'told on networks',
  'mappings/rungs.ts': 'told on networks',
  'mappings/tapbacks.ts': 'told on networks',
  'src/xmpp/stream/link-state.ts': 'told to those who read the log',
  'src/xmpp/xep/pages.ts': 'a page of the documentation',
};

type Literal = { readonly text: string; readonly before: string; readonly line: number };

/** The string literals of a source with what stands before each on its line; comments are passed over. */
function literals(source: string): Literal[] {
  const found: Literal[] = [];
  const token =
    /\/\/[^\n]*|\/\*[\s\S]*?\*\/|'((?:[^'\\\n]|\\.)*)'|"((?:[^"\\\n]|\\.)*)"|`((?:[^`\\]|\\.)*)`|\/(?![*/ ])(?:[^/\\\n[]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/[a-z]*(?=[.,;)\s])/g;
  for (const match of source.matchAll(token)) {
    const [, single, double, template] = match;
    const text = single ?? double ?? template;
    if (text === undefined) continue;
    const start = source.slice(0, match.index);
    found.push({ text, before: start.slice(-90).replace(/\s+/g, ' '), line: start.split('\n').length });
  }
  return found;
}

/** A sentence or a name of something in words: a capital, and what follows it after a space. */
const isSentence = (text: string): boolean =>
  /^\W{0,2}[A-Z][a-z']*(?: \S+){2,}/.test(text) && /[a-z]{2}/.test(text.slice(1));

/** Bugs, logs, the list of extensions, schemas of the configuration, and the English half of a text beside its German one. */
const NOT_TOLD =
  /(?:new \w*Error\(|\blog\.\w+\([^)]*|\bwarn\([^)]*|\btitle: 'X|\bxep: \{[^}]*|describe\(|\ben: |\bde: |import [^;]*from |\bimport\(|throw unbound\(|malformed\(|ReaderError\([^)]*) ?$/;
/** Where a text is told, whatever it looks like. */
const TOLD = /\b(?:text|label|instructions|reason|status|title): $/;

const sources = FOLDERS.flatMap((folder) =>
  readdirSync(folder, { recursive: true })
    .map((file) => `${folder}/${String(file)}`)
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.d.ts') && !CATALOGUE.test(file)),
);

function strays(file: string): string[] {
  return literals(readFileSync(file, 'utf8'))
    .filter(({ text, before }) => {
      if (NOT_TOLD.test(before) || /\bxep: \{/.test(before)) return false;
      const words = text.replace(/\$\{[^}]*\}/g, 'x');
      return isSentence(words) || (TOLD.test(before) && /[A-Za-z]{2,} [a-z]{2,}/.test(words));
    })
    .map(({ text, line }) => `${file}:${line} ${text}`);
}

describe('what people are told', () => {
  it('stands in a catalogue, in every language', () => {
    expect(sources.filter((file) => !(file in OTHERS)).flatMap(strays)).toEqual([]);
  });

  it('is found where it does not', () => {
    const told = (code: string) =>
      literals(code).filter(
        ({ text, before }) => !NOT_TOLD.test(before) && (isSentence(text) || (TOLD.test(before) && / /.test(text))),
      ).length;
    expect(told("throw new Failure('not-allowed', { text: 'You may not do this.' });")).toBe(1);
    expect(told('const form = { label: `The name of it` };')).toBe(1);
    expect(told("return 'It is done.';")).toBe(1);
    expect(told("// It says 'This is a comment.'\nconst text = { en: 'It is done.', de: 'Erledigt.' };")).toBe(0);
    expect(told("throw new Error('This is a bug')")).toBe(0);
  });

  it('is excused only in files that have such', () => {
    expect(Object.keys(OTHERS).filter((file) => strays(file).length === 0)).toEqual([]);
  });
});
