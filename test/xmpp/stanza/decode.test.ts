import fc from 'fast-check';
import { Element } from 'ltx';
import { describe, expect, it } from 'vitest';
import { Failure } from '#src/model/failure.ts';
import { accountKey } from '#src/model/ids.ts';
import { Sealed } from '#src/model/sealed.ts';
import { decode, originOf } from '#src/xmpp/stanza/decode.ts';
import { resourcePrep } from '#src/xmpp/stanza/jid.ts';
import { extensions } from '#src/xmpp/xep/index.ts';
import { GATEWAY, ROMEO, ROMEO_X, standing, stanza, transport, VERONA, view } from '../invented.ts';

const ADDRESSED = `from='${ROMEO_X}'`;
const room = `#verona%net@${GATEWAY}`;
const juliet = `juliet%net@${GATEWAY}`;
const account = accountKey(ROMEO, GATEWAY);
const entry = (id: string) => ({ kind: 'contact', account, id });
const REALM = { kind: 'realm', account, realm: 'net' };
const from = { kind: 'xmpp', bare: ROMEO, resource: 'x' };
const withJuliet = { kind: 'contact', account: `${ROMEO} ${GATEWAY}`, id: 'juliet%net' };

const message = (to: string, type: string, inside: string) =>
  stanza(`<message ${ADDRESSED} to='${to}' type='${type}' id='m1'>${inside}</message>`);
const presence = (to: string, inside = '', attributes = '') =>
  stanza(`<presence ${ADDRESSED} to='${to}' ${attributes}>${inside}</presence>`);

const MUC = "<x xmlns='http://jabber.org/protocol/muc'/>";

