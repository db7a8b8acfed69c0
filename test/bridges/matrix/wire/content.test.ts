import { describe, expect, it } from 'vitest';
import { decode } from '#bridges/matrix/wire/decode.ts';
import { type Json, type RoomEvent, readEvent } from '#bridges/matrix/wire/event.ts';
import type { ReadingView } from '#bridges/matrix/wire/message-in.ts';
import { editContent, messageContents, type WritingView } from '#bridges/matrix/wire/message-out.ts';
import { withoutFallback } from '#bridges/matrix/wire/replies.ts';
import { matrix } from '#mappings/matrix.ts';
import type { Message } from '#src/model/event.ts';
import type { ForeignId } from '#src/model/ids.ts';

const view: ReadingView = {
  nickOf: (user) => ({ '@romeo:hs': 'Romeo', '@juliet:hs': 'Juliet' })[user],
  link: ({ mxc, key, voice: _, thumbnail: __, ...file }) => ({ url: `https://gw.example/${mxc.slice(6)}`, ...file }),
};
const writing: WritingView = {
  userOf: (nick) => ({ Romeo: '@romeo:hs', Juliet: '@juliet:hs' })[nick],
  rootOf: (thread) => (thread === 'balcony' ? '$root' : undefined),
  latestOf: () => '$latest',
};

const VEIL = 'page.codeberg.everypizza.msc4193.spoiler';

const event = (content: Json, type = 'm.room.message', more: Json = {}): RoomEvent => {
  const read = readEvent({ event_id: '$1', room_id: '!r', sender: '@juliet:hs', type, content, ...more });
  if (!read) throw new Error('this is no event');
  return read;
};
const [message, out] = [
  (content: Json) => decode(event(content), view)[0],
  (text: string, more: Partial<Message> = {}) =>
    messageContents({ kind: 'message', text, style: 'plain', ...more }, [], writing).map(({ content }) => content),
];

