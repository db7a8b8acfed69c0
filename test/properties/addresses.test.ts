import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addresses as ircAddresses } from '#bridges/irc/addresses.ts';
import type { Address, Addresses } from '#src/model/address.ts';
import { Failure } from '#src/model/failure.ts';
import { jidOf, splitJid, unescapeLocal } from '#src/xmpp/stanza/jid.ts';
import { addresses as pigeonAddresses } from '../invented/pigeon/addresses.ts';

/** A network that takes any text for a person. */
const anything: Addresses = {
  parse: (local) => ({ kind: 'contact', realm: '', name: local }),
  format: ({ name: text }) => text,
  fold: (address) => address,
};

/** Texts made of what addresses, JIDs and their escapes are made of, of anything, and long ones. */
const name = fc.oneof(
  fc.string({ unit: fc.constantFrom(...'abAB#&!%@\\=:/<~{[]}^|2450c.x '), minLength: 1, maxLength: 12 }),
  fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 }),
  fc.string({ unit: fc.constantFrom(...'ab@\\'), minLength: 330, maxLength: 420 }),
  fc
    .string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: 64, maxLength: 64 })
    .map((hex) => `alias=${hex}`),
);
const realm = fc.constantFrom('', 'net', 'NET', 'irc.example', 'b.example');
const kind = fc.constantFrom<Address['kind']>('realm', 'room', 'contact');

/** The formatted address that is read from a text, or nothing where it is none. */
function canonical(addresses: Addresses, text: string): string | undefined {
  try {
    return addresses.format(addresses.fold(addresses.parse(text)));
  } catch (error) {
    expect(error).toBeInstanceOf(Failure);
    return undefined;
  }
}

/** The JID of an address, or nothing where the protocol has none for it. */
function jid(id: string): string | undefined {
  try {
    return jidOf(id, 'gw.example');
  } catch (error) {
    expect(error).toBeInstanceOf(Failure);
    return undefined;
  }
}

const networks: readonly (readonly [string, Addresses])[] = [
  ['irc', ircAddresses(null)],
  ['irc with one server', ircAddresses('irc.example')],
  ['pigeon', pigeonAddresses],
  ['anything', anything],
];

describe.each(networks)('addresses of %s', (_, addresses) => {
  const id = fc
    .tuple(kind, realm, name)
    .map(([of, where, who]) => [who, `${who}%${where}`, `#${who}%${where}`, `~${who}`][of.length % 4] ?? who)
    .map((text) => canonical(addresses, text))
    .filter((text) => text !== undefined);

  it('are read from what they are written as, and folding twice is folding once', () => {
    fc.assert(
      fc.property(id, (text) => {
        const address = addresses.parse(text);
        expect(addresses.format(address)).toBe(text);
        expect(addresses.fold(address)).toEqual(address);
      }),
    );
  });

  it('never share a JID unless they are one, and fit into it', () => {
    fc.assert(
      fc.property(id, id, (one, other) => {
        const [a, b] = [jid(one), jid(other)];
        if (a === undefined || b === undefined) return;
        expect(a === b).toBe(one === other);
        expect(Buffer.byteLength(splitJid(a).local)).toBeLessThanOrEqual(1023);
      }),
      { numRuns: 1000 },
    );
  });

  it('come back from their JID, also after a server has lowered its case', () => {
    fc.assert(
      fc.property(id, (text) => {
        const { local } = splitJid(jid(text) ?? 'none@gw.example');
        if (local === 'none' || local.startsWith('alias=')) return;
        expect(canonical(addresses, unescapeLocal(local))).toBe(text);
        const lowered = unescapeLocal(local.replace(/[A-Z]/g, (letter) => letter.toLowerCase()));
        const lower = text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
        expect(canonical(addresses, lowered)).toBe(canonical(addresses, lower));
      }),
    );
  });
});

describe('an address that looks like an alias', () => {
  it('does not take the JID of the one that has it', () => {
    const long = `#${'@'.repeat(400)}%net`;
    const alias = splitJid(jidOf(long, 'gw.example')).local;
    expect(alias).toMatch(/^alias=[0-9a-f]{64}$/);
    expect(splitJid(jidOf(alias, 'gw.example')).local).not.toBe(alias);
  });
});