describe('messages', () => {
  const said = (text: string) => ({ kind: 'message', text, style: 'plain', place: VERONA, from });

  it.each([
    ['a body', '<body>hello</body>', said('hello')],
    ['an action', '<body>/me waves</body>', { ...said('waves'), style: 'action' }],
    ['a /me with nothing to do', '<body>/me </body>', said('/me ')],
    ['a word that starts like /me', '<body>/mecha</body>', said('/mecha')],
    ['markup as text', '<body>&lt;/body&gt;&lt;/message&gt;</body>', said('</body></message>')],
    ['a new subject', '<subject>Feud</subject>', { kind: 'topic', text: 'Feud', place: VERONA, from }],
    ['a subject taken away', '<subject/>', { kind: 'topic', text: '', place: VERONA, from }],
    ['a subject with a body', '<subject>s</subject><body>b</body>', { ...said('b'), subject: 's' }],
    ['a subject in a thread', '<subject>s</subject><thread>t</thread>', undefined],
    ['a body in a thread', '<body>b</body><thread>t</thread>', { ...said('b'), thread: 't' }],
    ['the body without a language', "<body xml:lang='de'>ja</body><body>yes</body>", said('yes')],
    ['the first body', "<body xml:lang='de'>ja</body><body xml:lang='fr'>oui</body>", { ...said('ja'), lang: 'de' }],
    ['an empty body', '<body/>', undefined],
    ['typing', "<composing xmlns='http://jabber.org/protocol/chatstates'/>", undefined],
    ['a body of another namespace', "<body xmlns='urn:other'>no</body>", undefined],
    ['no-store', "<body>b</body><no-store xmlns='urn:xmpp:hints'/>", { ...said('b'), hints: { store: false } }],
    [
      'what must not be copied',
      "<body>b</body><private xmlns='urn:xmpp:carbons:2'/><no-copy xmlns='urn:xmpp:hints'/>",
      { ...said('b'), hints: { copy: false, private: true } },
    ],
    ['a stamp from anybody', "<body>b</body><delay xmlns='urn:xmpp:delay' stamp='2001-01-01T00:00:00Z'/>", said('b')],
    ['only keys', "<encrypted xmlns='eu.siacs.conversations.axolotl'><header/></encrypted>", undefined],
  ])('to a room: %s', (_, inside, draft) => {
    expect(decode(message(room, 'groupchat', inside), view())).toEqual(draft);
  });

  it.each(['chat', 'normal', 'headline', 'whatever'])('to a person, of type %s', (type) => {
    const draft = decode(message(juliet, type, '<body>hello</body>'), view());
    const style = type === 'headline' ? 'notice' : 'plain';
    expect(draft).toEqual({ kind: 'message', text: 'hello', style, place: withJuliet, from });
  });

  it('to a person, written in another case', () => {
    expect(decode(message(`Juliet%NET@${GATEWAY}/any`, 'chat', '<body>b</body>'), view())?.place).toEqual(withJuliet);
  });

  it('to an occupant goes to the person of that nick', () => {
    expect(decode(message(`${room}/Juliet`, 'chat', '<body>b</body>'), view())?.place).toEqual(withJuliet);
  });

  it('inherits the language of the stanza', () => {
    const draft = decode(stanza(`<message ${ADDRESSED} to='${juliet}' xml:lang='it'><body>b</body></message>`), view());
    expect(draft?.lang).toBe('it');
  });

  it('to an occupant goes to who has the nick, whatever its spelling', () => {
    const [nick, id] = ['Ju\u202eliet', 'juliet'];
    const occupants = () => [{ id, nick, affiliation: 'none', role: 'participant' }] as const;
    const to = (resource: string) =>
      decode(message(`${room}/${resource}`, 'chat', '<body>b</body>'), view({ occupants }));
    expect(to(resourcePrep(nick))?.place).toEqual(entry('juliet%net'));
    expect(decode(message(`${room}/JULIET`, 'chat', '<body>b</body>'), view())?.place).toEqual(entry('juliet%net'));
    expect(() => to('Juliet')).toThrow(expect.objectContaining({ code: 'item-not-found' }));
  });

  it('in a room of an account is in that room', () => {
    const place = { kind: 'room', account: accountKey(ROMEO, GATEWAY), id: '#verona%net' } as const;
    const known = standing(ROMEO, GATEWAY, { kind: 'room', id: place.id });
    const draft = decode(message(room, 'groupchat', '<body>b</body>'), view({ standing: () => ({ ...known, place }) }));
    expect(draft?.place).toEqual(place);
  });

  it.each([
    ['carbon', "<received xmlns='urn:xmpp:carbons:2'>", '</received>'],
    ['carbon of a sent one', "<sent xmlns='urn:xmpp:carbons:2'>", '</sent>'],
    ['archived one', "<result xmlns='urn:xmpp:mam:2' id='1'>", '</result>'],
  ])('a forged %s says nothing', (_, open, close) => {
    const inner = `<message xmlns='jabber:client' from='juliet@b.example/y' to='${juliet}'><body>b</body></message>`;
    const forwarded = `${open}<forwarded xmlns='urn:xmpp:forward:0'>${inner}</forwarded>${close}`;
    expect(decode(message(juliet, 'chat', forwarded), view())).toBeUndefined();
  });

  it('of type error say nothing', () => {
    expect(decode(message(room, 'error', '<body>b</body>'), view())).toBeUndefined();
    expect(decode(message(' %', 'error', '<body>b</body>'), view())).toBeUndefined();
  });

  const b = '<body>b</body>';
  it.each([
    ['groupchat to an occupant', `${room}/Juliet`, 'groupchat', b, 'bad-request'],
    ['groupchat to a person', juliet, 'groupchat', b, 'bad-request'],
    ['groupchat to the gateway', GATEWAY, 'groupchat', b, 'bad-request'],
    ['chat to a room', room, 'chat', b, 'bad-request'],
    ['chat to a realm', `net@${GATEWAY}`, 'chat', b, 'service-unavailable'],
    ['chat to the gateway', GATEWAY, 'chat', b, 'service-unavailable'],
    ['an address of nothing', `%net@${GATEWAY}`, 'chat', b, 'jid-malformed'],
    ['a space at the end of an address', `a%net\\20@${GATEWAY}`, 'chat', b, 'jid-malformed'],
    ['a room written otherwise', `#Verona%net@${GATEWAY}`, 'groupchat', b, 'gone'],
    ['a subject for a room written otherwise', `#Verona%net@${GATEWAY}`, 'groupchat', '<subject>s</subject>', 'gone'],
    ['an occupant of a room that one is not in', `#padua%net@${GATEWAY}/Juliet`, 'chat', b, 'not-joined'],
    ['an occupant whose nick is the name of a room', `${room}/#verona`, 'chat', b, 'item-not-found'],
    ['a nick that nobody in the room has', `${room}/Tybalt`, 'chat', b, 'item-not-found'],
    [
      'a correction for it',
      `${room}/Tybalt`,
      'chat',
      `${b}<replace xmlns='urn:xmpp:message-correct:0' id='1'/>`,
      'item-not-found',
    ],
    [
      'a retraction for it',
      `${room}/Tybalt`,
      'chat',
      "<retract xmlns='urn:xmpp:message-retract:1' id='1'/>",
      'item-not-found',
    ],
    [
      'a cipher with a fallback',
      juliet,
      'chat',
      `${b}<encryption xmlns='urn:xmpp:eme:0' namespace='urn:xmpp:omemo:2'/>`,
      'not-acceptable',
    ],
    ['OMEMO', juliet, 'chat', `${b}<encrypted xmlns='eu.siacs.conversations.axolotl'/>`, 'not-acceptable'],
    [
      'OMEMO without a fallback',
      room,
      'groupchat',
      "<encrypted xmlns='urn:xmpp:omemo:2'><payload>AA==</payload></encrypted>",
      'not-acceptable',
    ],
    ['OpenPGP', juliet, 'chat', "<openpgp xmlns='urn:xmpp:openpgp:0'>AA==</openpgp>", 'not-acceptable'],
    ['old OpenPGP', juliet, 'chat', `${b}<x xmlns='jabber:x:encrypted'>AA==</x>`, 'not-acceptable'],
    ['OTR', juliet, 'chat', '<body>?OTR:AAMC</body>', 'not-acceptable'],
  ])('refused: %s', (_, to, type, inside, code) => {
    expect(() => decode(message(to, type, inside), view())).toThrow(expect.objectContaining({ code }));
  });

  it('tells where a room that was written otherwise is', () => {
    expect(() => decode(message(`#VERONA%net@${GATEWAY}`, 'groupchat', b), view())).toThrow(
      expect.objectContaining({ code: 'gone', address: '#verona%net' }),
    );
  });
});

