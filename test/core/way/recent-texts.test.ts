import { expect, it } from 'vitest';
import { openRecentTexts } from '#src/core/way/recent-texts.ts';
import type { Draft, EventBody } from '#src/model/event.ts';
import { accountKey, type BareJid, type XmppId } from '#src/model/ids.ts';
import type { Place } from '#src/model/place.ts';

const verona: Place = { kind: 'shared', transport: 'irc.example', id: '#verona%net' };
const romeo = 'romeo@a.example' as BareJid;
const mercutio: Place = { kind: 'contact', account: accountKey(romeo, 'irc.example'), id: 'mercutio%net' };
const draft = <B extends EventBody>(who: string, body: B, place: Place = verona): Draft<B> => ({
  place,
  from: { kind: 'xmpp', bare: `${who}@a.example` as BareJid },
  ...body,
});
const text = (words: string, place?: Place) => draft('romeo', { kind: 'message', text: words, style: 'plain' }, place);
const edit = (who: string, words: string) => draft(who, { kind: 'edit', target: 'm' as XmppId, text: words });

it('a correction finds the text that it stands for, and the next one that of the correction', () => {
  const texts = openRecentTexts();
  texts.note(text('one'), ['m1', 'o1'], 'Romeo');
  expect(texts.replace(edit('romeo', 'two'), 'm1')).toBe('one');
  expect(texts.replace(edit('romeo', 'three'), 'm1')).toBe('two');
  expect(texts.replace(edit('romeo', 'two'), 'o1')).toBe('three');
});

it('nobody corrects what others wrote, what is unknown, or what is too long to be remembered', () => {
  const texts = openRecentTexts();
  texts.note(text('one'), ['m1'], 'Romeo');
  texts.note(text('x'.repeat(5000)), ['m2'], 'Romeo');
  expect(texts.replace(edit('juliet', 'two'), 'm1')).toBeUndefined();
  expect(texts.replace(edit('romeo', 'two'), 'm9')).toBeUndefined();
  expect(texts.replace(edit('romeo', 'two'), 'm2')).toBeUndefined();
});

it('a message between two is fresh while nine more are said, and its text is the last one', () => {
  const texts = openRecentTexts();
  texts.note(text('one', mercutio), ['m1'], 'romeo');
  texts.replace(draft('romeo', { kind: 'edit', target: 'm1' as XmppId, text: 'won' }, mercutio), 'm1');
  for (let more = 2; more <= 10; more++) texts.note(text('more', mercutio), [`m${more}`], 'romeo');
  expect(texts.about(mercutio, 'm1')).toEqual({ quote: 'won', author: 'romeo', fresh: true });
  texts.note(text('eleven', mercutio), ['m11'], 'romeo');
  expect(texts.about(mercutio, 'm1')).toMatchObject({ fresh: false });
});

it('in a room a message is known only with its author, for ids are no secret there', () => {
  const texts = openRecentTexts();
  texts.note(text('one'), ['m1'], 'Romeo');
  expect(texts.about(verona, 'm1')).toBeUndefined();
  expect(texts.about(verona, 'm1', `xmpp:${romeo}`)).toMatchObject({ quote: 'one', author: 'Romeo' });
});

it('of what its author takes back no word is remembered', () => {
  const texts = openRecentTexts();
  const retract = (who: string) => draft(who, { kind: 'retract', target: 'm1' as XmppId }, mercutio);
  texts.note(text('one', mercutio), ['m1'], 'romeo');
  texts.note(retract('juliet'), ['r1'], 'juliet');
  expect(texts.about(mercutio, 'm1')).toMatchObject({ quote: 'one' });
  texts.note(retract('romeo'), ['r2'], 'romeo');
  expect(texts.about(mercutio, 'm1')).toMatchObject({ quote: '' });
});
