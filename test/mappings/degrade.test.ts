import { describe, expect, it } from 'vitest';
import { degrade } from '#mappings/degrade.ts';
import { irc } from '#mappings/irc.ts';
import { drop, keep } from '#mappings/rungs.ts';
import { inward, outward } from '#mappings/targets.ts';
import type { Context, Target } from '#src/model/capabilities.ts';
import type { Draft } from '#src/model/event.ts';
import { alone, inRoom, message, target } from './drafts.ts';

const toIrc = outward(irc);
const run = (what: Draft, context?: Context) => degrade(what, toIrc, context);
/** The texts that come out. */
const texts = (what: Draft, context?: Context, to: Target = toIrc) =>
  degrade(what, to, context).map((one) => (one.kind === 'message' ? one.text : one.kind));

describe('degrade', () => {
  it('hands on what the network carries', () => {
    const what = message('hello');
    expect(run(what)).toEqual([what]);
  });

  it('makes a message of each line and keeps all that belongs to it', () => {
    expect(run({ ...message('a\nb'), lang: 'it' })).toEqual([
      { ...message('a'), lang: 'it' },
      { ...message('b'), lang: 'it' },
    ]);
  });

  it('refuses reactions that the network does not let stand, and takes all away in any case', () => {
    const limited: Target = { ...toIrc, reactions: { most: 2, among: ['❤️', '👍', '👎'] } };
    const reacted = (...emoji: string[]) => texts(alone({ kind: 'reaction', target, emoji }), {}, limited);
    expect(reacted('❤', '👍')).toEqual(['❤ 👍 to a message']);
    expect(reacted()).toEqual(['took a reaction back from a message']);
    expect(() => reacted('🐢')).toThrow('Only these reactions can be had there: ❤️ 👍 👎');
    expect(() => reacted('❤', '👍', '👎')).toThrow('At most 2 reactions');
    // Where nobody there sees it, nobody is told.
    expect(degrade(inRoom({ kind: 'reaction', target, emoji: ['🐢'] }), limited)).toEqual([]);
  });

  it('refuses more lines than the network takes at once', () => {
    expect(() => run(message('x\n'.repeat(51)))).toThrow('51 lines');
  });

  it('drops what policy calls harmless', () => {
    expect(run(inRoom({ kind: 'profile', name: 'Romeo' }))).toEqual([]);
  });

  it('refuses what no table names, so that nothing is lost silently', () => {
    expect(() => run(inRoom({ kind: 'occupants', list: [] }))).toThrow('cannot carry');
  });

  it('refuses a text without content instead of forgetting it', () => {
    expect(() => run(message('\n\n'))).toThrow('nothing to send');
  });

  it('tells a read marker from a receipt', () => {
    const levels = { ...toIrc.levels, receipt: 'full' } as const;
    const displayed = inRoom({ kind: 'receipt', target, state: 'displayed' });
    expect(degrade(displayed, { ...toIrc, levels })).toEqual([]);
    expect(degrade({ ...displayed, state: 'delivered' }, { ...toIrc, levels })).toHaveLength(1);
  });

  it('keeps what a message has once on its first piece', () => {
    const to: Target = { ...toIrc, levels: { ...toIrc.levels, reply: 'full' } };
    expect(degrade(message('a\nb', { replyTo: target }), to)).toEqual([
      message('a', { replyTo: target }),
      message('b'),
    ]);
  });
});

describe('a rung', () => {
  const presence = inRoom({ kind: 'presence', show: 'away', status: 'at the well' });
  const ladders: Target['ladders'] = {
    presence: { default: 'state', status: keep('all'), state: keep('less', ({ status: _, ...rest }) => rest), drop },
  };
  const to = (presence: 'none' | 'partial' | 'full'): Target => ({ ...toIrc, levels: { presence }, ladders });

  it('shapes what is carried in part', () => {
    expect(degrade(presence, to('partial'))).toEqual([inRoom({ kind: 'presence', show: 'away' })]);
    expect(degrade(presence, to('partial'), { chosen: { presence: 'status' } })).toEqual([presence]);
    expect(degrade(presence, to('partial'), { chosen: { presence: 'drop' } })).toEqual([]);
  });

  it('gives way to a lower one where the feature is not there at all', () => {
    expect(degrade(presence, to('none'), { chosen: { presence: 'status' } })).toEqual([]);
  });

  it('has no say where the feature is carried in full', () => {
    expect(degrade(presence, to('full'), { chosen: { presence: 'drop' } })).toEqual([presence]);
  });
});

