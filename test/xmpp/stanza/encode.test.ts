import { describe, expect, it } from 'vitest';
import type { Marks, Origin } from '#src/core/index.ts';
import type { Event, EventBody } from '#src/model/event.ts';
import { Failure, type FailureCode, failures } from '#src/model/failure.ts';
import type { AccountKey, EventId, XmppId } from '#src/model/ids.ts';
import type { Party } from '#src/model/party.ts';
import type { Place } from '#src/model/place.ts';
import { encode } from '#src/xmpp/stanza/encode.ts';
import { answerable, errorOf, refusal } from '#src/xmpp/stanza/errors.ts';
import { addresses, GATEWAY, ROMEO, ROMEO_X, stanza, stanzas, VERONA } from '../invented.ts';

const juliet: Party = { kind: 'network', id: 'juliet', name: 'Juliet' };
const account = `${ROMEO} ${GATEWAY}` as AccountKey;
const withJuliet: Place = { kind: 'contact', account, id: 'juliet%net' };
const fromNet: Place = { kind: 'realm', account, realm: 'net' };

const base = { id: 'e1' as EventId, at: Date.UTC(2026, 0, 2, 3, 4, 5), from: juliet, live: true };
const event = (place: Place, body: EventBody, more: Partial<Omit<Event, keyof EventBody>> = {}): Event => ({
  ...base,
  place,
  ...more,
  ...body,
});
const text = (said: string, style: 'plain' | 'action' | 'notice' = 'plain'): EventBody => ({
  kind: 'message',
  text: said,
  style,
});

/** What one reader gets, as XML. */
function shown(what: Event, marks?: Marks): string[] {
  const sendings = encode(what, [{ jid: ROMEO_X, nick: 'Romeo' }], addresses, marks) ?? [];
  return sendings.map(({ name, children, from, to, type, id }) => {
    const head = `${name} ${from} -> ${to.join(' ')} ${type ?? ''}${id === undefined ? '' : ` ${id}`}`;
    return `${head}: ${children.join('')}`;
  });
}

describe('messages', () => {
  it.each([
    ['plain', '<body>hello</body>'],
    ['action', '<body>/me hello</body>'],
    ['notice', '<body>[notice] hello</body>'],
  ] as const)('%s in a room', (style, body) => {
    expect(shown(event(VERONA, text('hello', style)))).toEqual([
      `message #verona%net@${GATEWAY}/Juliet -> ${ROMEO_X} groupchat e1: ${body}`,
    ]);
  });

  it('keep the ids of the one who sent them', () => {
    const marks = { id: 'm"1' as XmppId, originId: "o'1" };
    expect(shown(event(VERONA, text('hello')), marks)).toEqual([
      `message #verona%net@${GATEWAY}/Juliet -> ${ROMEO_X} groupchat m"1: <body>hello</body><origin-id xmlns='urn:xmpp:sid:0' id='o&apos;1'/>`,
    ]);
  });

  it('of the room itself come from the room', () => {
    const [said] = shown(event(VERONA, text('split'), { from: { kind: 'network', id: '' } }));
    expect(said).toContain(`message #verona%net@${GATEWAY} -> `);
  });

  it('of a person are chat from that person', () => {
    expect(shown(event(withJuliet, text('hello')))).toEqual([
      `message juliet%net@${GATEWAY}/gateway -> ${ROMEO_X} chat e1: <body>hello</body><nick xmlns='http://jabber.org/protocol/nick'>Juliet</nick>`,
    ]);
  });

  it('of a realm are chat from its JID, neither copied nor stored where that is wished', () => {
    const hints = { private: true, copy: false, store: false };
    expect(shown(event(fromNet, text('Connected.'), { hints }))).toEqual([
      `message net@${GATEWAY} -> ${ROMEO_X} chat e1: <body>Connected.</body><nick xmlns='http://jabber.org/protocol/nick'>Juliet</nick><private xmlns='urn:xmpp:carbons:2'/><no-copy xmlns='urn:xmpp:hints'/><no-store xmlns='urn:xmpp:hints'/>`,
    ]);
  });

  it('carry subject, thread, and a stamp when they are not live', () => {
    const body: EventBody = { kind: 'message', text: 'b', style: 'plain', subject: 's', thread: 't' };
    expect(shown(event(VERONA, body, { live: false }))[0]).toContain(
      `<subject>s</subject><body>b</body><thread>t</thread><delay xmlns='urn:xmpp:delay' from='#verona%net@${GATEWAY}' stamp='2026-01-02T03:04:05.000Z'/>`,
    );
  });

  it('are serialised once for all readers', () => {
    const to = ['a', 'b', 'c'].map((nick) => ({ jid: `${nick}@a.example/x`, nick }));
    const sendings = encode(event(VERONA, text('hello')), to, addresses);
    expect(sendings).toHaveLength(1);
    expect(sendings?.[0]?.to).toEqual(['a@a.example/x', 'b@a.example/x', 'c@a.example/x']);
  });

  it.each([
    "</body></message><message from='x' to='y'><body>two",
    ']]>',
    '<!DOCTYPE x [<!ENTITY e "e">]>&e;',
    'a\u0000b\u0003c\ufffed\ud800e',
    '\'"<>&',
  ])('stay one stanza with one text: %j', (said) => {
    const [sending] = encode(event(VERONA, text(said)), [{ jid: ROMEO_X }], addresses) ?? [];
    const read = stanzas(`<message>${sending?.children.join('')}</message>`);
    expect(read).toHaveLength(1);
    expect(read[0]?.getChildElements().map(({ name }) => name)).toEqual(['body']);
    expect(read[0]?.getChild('body')?.getText()).toBe(said.replace(/[\u0000\u0003\ufffe]|\ud800/g, '\ufffd'));
  });

  it('of a kind that is not carried are nothing', () => {
    expect(encode(event(VERONA, { kind: 'call' }), [{ jid: ROMEO_X }], addresses)).toBeUndefined();
  });
});

