import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addresses } from '#bridges/matrix/addresses.ts';
import { bareOfGhost, ghostId, idOf, isId, LONGEST_ID, localOf } from '#bridges/matrix/wire/ids.ts';
import { escapeLocal, splitJid, unescapeLocal } from '#src/xmpp/stanza/jid.ts';

const server = fc.constantFrom('hs.example', 'HS.Example:8448', '[2001:db8::1]:1', '127.0.0.1');
const name = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 60 }).map((text) => text.replaceAll(':', ''));
const users = fc.tuple(name, server).map(([local, host]) => `@${local}:${host}`);
const aliases = fc.tuple(name, server).map(([local, host]) => `#${local}:${host}`);
const rooms = fc.oneof(
  fc.tuple(name, server).map(([local, host]) => `!${local}:${host}`),
  fc.stringMatching(/^[A-Za-z0-9_-]{43}$/).map((hash) => `!${hash}`),
);
const ids = fc.oneof(users, aliases, rooms).filter(isId);

describe('ids of Matrix', () => {
  it('have JIDs that lead back to them, and are not changed by XMPP', () => {
    fc.assert(
      fc.property(ids, (id) => {
        const local = localOf(id);
        const jid = splitJid(`${escapeLocal(local)}@matrix.example`);
        expect(jid?.local).toBe(escapeLocal(local));
        expect(idOf(unescapeLocal(jid?.local ?? ''))).toBe(id);
        const address = addresses.parse(local);
        expect(address.name).toBe(id);
        expect(addresses.format(address)).toBe(local);
      }),
    );
  });

  it('share no JID', () => {
    fc.assert(
      fc.property(ids, ids, (one, other) => {
        if (one !== other) expect(localOf(one)).not.toBe(localOf(other));
      }),
    );
  });

  it('share no JID though they look alike: by case, by composition, or by what escapes look like', () => {
    const alike = (id: string): readonly string[] => [
      ...[id.toLowerCase(), id.toUpperCase(), id.normalize('NFC'), id.normalize('NFD'), id.normalize('NFKC')],
      ...[localOf(id), localOf(localOf(id)), escapeLocal(id), unescapeLocal(id)].map((text) => `@${text}`),
    ];
    fc.assert(
      fc.property(ids, (id) => {
        for (const other of alike(id).filter((one) => one !== id && isId(one)))
          expect([other, localOf(other)]).not.toEqual([other, localOf(id)]);
      }),
    );
  });

  it('of any length that they may have lead back to themselves', () => {
    const unit = fc.constantFrom('a', 'Z', '=', 'ß', 'é', '本', '🌹', ' ', '\\', '.', '/');
    const long = fc.string({ unit, minLength: 20, maxLength: 244 }).map((local) => `@${local}:hs.example`);
    fc.assert(
      fc.property(long.filter(isId), (id) => {
        expect(idOf(localOf(id))).toBe(id);
        expect(idOf(unescapeLocal(escapeLocal(localOf(id))))).toBe(id);
      }),
    );
  });

  /** What old user ids may hold (Appendices §4.2.1.1), with what looks like each escape that an address goes through. */
  const historical = fc.array(
    fc.constantFrom(
      ...[
        'a',
        'A',
        'é',
        'e\u0301',
        'É',
        'ß',
        'ẞ',
        'ſ',
        's',
        'İ',
        'ı',
        '本',
        '🌹',
        '\u{1f469}\u200d\u{1f467}',
        '\u202e',
      ],
      ...[
        '=',
        '=41',
        '=c3=a9',
        '==',
        '/',
        '\\',
        '\\20',
        '\\5c20',
        '\\3a',
        '\\40',
        '%',
        '%41',
        '%20',
        '@',
        '#',
        '!',
        '&',
        '"',
        "'",
      ],
      ...[' ', '.', '_', '-', '+', '~', '`', '{', '<', '>', '?', '2', '0'],
    ),
    { minLength: 1, maxLength: 120 },
  );
  const old = fc
    .tuple(historical, fc.constantFrom('hs.example', `${'a'.repeat(60)}.${'b'.repeat(60)}.example:8448`))
    .map(([units, host]) => `@${units.join('')}:${host}`)
    .filter(isId);

  it('of users from the time when anything was allowed have JIDs of their own, up to 255 bytes with their server', () => {
    fc.assert(
      fc.property(fc.uniqueArray(old, { minLength: 2, maxLength: 20 }), (all) => {
        const jids = all.map((id) => splitJid(`${escapeLocal(localOf(id))}@matrix.example`));
        expect(new Set(jids.map((jid) => jid?.bare)).size).toBe(all.length);
        expect(jids.map((jid) => idOf(unescapeLocal(jid?.local ?? '')))).toEqual(all);
        for (const jid of jids) expect(new TextEncoder().encode(jid?.local).length).toBeLessThanOrEqual(1023);
      }),
      { numRuns: 500 },
    );
  });

  it('are none where they are longer than that', () => {
    const exactly = (bytes: number): string => `@${'=A'.repeat((bytes - ':hs.example'.length - 1) / 2)}:hs.example`;
    expect([exactly(254), exactly(256)].map(isId)).toEqual([true, false]);
    expect(idOf(localOf(exactly(254)))).toBe(exactly(254));
    expect(() => idOf(localOf(exactly(256)))).toThrow();
  });

  it('have one JID and no other', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 40 }), fc.string({ unit: fc.constantFrom(...'=04a1#!:.bc') }), (any, near) => {
        for (const local of [any, near, `${near}:hs.example`]) {
          let id: string;
          try {
            id = idOf(local);
          } catch {
            continue;
          }
          expect(localOf(id)).toBe(local);
        }
      }),
    );
  });

  it('may be as long as they may be there', () => {
    const id = `@${'Ä'.repeat((LONGEST_ID - ':hs.example'.length - 1) / 2)}:hs.example`;
    expect(idOf(localOf(id))).toBe(id);
    expect(localOf(id).length).toBeLessThan(1023);
    expect(() => idOf(localOf(`@${'A'.repeat(250)}:hs.example`))).toThrow();
  });
});