describe('what a network has no use for', () => {
  const composing = "<composing xmlns='http://jabber.org/protocol/chatstates'/>";
  const displayed = "<displayed xmlns='urn:xmpp:chat-markers:0' id='m0'/>";
  const received = "<received xmlns='urn:xmpp:receipts' id='m0'/>";
  const nothing = { contact: [], room: [], unseen: [] } as const;

  it.each([composing, displayed, received])('is not read: %s', (inside) => {
    expect(decode(message(juliet, 'chat', inside), view())).toBeUndefined();
    expect(decode(message(juliet, 'chat', inside), view({ transport: transport({ said: nothing }) }))).toBeUndefined();
    expect(
      decode(
        message(room, 'groupchat', inside),
        view({ transport: transport({ said: { ...nothing, contact: ['typing'] } }) }),
      ),
    ).toBeUndefined();
    expect(
      decode(
        message(GATEWAY, 'chat', inside),
        view({ transport: transport({ said: { ...nothing, contact: ['typing'] } }) }),
      ),
    ).toBeUndefined();
  });

  it('is read where the table makes something of it', () => {
    const carried = { ...nothing, contact: ['typing'] } as const;
    expect(decode(message(juliet, 'chat', composing), view({ transport: transport({ said: carried }) }))).toMatchObject(
      { kind: 'typing' },
    );
    expect(
      decode(message(juliet, 'chat', displayed), view({ transport: transport({ said: carried }) })),
    ).toBeUndefined();
  });

  it.each([
    ["<replace xmlns='urn:xmpp:message-correct:0' id='m0'/>", 'edit'],
    ["<retract xmlns='urn:xmpp:message-retract:1' id='m0'/>", 'retract'],
    ["<reactions xmlns='urn:xmpp:reactions:0' id='m0'><reaction>x</reaction></reactions>", 'reaction'],
  ] as const)('is read in rooms all the same, where those from XMPP see it: %s', (inside, kind) => {
    const given = message(room, 'groupchat', `<body>words</body>${inside}`);
    const read = decode(given, view({ transport: transport({ said: nothing }) }));
    expect(read).toMatchObject({ kind, target: 'm0', place: VERONA, from });
  });
});