describe('towards IRC', () => {
  const edit = inRoom({ kind: 'edit', target, text: 'but soft what light through yonder window' });
  const previous = 'but soft what night through yonder window';

  it.each([
    [undefined, '* light'],
    ['full', '* but soft what light through yonder window'],
    ['substitute', 's/night/light/'],
    ['no such rung', '* light'],
  ])('an edit by the rung %s', (edited, text) => {
    const chosen = edited === undefined ? {} : { edit: edited };
    expect(texts(edit, { previous, chosen })).toEqual([text]);
  });

  it('an edit is whole where its words alone would not be understood', () => {
    expect(texts(edit)).toEqual([`* ${edit.text}`]);
    expect(texts(edit, { previous: 'good night, good night' })).toEqual([`* ${edit.text}`]);
    expect(texts(edit, { previous: `${edit.text} breaks` })).toEqual([`* ${edit.text}`]);
    expect(texts(edit, { previous: 'light light', chosen: { edit: 'substitute' } })).toEqual([`* ${edit.text}`]);
  });

  it('a reaction is a line with the first words between two people, and left out in rooms unless it is chosen', () => {
    const said = { kind: 'reaction', target, emoji: ['👍'] } as const;
    expect(texts(inRoom(said))).toEqual([]);
    expect(texts(inRoom(said), { chosen: { reaction: 'line' } })).toEqual(['👍 to a message']);
    const reaction = alone({ kind: 'reaction', target, emoji: ['👍'] });
    expect(texts(reaction, { quote: 'wherefore art thou' })).toEqual(['👍 to "wherefore art thou"']);
    expect(texts(reaction)).toEqual(['👍 to a message']);
    expect(texts({ ...reaction, emoji: [] }, { quote: 'a\nb' })).toEqual(['took a reaction back from "a b"']);
    expect(texts(reaction, { chosen: { reaction: 'drop' } })).toEqual([]);
    const long = texts(reaction, { quote: `> quoted\n${'word '.repeat(50)}` })[0] ?? '';
    expect(long).toMatch(/^👍 to "word (word )+word…"$/);
  });

  it('a retraction does not say the text again', () => {
    expect(run(inRoom({ kind: 'retract', target }), { quote: 'secret' })).toEqual([
      message('takes a message back', { style: 'notice' }),
    ]);
  });

  it('a reply names whom it answers', () => {
    const reply = message('indeed', { replyTo: target });
    expect(texts(reply, { author: 'Juliet', quote: 'good night', fresh: true })).toEqual(['Juliet: indeed']);
    expect(texts(reply, { author: 'Juliet', quote: 'good night' })).toEqual(['Juliet: re "good night": indeed']);
    expect(texts(reply, { quote: 'good night' })).toEqual(['re "good night": indeed']);
    expect(texts(reply)).toEqual(['indeed']);
    expect(texts({ ...reply, text: 'juliet: indeed' }, { author: 'Juliet', fresh: true })).toEqual(['juliet: indeed']);
    expect(texts({ ...reply, style: 'action' }, { author: 'Juliet', fresh: true })).toEqual(['indeed']);
  });

  it('a file is a link with name and size, after its caption', () => {
    const files = [{ url: 'https://a.example/x y', name: 'photo\u202egpj.exe', size: 1_234_567 }];
    const link = 'https://a.example/x%20y (photogpj.exe, 1.2 MB)';
    expect(texts(message('look', { files }))).toEqual(['look', link]);
    expect(texts(message('', { files }))).toEqual([link]);
    expect(texts(message('https://a.example/x y', { files }))).toEqual(['https://a.example/x y']);
    expect(() => run(message('', { files }), { chosen: { file: 'refuse' } })).toThrow('no files');
  });

  it('subject and form are text, and a thread is nothing', () => {
    const form = {
      title: 'Poll',
      fields: [{ name: 'a', type: 'choice', options: [{ value: 'yes' }, { value: 'no' }] }],
    } as const;
    expect(texts(message('hi', { subject: 'Feud', thread: 't', form }))).toEqual([
      'Subject: Feud',
      'hi',
      'Poll',
      'a: yes / no',
    ]);
  });

  it('a long text is its beginning and a link where there is one, and is paced in private', () => {
    const text = Array.from({ length: 60 }, (_, index) => `${index}`).join('\n');
    const whole = { url: 'https://gw.example/t/1', until: 'tomorrow' };
    expect(texts(message(text), { whole })).toEqual([
      ...'01234',
      'https://gw.example/t/1 (all 60 lines, until tomorrow)',
    ]);
    expect(texts(alone({ kind: 'message', text, style: 'plain' }))).toHaveLength(60);
    expect(texts(message(text), { chosen: { long: 'split' } })).toHaveLength(60);
    expect(() => texts(message(text), { whole, chosen: { long: 'refuse' } })).toThrow('60 lines');
    expect(() => texts(alone({ kind: 'message', text: 'x\n'.repeat(201), style: 'plain' }))).toThrow('at most 200');
  });

  it('an edit that is carried has to fit into one piece', () => {
    const to: Target = { ...toIrc, levels: { edit: 'full' } };
    expect(degrade(edit, to)).toEqual([edit]);
    expect(() => degrade({ ...edit, text: 'x'.repeat(401) }, to)).toThrow('too long for a correction');
  });
});

