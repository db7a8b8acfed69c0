import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { combine, replaces, windowOf } from '#mappings/combine.ts';
import { irc } from '#mappings/irc.ts';
import { sms } from '#mappings/sms.ts';
import { outward } from '#mappings/targets.ts';
import type { Draft } from '#src/model/event.ts';
import type { BareJid, EventId } from '#src/model/ids.ts';
import { alone, inRoom, message, target } from './drafts.ts';

const other = 'm2' as EventId;
const juliet = { kind: 'xmpp', bare: 'juliet@a.example' as BareJid } as const;
const reaction = (emoji: readonly string[], to = target): Draft => inRoom({ kind: 'reaction', target: to, emoji });
const edit = (text: string, to = target): Draft => inRoom({ kind: 'edit', target: to, text });
const retract: Draft = inRoom({ kind: 'retract', target });

describe('what is held back together', () => {
  it('is the last of somebody’s corrections of a message', () => {
    const last = edit('c');
    expect(combine([edit('a'), edit('b'), last])).toEqual([last]);
    expect(combine([edit('a'), edit('b', other)])).toHaveLength(2);
    expect(combine([edit('a'), { ...edit('b'), from: juliet }])).toHaveLength(2);
  });

  it('is the last whole set of somebody’s reactions, also where that is none', () => {
    const [both, none] = [reaction(['👍', '❤️']), reaction([])];
    expect(combine([reaction(['👍']), both])).toEqual([both]);
    expect(combine([both, none])).toEqual([none]);
    const hers = { ...both, from: juliet };
    expect(combine([both, hers])).toEqual([both, hers]);
  });

  it('is nothing of a message that was taken back but that it was', () => {
    expect(combine([edit('a'), { ...reaction(['👍']), from: juliet }, retract])).toEqual([retract]);
    expect(combine([reaction(['👍'], other), retract])).toHaveLength(2);
  });

  it('is apart in places that are', () => {
    expect(combine([edit('a'), alone({ kind: 'edit', target, text: 'b' })])).toHaveLength(2);
  });

  it('is what it was where nothing is changed, and the same when it is combined again', () => {
    const one = fc.constantFrom(
      ...[message('a'), edit('a'), edit('b'), edit('c', other), reaction([]), reaction(['👍'], other), retract],
    );
    fc.assert(
      fc.property(fc.array(one), (drafts) => {
        const left = combine(drafts);
        expect(combine(left)).toEqual(left);
        expect(left.filter(({ kind }) => kind === 'message')).toEqual(drafts.filter(({ kind }) => kind === 'message'));
        // The last word on everything stands.
        if (drafts.length > 0) expect(left.at(-1)).toBe(drafts.at(-1));
        for (const [index, later] of left.entries())
          for (const earlier of left.slice(0, index)) expect(replaces(later, earlier)).toBe(false);
      }),
    );
  });
});

describe('a window', () => {
  it('is what the table says of the feature', () => {
    expect(windowOf(edit('a'), outward(irc))).toBe(5000);
    expect(windowOf(reaction(['👍']), outward(irc))).toBe(10_000);
    expect(windowOf(reaction(['👍']), outward(sms))).toBe(10_000);
    expect(windowOf(message('a'), outward(irc))).toBe(0);
    expect(windowOf(retract, outward(irc))).toBe(0);
  });

  it('is not there where the network is told each as what it is', () => {
    const to = { ...outward(irc), levels: { edit: 'full', reaction: 'full' } } as const;
    expect(windowOf(edit('a'), to)).toBe(0);
    expect(windowOf(reaction(['👍']), to)).toBe(0);
  });
});