describe('what comes', () => {
  it('is text, what somebody does, or a notice', () => {
    expect(message({ msgtype: 'm.text', body: 'hark' })).toEqual({ kind: 'message', text: 'hark', style: 'plain' });
    expect(message({ msgtype: 'm.emote', body: 'sighs' })).toMatchObject({ style: 'action' });
    expect(message({ msgtype: 'm.notice', body: 'beep' })).toMatchObject({ style: 'notice' });
    expect(message({ msgtype: 'm.text' })).toBeUndefined();
    expect(message({ msgtype: 'm.text', body: 'a\u0003b' })).toMatchObject({ text: 'ab' });
  });

  it('looks as its HTML does, with people by their nicks', () => {
    const formatted_body =
      '<mx-reply><blockquote>old</blockquote></mx-reply><b>O</b> <a href="https://matrix.to/#/@romeo:hs">R.</a>, <script>x</script>why?';
    const content = {
      body: 'O',
      format: 'org.matrix.custom.html',
      formatted_body,
      'm.mentions': { user_ids: ['@romeo:hs'] },
    };
    expect(message(content)).toMatchObject({ text: '*O* Romeo, why?', mentions: ['Romeo'] });
  });

  it('answers something, without the quote that older clients put before it', () => {
    const about = { 'm.in_reply_to': { event_id: '$0' } };
    const content = { msgtype: 'm.text', body: '> <@romeo:hs> old\n> words\n\nnew', 'm.relates_to': about };
    expect(message(content)).toMatchObject({ text: 'new', replyTo: '$0' });
    expect(withoutFallback('> a quote of my own\n\nnew')).toBe('> a quote of my own\n\nnew');
  });

  it('is in a thread, and what stands there for other clients is no reply', () => {
    const thread = { rel_type: 'm.thread', event_id: '$root', 'm.in_reply_to': { event_id: '$0' } };
    const falling = message({ body: 'a', 'm.relates_to': { ...thread, is_falling_back: true } });
    expect(falling).toMatchObject({ thread: '$root' });
    expect(falling).not.toHaveProperty('replyTo');
    expect(message({ body: 'a', 'm.relates_to': thread })).toMatchObject({ thread: '$root', replyTo: '$0' });
  });

  it('corrects with its new content, and with nothing else', () => {
    const relation = { rel_type: 'm.replace', event_id: '$0' };
    const content = { msgtype: 'm.text', body: '* new', 'm.relates_to': relation };
    expect(message({ ...content, 'm.new_content': { msgtype: 'm.text', body: 'new' } })).toEqual({
      kind: 'edit',
      target: '$0',
      text: 'new',
      style: 'plain',
    });
    expect(message(content)).toBeUndefined();
  });

  it('takes back what its sender has said, or removes what another has', () => {
    const redaction = event({ reason: 'rude', redacts: '$0' }, 'm.room.redaction');
    expect(decode(redaction, view, '@juliet:hs')).toEqual([{ kind: 'retract', target: '$0', reason: 'rude' }]);
    expect(decode(redaction, view, '@romeo:hs')).toMatchObject([{ by: 'Juliet' }]);
  });

  it('is a file with its caption', () => {
    const info = { mimetype: 'image/png', size: 7, w: 3, h: 2, duration: 'x' };
    const content = { msgtype: 'm.image', body: '*look*', filename: 'a.png', url: 'mxc://hs/id', info };
    const files = [{ url: 'https://gw.example/hs/id', name: 'a.png', type: 'image/png', size: 7, width: 3, height: 2 }];
    expect(message(content)).toEqual({ kind: 'message', text: '*look*', style: 'plain', files });
    expect(message({ ...content, filename: undefined, body: 'b.png' })).toMatchObject({ text: '' });
    for (const url of ['mxc://127.0.0.1/../x', 'mxc://hs/a/b', 'https://evil.example/x', 'mxc://@/x'])
      expect(message({ ...content, url })).not.toHaveProperty('files');
  });

  it('is a file that is hidden at first (MSC4193)', () => {
    const file = { msgtype: 'm.image', body: 'a.png', url: 'mxc://hs/1' };
    expect(message({ ...file, [VEIL]: true, [`${VEIL}.reason`]: 'the end\u0000' })).toMatchObject({
      spoiler: 'the end',
    });
    expect(message({ ...file, 'm.spoiler': true, 'm.spoiler.reason': 7 })).toMatchObject({ spoiler: '' });
    for (const odd of [false, 'true', 1, {}]) expect(message({ ...file, [VEIL]: odd })).not.toHaveProperty('spoiler');
  });

  it('is what it says in words where its kind, its file or its format is none that is known', () => {
    for (const odd of [
      { msgtype: 'm.key.verification.request', body: 'asks', methods: [] },
      { msgtype: 'org.example.thing', body: 'asks', url: 'mxc://hs/1' },
      { msgtype: 7, body: 'asks', format: 'text/markdown', formatted_body: '<b>other</b>' },
      { msgtype: 'm.image', body: 'asks', url: 'https://elsewhere.example/x' },
      { msgtype: 'm.image', body: 'asks', url: ['mxc://hs/1'], info: 7 },
      { msgtype: 'm.file', body: 'asks', file: { url: 'mxc://hs/1', key: 7 } },
      { body: 'asks', format: 'org.matrix.custom.html', formatted_body: 7 },
      { body: 'asks', 'm.relates_to': { rel_type: 'm.replace' }, 'm.new_content': { body: 'other' } },
      { body: 'asks', 'm.relates_to': [], 'm.mentions': 'x' },
      { msgtype: 'm.location', body: 'asks', geo_uri: 7 },
    ])
      expect(message(odd), JSON.stringify(odd)).toEqual({ kind: 'message', text: 'asks', style: 'plain' });
    for (const body of [7, null, ['x'], { text: 'x' }, undefined])
      expect(message({ msgtype: 'm.text', body })).toBeUndefined();
  });

  it('corrects into what somebody does, and the words beside a file', () => {
    const about = { body: '* x', 'm.relates_to': { rel_type: 'm.replace', event_id: '$0' } };
    const edit = (fresh: unknown) => message({ ...about, 'm.new_content': fresh });
    expect(edit({ msgtype: 'm.emote', body: 'sighs' })).toMatchObject({ kind: 'edit', text: 'sighs', style: 'action' });
    const file = { msgtype: 'm.image', body: 'words', filename: 'a.png', url: 'mxc://hs/1' };
    expect(edit(file)).toMatchObject({ kind: 'edit', text: 'words' });
    for (const odd of [7, [], 'x', { body: 7 }]) expect(edit(odd)).toBeUndefined();
  });

  it('is a place, a poll or a call', () => {
    expect(message({ msgtype: 'm.location', body: 'Verona', geo_uri: 'geo:45.4,11' })).toMatchObject({
      text: 'geo:45.4,11\nVerona',
    });
    const poll = {
      'org.matrix.msc3381.poll.start': {
        question: { 'org.matrix.msc1767.text': 'Which?' },
        answers: [{ 'org.matrix.msc1767.text': 'one' }, { 'org.matrix.msc1767.text': 'two' }, null],
      },
    };
    expect(decode(event(poll, 'org.matrix.msc3381.poll.start'), view)).toMatchObject([
      { text: 'Which?\n1. one\n2. two\n3.' },
    ]);
    expect(decode(event({}, 'm.call.invite'), view)).toEqual([{ kind: 'call' }]);
  });

  it('is nothing where it is no event, or was taken back before', () => {
    for (const value of [
      null,
      7,
      [],
      {},
      { event_id: '$1' },
      { event_id: '', room_id: '!r', sender: '@a:b', type: 'x' },
    ])
      expect(readEvent(value)).toBeUndefined();
    expect(decode(event({ body: 'a' }, 'm.room.message', { unsigned: { redacted_because: {} } }), view)).toEqual([]);
  });
});