describe('towards XMPP', () => {
  const toXmpp = inward(irc);
  /** XMPP as it was before its extensions: the ladders hold for what is lowered. */
  const bare: Target = { ...toXmpp, levels: { message: 'full', action: 'full' }, files: {} };

  it('a notice is marked, since XMPP has none', () => {
    expect(degrade(message('hi', { style: 'notice' }), toXmpp)).toEqual([message('[notice] hi')]);
    expect(texts(message('hi', { style: 'notice' }), { chosen: { notice: 'plain' } }, toXmpp)).toEqual(['hi']);
  });

  it.each([
    alone({ kind: 'edit', target, text: 'new' }),
    alone({ kind: 'retract', target }),
    alone({ kind: 'reaction', target, emoji: ['👍'] }),
    alone({ kind: 'typing', active: true }),
    alone({ kind: 'receipt', target, state: 'displayed' }),
    alone({ kind: 'attention' }),
    message('indeed', { replyTo: target, mentions: ['juliet'], spoiler: 'the end' }),
    message('', { files: [{ url: 'https://a.example/f' }] }),
  ])('$kind crosses as what it is', (draft) => expect(degrade(draft, toXmpp)).toEqual([draft]));

  it('a call is told in words, and a receipt is given by what becomes of a message', () => {
    expect(texts(alone({ kind: 'call' }), {}, toXmpp)).toEqual(['called, but calls cannot cross']);
    expect(degrade(alone({ kind: 'receipt', target, state: 'delivered' }), toXmpp)).toEqual([]);
  });

  it('the ladders say it in words where a level is lower', () => {
    const reply = message('indeed', { replyTo: target });
    expect(texts(reply, { author: 'Juliet', quote: 'good\nnight' }, bare)).toEqual(['> Juliet: good night\nindeed']);
    expect(texts(inRoom({ kind: 'reaction', target, emoji: ['👍'] }), {}, bare)).toEqual(['👍 to a message']);
    expect(degrade(inRoom({ kind: 'attention' }), bare)).toEqual([
      message('wants your attention', { style: 'action' }),
    ]);
  });
});
