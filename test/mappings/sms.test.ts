import { describe, expect, it } from 'vitest';
import { degrade } from '#mappings/degrade.ts';
import { segmentsOf } from '#mappings/segments.ts';
import { smartEncode } from '#mappings/smart.ts';
import { sms } from '#mappings/sms.ts';
import { type Speaking, speakerWords } from '#mappings/sms-speaker.ts';
import { parseEdited, parseTapback, quotes, tapback } from '#mappings/tapbacks.ts';
import { outward } from '#mappings/targets.ts';
import type { Context } from '#src/model/capabilities.ts';
import { alone, target } from './drafts.ts';

const HOUR = 3_600_000;
const to = outward(sms);
const texts = (draft: Parameters<typeof degrade>[0], context: Context = {}): string[] =>
  degrade(draft, to, context).map((one) => (one.kind === 'message' ? one.text : one.kind));

describe('to a phone', () => {
  const edit = (text: string) => alone({ kind: 'edit', target, text });

  it('an edit is its changed words if they fit one segment', () => {
    expect(texts(edit('see you at eight tonight, my dear'), { previous: 'see you at nine tonight, my dear' })).toEqual([
      '* eight',
    ]);
    expect(() => texts(edit('x'.repeat(200)))).toThrow('cannot be corrected');
  });

  it('nothing is unsent', () => expect(() => texts(alone({ kind: 'retract', target }))).toThrow('cannot be unsent'));

  it('reactions are dropped unless they are chosen', () => {
    const reaction = alone({ kind: 'reaction', target, emoji: ['👍'] });
    expect(texts(reaction)).toEqual([]);
    expect(texts(reaction, { quote: 'shall we?', chosen: { reaction: 'phrase' } })).toEqual(['Liked "shall we?"']);
  });

  it('a reply begins with the words that it is about', () => {
    const reply = alone({ kind: 'message', style: 'plain', text: 'yes', replyTo: target });
    expect(texts(reply, { quote: 'shall we?' })).toEqual(['Re "shall we?": yes']);
    expect(texts(reply)).toEqual(['yes']);
  });

  it('a text is one message of at most ten segments', () => {
    const long = (length: number) => alone({ kind: 'message', style: 'plain', text: 'x'.repeat(length) });
    expect(texts(long(1530))).toHaveLength(1);
    expect(() => texts(long(1531))).toThrow();
  });
});

describe('smart encoding', () => {
  it.each([
    ['“It’s fine” – really…', '"It\'s fine" - really...'],
    ['a\u00a0b\u200bc', 'a bc'],
    ['“with an emoji 👍”', '“with an emoji 👍”'],
    ['Füße {~}', 'Füße {~}'],
  ])('%j is sent as %j', (text, plain) => expect(smartEncode(text)).toBe(plain));
});

describe('who speaks', () => {
  const base: Speaking = {
    name: 'Alice',
    domain: 'example.org',
    firstLine: '{name} via {domain}. Reply STOP to end.',
    greeted: true,
    shared: true,
  };
  const rows: readonly [string, Partial<Speaking>, string][] = [
    ['the very first text', { greeted: false }, 'Alice via example.org. Reply STOP to end.\n'],
    [
      'the very first text of a dedicated number',
      { greeted: false, shared: false },
      'Alice via example.org. Reply STOP to end.\n',
    ],
    ['the very first text, no line', { greeted: false, firstLine: '' }, 'Alice: '],
    ['the first with a number', { greeted: false, token: 2 }, 'Alice via example.org. Reply STOP to end.\nAlice #2: '],
    ['the same speaker', { last: { same: true, ago: 12 * HOUR - 1 } }, ''],
    ['the same speaker after half a day', { last: { same: true, ago: 12 * HOUR } }, 'Alice: '],
    ['another speaker', { last: { same: false, ago: 1 } }, 'Alice: '],
    ['another speaker with a number', { last: { same: false, ago: 1 }, token: 3 }, 'Alice #3: '],
    ['a dedicated number', { shared: false }, ''],
    ['a name with line breaks and typography', { name: 'Al\nice’s' }, "Al ice's: "],
    ['no name', { name: '\u200b' }, 'Somebody: '],
    [
      'a name with a pattern in it',
      { greeted: false, name: '$&{domain}' },
      '$&example.org via example.org. Reply STOP to end.\n',
    ],
  ];
  it.each(rows)('%s', (_what, speaking, words) => expect(speakerWords({ ...base, ...speaking })).toBe(words));
});

describe('phrases of phones', () => {
  it.each([
    ['Loved “hello there”', ['❤️'], 'hello there'],
    ['Laughed at "hello"', ['😂'], 'hello'],
    ['Removed a like from “hello”', [], 'hello'],
    ['Removed an exclamation from “hello”', [], 'hello'],
    ['Reacted 🎉 to “hello”', ['🎉'], 'hello'],
    ['\u200a\u200b👍\u200b to “\u200ahello\u200a”\u200a', ['👍'], 'hello'],
  ])('%j', (text, emoji, quote) => expect(parseTapback(text)).toEqual({ emoji, quote }));

  it.each(['Liked your car', 'I Liked “it”', 'Reacted badly to “it”', 'Liked ""'])('%j is a text', (text) =>
    expect(parseTapback(text)).toBeUndefined(),
  );

  it('quotes may be cut', () => {
    expect(quotes('hello th…', 'hello there')).toBe(true);
    expect(quotes('It’s me', "It's me")).toBe(true);
    expect(quotes('he…', 'hello there')).toBe(false);
    expect(quotes('hello', 'hello there')).toBe(false);
  });

  it('edits', () => {
    expect(parseEdited('Edited to “new”')).toBe('new');
    expect(parseEdited('Edited to new')).toBeUndefined();
  });

  it('ours take one segment', () => {
    const phrase = tapback(['👍'], 'long words '.repeat(40));
    expect(segmentsOf(phrase)).toBe(1);
    expect(phrase).toMatch(/^Liked "long words .*\.\.\."$/);
    expect(tapback([], 'hi')).toBe('Removed a reaction from "hi"');
  });
});