describe('presence', () => {
  const who = { id: ROMEO, nick: 'Romeo', affiliation: 'none', role: 'participant' };
  const join = { kind: 'occupant', change: 'join', who, place: VERONA, from };

  it('with <x/> is a join', () => {
    expect(decode(presence(`${room}/Romeo`, MUC), view())).toEqual(join);
    const elsewhere = decode(presence(`#padua%net@${GATEWAY}/Rosaline`, MUC), view());
    expect(elsewhere).toMatchObject({ kind: 'occupant', change: 'join', who: { nick: 'Rosaline' } });
  });

  it('with <x/> may carry a password', () => {
    const x = "<x xmlns='http://jabber.org/protocol/muc'><password>cauldron</password></x>";
    const draft = decode(presence(`${room}/Romeo`, x), view());
    expect(draft).toMatchObject(join);
    const password = draft?.kind === 'occupant' ? draft.password : undefined;
    expect(password).toBeInstanceOf(Sealed);
    expect(password?.open()).toBe('cauldron');
    expect(JSON.stringify(draft)).not.toContain('cauldron');
  });

  it.each([
    [
      'another nick',
      `${room}/Montague`,
      '',
      { kind: 'nick', wanted: 'Montague', show: 'available', place: VERONA, from },
    ],
    ['the same nick', `${room}/Romeo`, '', { kind: 'presence', show: 'available', place: VERONA, from }],
    [
      'a show and a status',
      `${room}/Romeo`,
      '<show>xa</show><status>in Mantua</status>',
      { kind: 'presence', show: 'xa', status: 'in Mantua', place: VERONA, from },
    ],
    [
      'a show that nobody knows',
      `${room}/Romeo`,
      '<show>bored</show>',
      { kind: 'presence', show: 'available', place: VERONA, from },
    ],
    ['a room that one is not in', `#padua%net@${GATEWAY}/Romeo`, '', undefined],
    ['a room without a nick', room, '', undefined],
    ['a person', juliet, '<show>dnd</show>', { kind: 'presence', show: 'dnd', place: entry('juliet%net'), from }],
    ['the gateway', GATEWAY, '', { kind: 'presence', show: 'available', place: entry(''), from }],
    ['a realm', `net@${GATEWAY}`, '', { kind: 'presence', show: 'available', place: REALM, from }],
  ])('without <x/>: %s', (_, to, inside, draft) => {
    expect(decode(presence(to, inside), view())).toEqual(draft);
  });

  it('unavailable is a leave, whatever the nick', () => {
    const leave = { kind: 'occupant', change: 'leave', who: { ...who, role: 'none' }, place: VERONA, from };
    const status = '<status>good night</status>';
    expect(decode(presence(`${room}/Old`, status, "type='unavailable'"), view())).toEqual({
      ...leave,
      reason: 'good night',
    });
    expect(decode(presence(room, '', "type='unavailable'"), view())).toEqual(leave);
  });

  it('unavailable takes a resource away from a person', () => {
    const gone = { kind: 'presence', show: 'offline', place: entry('juliet%net'), from };
    expect(decode(presence(juliet, '', "type='unavailable'"), view())).toEqual(gone);
    // A server says this of a bare JID while it waits for an answer.
    const bare = stanza(`<presence from='${ROMEO}' to='${juliet}' type='unavailable'/>`);
    expect(decode(bare, view())).toBeUndefined();
  });

  it('unavailable of somebody who still waits to be let in is a leave too', () => {
    const draft = decode(presence(`#padua%net@${GATEWAY}/R`, '', "type='unavailable'"), view());
    expect(draft).toMatchObject({ kind: 'occupant', change: 'leave', who: { nick: 'R' } });
  });

  it('of type error says nothing', () => {
    const error = "<error type='cancel'><gone xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>";
    for (const to of [`${room}/Juliet`, room, juliet, GATEWAY])
      expect(decode(presence(to, error, "type='error'"), view())).toBeUndefined();
  });

  it.each(['subscribe', 'subscribed', 'unsubscribe', 'unsubscribed'])('%s is bare to bare', (action) => {
    const bare = { kind: 'xmpp', bare: ROMEO };
    const draft = { kind: 'contact', action, place: entry('juliet%net'), from: bare };
    expect(decode(presence(`${juliet}/x`, '', `type='${action}'`), view())).toEqual(draft);
    if (action === 'subscribe') return;
    expect(decode(presence(room, '', `type='${action}'`), view())).toBeUndefined();
  });

  it('a room is not added as a contact', () => {
    expect(() => decode(presence(room, '', "type='subscribe'"), view())).toThrow('joined, not added');
  });

  it('probe is no event', () => {
    expect(decode(presence(juliet, '', "type='probe'"), view())).toBeUndefined();
  });

  it.each([
    ['a join without a nick', room, 'jid-malformed'],
    ['a join of a person', `${juliet}/Romeo`, 'jid-malformed'],
    ['a join of the gateway', `${GATEWAY}/Romeo`, 'jid-malformed'],
    ['a join of nothing', `%net@${GATEWAY}/Romeo`, 'jid-malformed'],
    ['a join of a room written otherwise', `#VERONA%net@${GATEWAY}/Romeo`, 'gone'],
  ])('refused: %s', (_, to, code) => {
    expect(() => decode(presence(to, MUC), view())).toThrow(expect.objectContaining({ code }));
  });
});

