import { expect, it } from 'vitest';
import { openSaid } from '#src/core/way/recent-texts.ts';
import type { Draft, EventBody } from '#src/model/event.ts';
import type { BareJid, XmppId } from '#src/model/ids.ts';

const draft = <B extends EventBody>(who: string, body: B): Draft<B> => ({
  place: { kind: 'shared', transport: 'irc.example', id: '#verona%net' },
  from: { kind: 'xmpp', bare: `${who}@a.example` as BareJid },
  ...body,
});
const text = (words: string) => draft('romeo', { kind: 'message', text: words, style: 'plain' });
const edit = (who: string, target: string, words: string) =>
  draft(who, { kind: 'edit', target: target as XmppId, text: words });
const id = (name: string) => ({ id: name as XmppId });

it('a correction finds the text that it stands for, and the next one that of the correction', () => {
  const said = openSaid();
  said.note(text('one'), { ...id('m1'), originId: 'o1' });
  expect(said.corrected(edit('romeo', 'm1', 'two'))).toBe('one');
  expect(said.corrected(edit('romeo', 'm1', 'three'))).toBe('two');
  expect(said.corrected(edit('romeo', 'o1', 'two'))).toBe('one');
});

it('nobody finds what others wrote, what is unknown, or what is too long to be remembered', () => {
  const said = openSaid();
  said.note(text('one'), id('m1'));
  said.note(text('x'.repeat(5000)), id('m2'));
  expect(said.corrected(edit('juliet', 'm1', 'two'))).toBeUndefined();
  expect(said.corrected(edit('romeo', 'm9', 'two'))).toBeUndefined();
  expect(said.corrected(edit('romeo', 'm2', 'two'))).toBeUndefined();
  expect(said.corrected(text('two'))).toBeUndefined();
});
