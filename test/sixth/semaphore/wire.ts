import { z } from 'zod';

/** A line is words with a space between them; within a word `\s` is a space, `\n` a line break and `\\` a backslash. */
export const lineOf = (words: readonly string[]): string =>
  words.map((word) => word.replace(/[\\ \n]/g, (sign) => WRITTEN[sign] ?? sign)).join(' ');

export const wordsOf = (line: string): string[] =>
  line.split(' ').map((word) => word.replace(/\\(.)/g, (_, sign: string) => READ[sign] ?? sign));

const WRITTEN: Readonly<Record<string, string>> = { '\\': '\\\\', ' ': '\\s', '\n': '\\n' };
const READ: Readonly<Record<string, string>> = { s: ' ', n: '\n' };

/** What people ask of the tower, behind a tag: `say TO TEXT`, `enter ROOM` and so on. */
export type Asked =
  | readonly ['login' | 'enter' | 'leave' | 'sent', string]
  | readonly ['say', string, string]
  | readonly ['ping'];

const word = z.string().min(1);
/** `n` numbers what is told to a name; the next comes when it was acknowledged by `ack n`. */
const n = z.coerce.number().int().positive();

/** What the tower says: answers, a message, who is in a room, who comes and goes, and a beat that only asks for its `ack`. */
export const fromTower = z.union([
  z.tuple([z.literal('ok'), word, z.string()]),
  z.tuple([z.literal('no'), word, word, z.string()]),
  z.tuple([z.literal('flag'), n, word, z.coerce.number(), word, word, z.string()]),
  z.tuple([z.literal('there'), n, word, z.string()]),
  z.tuple([z.enum(['came', 'went']), n, word, word]),
  z.tuple([z.literal('beat'), n]),
]);
export type FromTower = z.output<typeof fromTower>;
export type Answer = Extract<FromTower, readonly ['ok' | 'no', ...unknown[]]>;
/** What is numbered. */
export type Told = Exclude<FromTower, Answer>;

/** Cuts what a socket reads into lines. */
export function lineCutter(onLine: (line: string) => void): (chunk: string) => void {
  let rest = '';
  return (chunk) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) onLine(line);
  };
}
