import { describe, expect, it } from 'vitest';
import { asSent, degrade } from '#mappings/degrade.ts';
import { irc } from '#mappings/irc.ts';
import { restyle } from '#mappings/restyle.ts';
import { sms } from '#mappings/sms.ts';
import { splitText } from '#mappings/split.ts';
import { inward, outward } from '#mappings/targets.ts';
import type { Target } from '#src/model/capabilities.ts';
import type { Draft } from '#src/model/event.ts';
import { alone, inRoom, message, target } from './drafts.ts';

const texts = (what: Draft, to: Target, quote?: string) =>
  degrade(what, to, quote === undefined ? {} : { quote }).map((one) => ('text' in one ? one.text : one.kind));

describe('a text in another syntax', () => {
  it.each([
    ['*a* `b`\n```\nc\n```', 'styling', 'codes', '\u0002a\u0002 \u0011b\u0011\n\u0011c\u0011'],
    ['*a* `b`\n```js\nc\n```', 'styling', 'plain', '*a* b\nc'],
    ['<b> & *c*', 'styling', 'html', '&#60;b&#62; &#38; <strong>c</strong>'],
    ['\u0002a\u0002\u0001\tb', 'codes', 'styling', '*a* b'],
    ['<b>a</b>&amp;', 'html', 'styling', '*a*&'],
    ['*a* > `b`', 'plain', 'styling', '*a* > `b`'],
    ['```', 'styling', 'plain', '```'],
    ['```one line``` after', 'styling', 'codes', '\u0011one line``` after\u0011'],
    ['```one line```', 'styling', 'plain', 'one line'],
    ['nothing\r\nhere', 'styling', 'codes', 'nothing\r\nhere'],
  ] as const)('%j from %s to %s', (text, from, to, written) => expect(restyle(text, from, to)).toBe(written));
});

describe('the engine', () => {
  const to = outward(irc);

  it('writes as the table of the target says, and reads as that of the source', () => {
    expect(texts(message('*a* b'), to)).toEqual(['\u0002a\u0002 b']);
    expect(texts(message('`a` *b*'), outward(sms))).toEqual(['a *b*']);
    expect(texts(message('\u0002a\u0002 \u000304b'), inward(irc))).toEqual(['*a* b']);
    expect(texts(message('\u0002a', { style: 'notice' }), inward(irc))).toEqual(['[notice] *a*']);
  });

  it('makes a span of each line of code where lines go alone', () => {
    expect(texts(message('```\na b\n\n  c`d\n```\n*e*'), to)).toEqual(['\u0011a b\u0011', '  c`d', '\u0002e\u0002']);
  });

  it('leaves no look switched on where a text is cut', () => {
    const pieces = texts(message(`*${'word '.repeat(150)}end* after`), to);
    expect(pieces.length).toBeGreaterThan(1);
    for (const piece of pieces) expect([...piece].filter((char) => char === '\u0002').length % 2).toBe(0);
  });

  it('takes the words of a correction from what was typed', () => {
    const edit = inRoom({ kind: 'edit', target, text: 'so *very soft* light' });
    const told = (previous: string) => degrade(edit, to, { previous });
    expect(told('so *very soft* night')).toMatchObject([{ text: '* light' }]);
    // Half a span would say less than all of it.
    expect(told('so *very hard* light')).toMatchObject([{ text: '* so \u0002very soft\u0002 light' }]);
  });

  it('quotes in the syntax of the target', () => {
    expect(texts(alone({ kind: 'reaction', target, emoji: ['👍'] }), to, '*bold* words')).toEqual([
      '👍 to "*bold* words"',
    ]);
  });

  it('cuts what grows while it is written so that it fits', () => {
    const html = { ...to.text, format: 'html', unit: 'bytes', size: 300, lines: true } as const;
    const cut = splitText('<&> *a* '.repeat(60), html);
    for (const piece of cut) expect(restyle(piece, 'styling', 'html').length).toBeLessThanOrEqual(300);
    expect(cut.join('')).toBe('<&> *a* '.repeat(60));
  });

  it('tells those who have sent it what they typed', () => {
    const [piece] = degrade(message('a *b* _c_'), to);
    expect(piece && asSent(piece, irc.facts)).toMatchObject({ text: 'a *b* _c_' });
  });

  it('knows the shows of a network', () => {
    const busy = alone({ kind: 'presence', show: 'dnd' });
    expect(degrade(busy, to)).toMatchObject([{ show: 'away', status: 'Busy' }]);
    expect(degrade(alone({ kind: 'presence', show: 'available' }), to)).toMatchObject([{ show: 'available' }]);
  });
});