describe('originOf', () => {
  it('keeps what an answer and a reflection need', () => {
    const sent = message(room, 'groupchat', "<body>b</body><origin-id xmlns='urn:xmpp:sid:0' id='o1'/>");
    expect(originOf(sent, ROMEO_X, room)).toEqual({
      stanza: 'message',
      from: ROMEO_X,
      to: room,
      type: 'groupchat',
      id: 'm1',
      originId: 'o1',
      said: 'b',
    });
    expect(originOf(presence(room), ROMEO_X, room)).toEqual({ stanza: 'presence', from: ROMEO_X, to: room });
  });
});

describe('anything at all', () => {
  const word = fc.oneof(
    fc.string({ maxLength: 12 }),
    fc.constantFrom('error', 'groupchat', 'unavailable', room, juliet, GATEWAY),
  );
  /** What extensions read, by the keys under which they do. */
  const known = extensions.flatMap(({ reads = {} }) => Object.keys(reads)).map((key) => key.split(' '));
  const named = fc.oneof(
    fc.tuple(fc.constantFrom('body', 'subject', 'x', 'encrypted', 'thread', 'private', 'show'), word),
    fc.constantFrom(...known).map(([namespace = '', name = namespace]) => [name, namespace] as const),
  );
  const attribute = fc.record({ id: word, for: word, start: word, end: word, uri: word }, { requiredKeys: [] });
  const child = fc.tuple(named, word, attribute).map(([[name, xmlns], text, more]) => {
    const element = new Element(name, { ...more, xmlns });
    element.children.push(text);
    return element;
  });
  const attributes = fc.record({ from: word, to: word, type: word, id: word }, { requiredKeys: [] });

  it('is a draft, nothing, or a failure', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('message', 'presence', 'iq'),
        attributes,
        fc.array(child),
        (name, attrs, children) => {
          const any = new Element(name, attrs);
          for (const one of children) one.parent = any;
          any.children = children;
          try {
            decode(any, view());
          } catch (error) {
            expect(error).toBeInstanceOf(Failure);
          }
        },
      ),
    );
  });
});
