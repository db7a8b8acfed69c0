import { describe, expect, it } from 'vitest';
import { memo } from '#src/lib/memo.ts';
import { escapeLocal, jidOf, jidUri, resourcePrep, splitJid, unescapeLocal } from '#src/xmpp/stanza/jid.ts';

const malformed = expect.objectContaining({ code: 'jid-malformed' });

describe('splitJid', () => {
  it.each([
    ['a.example', { bare: 'a.example', local: '', domain: 'a.example', resource: '' }],
    ['romeo@a.example', { bare: 'romeo@a.example', local: 'romeo', domain: 'a.example', resource: '' }],
    ['romeo@a.example/x', { bare: 'romeo@a.example', local: 'romeo', domain: 'a.example', resource: 'x' }],
    ['a.example/x@y/z', { bare: 'a.example', local: '', domain: 'a.example', resource: 'x@y/z' }],
    ['#c%net@gw/a/b@c', { bare: '#c%net@gw', local: '#c%net', domain: 'gw', resource: 'a/b@c' }],
  ])('takes %s apart', (jid, parts) => {
    expect(splitJid(jid)).toEqual({ full: jid, ...parts });
  });
});

describe('XEP-0106', () => {
  // The examples of §2 and §5.1, and the nine characters.
  it.each([
    ['space cadet', 'space\\20cadet'],
    ['call me "ishmael"', 'call\\20me\\20\\22ishmael\\22'],
    ['at&t guy', 'at\\26t\\20guy'],
    ["d'artagnan", 'd\\27artagnan'],
    ['/.fanboy', '\\2f.fanboy'],
    ['::foo::', '\\3a\\3afoo\\3a\\3a'],
    ['<foo>', '\\3cfoo\\3e'],
    ['user@host', 'user\\40host'],
    ['c:\\net', 'c\\3a\\net'],
    ['c:\\\\net', 'c\\3a\\\\net'],
    ['c:\\cool stuff', 'c\\3a\\cool\\20stuff'],
    ['c:\\5commas', 'c\\3a\\5c5commas'],
    ['\\27', '\\5c27'],
    ['\\5c40', '\\5c5c40'],
    ['#chan%net', '#chan%net'],
  ])('escapes %s', (text, local) => {
    expect(escapeLocal(text)).toBe(local);
    expect(unescapeLocal(local)).toBe(text);
  });

  it('escapes a backslash before what becomes an escape once its case is lowered', () => {
    expect(escapeLocal('\\3A')).toBe('\\5c3A');
    expect(unescapeLocal('\\5c3a')).toBe('\\3a');
  });

  it.each([' a', 'a ', ' ', 'a\u0000b', 'a\nb', 'a\u0085b'])('refuses %j', (text) => {
    expect(() => escapeLocal(text)).toThrow(malformed);
  });

  // RFC 7622 §3.3.1: 1023 bytes.
  it('gives an alias to what is too long, and to nothing shorter', () => {
    for (const text of ['x'.repeat(1024), ':'.repeat(342)]) expect(escapeLocal(text)).toMatch(/^alias=[0-9a-f]{64}$/);
    for (const text of ['x'.repeat(1023), ':'.repeat(341)]) expect(unescapeLocal(escapeLocal(text))).toBe(text);
  });

  it.each(['\\20a', 'a\\20'])('refuses to read %s', (local) => {
    expect(() => unescapeLocal(local)).toThrow(malformed);
  });
});

describe('jidOf', () => {
  it('writes an address, and the domain where there is none', () => {
    expect(jidOf('bob@mail.example', 'gw.example')).toBe('bob\\40mail.example@gw.example');
    expect(jidOf('', 'gw.example')).toBe('gw.example');
  });

  it('writes a URI without the characters that RFC 5122 reserves', () => {
    expect(jidUri("#a'b%net", 'gw.example')).toBe('xmpp:%23a%5C27b%25net@gw.example');
  });
});

describe('resourcePrep', () => {
  it.each([
    ['nurse', 'nurse'],
    ['Zoë|away', 'Zoë|away'],
    ['Zoe\u0308', 'Zoë'],
    ['a\u00a0b', 'a b'],
    ['[x]\\^{}', '[x]\\^{}'],
    ['猫', '猫'],
  ])('keeps %j', (nick, resource) => {
    expect(resourcePrep(nick)).toBe(resource);
  });

  it.each(['a\u202eb', 'a\u200bb', 'a\u0003b', 'a\ufffdb', '\u0000', '', 'é'.repeat(1000), '\ud800x'])(
    'cleans %j',
    (nick) => {
      const resource = resourcePrep(nick);
      expect(resource).toMatch(/~[0-9a-f]{6}$/);
      expect(resource).not.toMatch(/\p{C}|\ufffd/u);
      expect(Buffer.byteLength(resource)).toBeLessThanOrEqual(1023);
    },
  );

  it('does not let invisible characters pass for another nick', () => {
    expect(new Set(['bob', 'b\u200bob', 'bo\u202eb', 'bob\u0003'].map(resourcePrep)).size).toBe(4);
  });
});

describe('memo', () => {
  it('makes each value once while it is remembered, and holds a bounded number', () => {
    const made: string[] = [];
    const twice = memo(2, (key) => {
      made.push(key);
      return key + key;
    });
    expect(['a', 'b', 'a', 'c', 'a', 'b'].map(twice)).toEqual(['aa', 'bb', 'aa', 'cc', 'aa', 'bb']);
    expect(made).toEqual(['a', 'b', 'c']);
    for (const key of ['d', 'e', 'f', 'g']) twice(key);
    twice('a');
    expect(made.filter((key) => key === 'a')).toHaveLength(2);
  });
});