describe('ids of ghosts', () => {
  const bares = fc
    .tuple(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 80 }), fc.constantFrom('a.example', 'ü.example'))
    // As servers prepare them (RFC 7622 §3.3).
    .map(([local, domain]) => `${local.toLowerCase().replace(/[\s\p{Cc}"&'/:<>@]/gu, 'x')}@${domain}`);

  it('lead back to the address, unless it is too long', () => {
    fc.assert(
      fc.property(bares, (bare) => {
        if (!bare.isWellFormed()) return;
        const id = ghostId(bare, '_xmpp_', 'hs.example');
        expect(id).toMatch(/^@_xmpp_[a-z0-9._=/+-]+:hs\.example$/);
        expect(id.length).toBeLessThanOrEqual(LONGEST_ID);
        const back = bareOfGhost(id, '_xmpp_', 'hs.example');
        if (back !== undefined) expect(back).toBe(bare);
        else expect(bare.length).toBeGreaterThan(60);
      }),
    );
  });

  it('are as bifrost has them', () => {
    expect(ghostId('alice@example.org', '_xmpp_', 'hs')).toBe('@_xmpp_alice=40example.org:hs');
    expect(bareOfGhost('@_xmpp_alice=40example.org:other', '_xmpp_', 'hs')).toBeUndefined();
    expect(bareOfGhost('@_xmpp_=61lice=40example.org:hs', '_xmpp_', 'hs')).toBeUndefined();
    // What no prepared JID has would be somebody else of almost that name.
    for (const bare of [
      'Alice@example.org',
      'a b@example.org',
      'a@b@example.org',
      'a@',
      '@b',
      'a@b/c',
      'a\u0000@b',
      '<@b',
    ])
      expect(bareOfGhost(ghostId(bare, '_xmpp_', 'hs'), '_xmpp_', 'hs')).toBeUndefined();
  });
});