const COMMANDS = 'http://jabber.org/protocol/commands';
const SEARCH = 'urn:xmpp:channel-search:0:error';
/** What is about a command says so, and what is about a block (XEP-0191 §3.5) or a search (XEP-0433 §4.2.2). */
const ABOUT: Readonly<Partial<Record<FailureCode, string>>> = {
  blocked: 'urn:xmpp:blocking:errors',
  'invalid-search-terms': SEARCH,
  'no-search-conditions': SEARCH,
  'conflicting-fields': SEARCH,
  'invalid-sort-key': SEARCH,
};

describe('errors', () => {
  it.each(Object.keys(failures) as FailureCode[])('%s has its type, condition and text', (code) => {
    const { type, condition, text: said } = failures[code];
    const error = stanza(`<iq>${errorOf(new Failure(code), GATEWAY, 'en')}</iq>`).getChild('error');
    expect(error?.attrs.type).toBe(type);
    const [first, text, ...more] = error?.getChildElements() ?? [];
    expect([first?.name, first?.attrs.xmlns]).toEqual([condition, 'urn:ietf:params:xml:ns:xmpp-stanzas']);
    expect([text?.name, text?.attrs.xmlns]).toEqual(['text', 'urn:ietf:params:xml:ns:xmpp-stanzas']);
    expect(error?.getChildText('text')).toBe(said.en);
    // RFC 6120 §8.3.4
    const { name, attrs } = more[0] ?? {};
    if (name !== undefined) expect([name, attrs?.xmlns]).toEqual([code, ABOUT[code] ?? COMMANDS]);
    expect(more.length).toBeLessThan(2);
  });

  it('show what the far side said, and where something has gone', () => {
    const foreign = stanza(
      `<iq>${errorOf(new Failure('banned', { foreign: '474 <b>', text: 'No "you".' }), GATEWAY, 'en')}</iq>`,
    );
    expect(foreign.getChild('error')?.getChild('foreign', 'urn:isthmus:errors:0')?.getText()).toBe('474 <b>');
    expect(foreign.getChild('error')?.getChildText('text')).toBe('No "you".');
    const gone = (address: string) => stanza(`<iq>${errorOf(new Failure('gone', { address }), GATEWAY, 'en')}</iq>`);
    expect(gone('##css%net').getChild('error')?.getChildText('gone')).toBe(`xmpp:%23%23css%25net@${GATEWAY}`);
    // No local part ends with a space.
    expect(gone('#x%net ').getChild('error')?.getChildText('gone')).toBe('');
  });

  const origin = (of: Origin['stanza'], type?: string): Origin => ({
    stanza: of,
    from: ROMEO_X,
    to: GATEWAY,
    ...(type !== undefined && { type }),
  });

  it.each([
    ['message', undefined, true],
    ['message', 'groupchat', true],
    ['message', 'error', false],
    ['presence', undefined, true],
    ['presence', 'error', false],
    ['presence', 'unavailable', false],
    ['iq', 'get', true],
    ['iq', 'set', true],
    ['iq', 'result', false],
    ['iq', 'error', false],
  ] as const)('%s of type %s: answered is %s', (of, type, answered) => {
    expect(answerable(origin(of, type))).toBe(answered);
  });

  it('of a join are known by their <x/>', () => {
    const failure = new Failure('nick-conflict');
    expect(String(refusal(origin('presence'), failure, 'en')[0])).toBe("<x xmlns='http://jabber.org/protocol/muc'/>");
    expect(refusal(origin('presence', 'subscribe'), failure, 'en')).toHaveLength(1);
    expect(refusal(origin('message'), failure, 'en')).toHaveLength(1);
  });
});
