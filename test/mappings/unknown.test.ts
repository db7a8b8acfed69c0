import { describe, expect, it } from 'vitest';
import { degrade } from '#mappings/degrade.ts';
import { irc } from '#mappings/irc.ts';
import { sms } from '#mappings/sms.ts';
import { outward } from '#mappings/targets.ts';
import { xmpp } from '#mappings/xmpp.ts';
import type { Context, Target } from '#src/model/capabilities.ts';
import type { Draft } from '#src/model/event.ts';
import { alone, target } from './drafts.ts';

const texts = (what: Draft, to: Target, about: Context) =>
  degrade(what, to, about).map((one) => (one.kind === 'message' ? one.text : one.kind));
const reply = alone({ kind: 'message', text: 'indeed', style: 'plain', replyTo: target });
const thumb = alone({ kind: 'reaction', target, emoji: ['👍'] });
const taken = alone({ kind: 'reaction', target, emoji: [] });
const toXmpp: Target = { ...outward(irc), levels: { message: 'full' }, ladders: xmpp.policy.in, text: xmpp.facts.text };
const phrase = { chosen: { reaction: 'phrase' } };

describe('words of a rung are right with what is known', () => {
  it.each<[string, Draft, Target, Context, string]>([
    ['IRC', reply, outward(irc), {}, 'indeed'],
    ['IRC', reply, outward(irc), { fresh: true }, 'indeed'],
    ['IRC', reply, outward(irc), { fresh: true, quote: 'good night' }, 're "good night": indeed'],
    ['IRC', reply, outward(irc), { author: 'Juliet' }, 'Juliet: indeed'],
    ['IRC', reply, outward(irc), { author: '\u200b', quote: '\n', fresh: true }, 'indeed'],
    ['IRC', thumb, outward(irc), { quote: ' ' }, '👍 to a message'],
    ['IRC', taken, outward(irc), {}, 'took a reaction back from a message'],
    ['SMS', reply, outward(sms), {}, 'indeed'],
    ['SMS', reply, outward(sms), { author: 'Juliet', fresh: true }, 'indeed'],
    ['SMS', thumb, outward(sms), phrase, 'Liked a message'],
    ['SMS', thumb, outward(sms), { ...phrase, quote: ' ' }, 'Liked a message'],
    ['SMS', thumb, outward(sms), { ...phrase, quote: 'hi' }, 'Liked "hi"'],
    ['SMS', taken, outward(sms), phrase, 'Removed a reaction from a message'],
    ['XMPP', reply, toXmpp, {}, 'indeed'],
    ['XMPP', reply, toXmpp, { author: 'Juliet' }, 'indeed'],
    ['XMPP', reply, toXmpp, { author: '\u200b', quote: 'good night' }, '> good night\nindeed'],
    ['XMPP', reply, toXmpp, { quote: 'good night' }, '> good night\nindeed'],
    ['XMPP', thumb, toXmpp, {}, '👍 to a message'],
  ])('towards %s: %#', (_, what, to, about, text) => expect(texts(what, to, about)).toEqual([text]));
});