describe('what goes', () => {
  it('is text, with HTML where that says more, and says whom it mentions', () => {
    expect(out('hark & *see*')).toEqual([
      {
        msgtype: 'm.text',
        body: 'hark & *see*',
        format: 'org.matrix.custom.html',
        formatted_body: 'hark &#38; <strong>see</strong>',
        'm.mentions': {},
      },
    ]);
    expect(out('a < b')).toEqual([{ msgtype: 'm.text', body: 'a < b', 'm.mentions': {} }]);
    expect(out('*a*', { unstyled: true })).toEqual([{ msgtype: 'm.text', body: '*a*', 'm.mentions': {} }]);
    expect(out('sighs', { style: 'action' })).toMatchObject([{ msgtype: 'm.emote' }]);
  });

  it('mentions people by links', () => {
    expect(out('Romeo: o Romeos', { mentions: ['Romeo', 'Paris'] })).toMatchObject([
      {
        formatted_body: '<a href="https://matrix.to/#/%40romeo%3Ahs">Romeo</a>: o Romeos',
        'm.mentions': { user_ids: ['@romeo:hs'] },
      },
    ]);
  });

  it('answers, in its thread', () => {
    const replyTo = '$0' as ForeignId;
    expect(out('a', { replyTo })).toMatchObject([{ 'm.relates_to': { 'm.in_reply_to': { event_id: '$0' } } }]);
    expect(out('a', { replyTo, thread: 'balcony' })).toMatchObject([
      { 'm.relates_to': { rel_type: 'm.thread', event_id: '$root', is_falling_back: false } },
    ]);
    expect(out('a', { thread: 'balcony' })).toMatchObject([
      { 'm.relates_to': { is_falling_back: true, 'm.in_reply_to': { event_id: '$latest' } } },
    ]);
    expect(out('a', { thread: 'new' })[0]).not.toHaveProperty('m.relates_to');
  });

  it('is a place where it is that alone', () => {
    expect(out('geo:45.4,11')).toMatchObject([{ msgtype: 'm.location', geo_uri: 'geo:45.4,11' }]);
    expect(out('geo:45.4,11 is it')).toMatchObject([{ msgtype: 'm.text' }]);
  });

  it('is a file with the words beside it', () => {
    const file = { url: 'https://up.example/a.ogg', name: 'a.ogg', type: 'audio/ogg', duration: 1500 };
    const sent = (text: string) =>
      messageContents({ kind: 'message', text, style: 'plain', files: [file] }, [{ mxc: 'mxc://hs/1' }], writing);
    expect(sent(file.url)).toMatchObject([
      { content: { msgtype: 'm.audio', body: 'a.ogg', url: 'mxc://hs/1', 'org.matrix.msc3245.voice': {} } },
    ]);
    expect(sent('hear')).toMatchObject([{ content: { body: 'hear', filename: 'a.ogg' } }]);
  });

  it('corrects what was said', () => {
    expect(editContent({ text: '*new*' }, '$0').content).toMatchObject({
      body: '* *new*',
      formatted_body: '* <strong>new</strong>',
      'm.new_content': { body: '*new*', formatted_body: '<strong>new</strong>' },
      'm.relates_to': { rel_type: 'm.replace', event_id: '$0' },
    });
  });

  it('has room in an event, also encrypted, however much of it JSON and HTML write in other letters', () => {
    const { size } = matrix.facts.text ?? { size: 0 };
    const bytes = (content: object) => Buffer.byteLength(JSON.stringify(content));
    for (const letter of ['a', '"', '\\', '\n', '<', '&', 'ä', '😀', '*b* ', '`"` ', "> '\n"]) {
      const text = letter.repeat(Math.floor(size / Buffer.byteLength(letter)));
      for (const content of [...out(`*b* ${text}`.slice(0, size)), ...out(text), editContent({ text }, '$0').content])
        expect(bytes(content), letter).toBeLessThan(46_000);
      expect(editContent({ text }, '$0').content).toMatchObject({ 'm.new_content': { body: text } });
    }
  });

  it('hides a picture at first', () => {
    const file = { url: 'https://up.example/a.png', name: 'a.png', type: 'image/png' };
    const said = { kind: 'message', text: file.url, style: 'plain', files: [file] } as const;
    const sent = (spoiler: string) => messageContents({ ...said, spoiler }, [{ mxc: 'mxc://hs/1' }], writing);
    expect(sent('')[0]?.content).toMatchObject({ [`${VEIL}`]: true, url: 'mxc://hs/1' });
    expect(sent('the end')[0]?.content).toMatchObject({ [`${VEIL}`]: true, [`${VEIL}.reason`]: 'the end' });
  });
});
