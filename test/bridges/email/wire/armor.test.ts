import { expect, it } from 'vitest';
import { withoutArmor } from '#bridges/email/wire/armor.ts';

const message = '-----BEGIN PGP MESSAGE-----\nVersion: x\n\nabc\n-----END PGP MESSAGE-----';
const signed =
  '-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\nCome.\n- -- \nRomeo\n-----BEGIN PGP SIGNATURE-----\n\nabc\n-----END PGP SIGNATURE-----';

it.each([
  ['what is no armor', 'a\n-----BEGIN PGP-----\nb', 'a\n-----BEGIN PGP-----\nb'],
  ['what is encrypted, between words', `Hello\n${message}\nBye`, 'Hello\nBye'],
  ['two of them', `${message}\n${message}`, ''],
  ['one that does not end', 'Hello\n-----BEGIN PGP MESSAGE-----\nabc', 'Hello'],
  ['what is signed, without its signature', `${signed}\nP.S.`, 'Come.\n-- \nRomeo\nP.S.'],
  ['what is quoted', `> ${message.replaceAll('\n', '\n> ')}`, `> ${message.replaceAll('\n', '\n> ')}`],
])('leaves of %s', (_, text, left) => expect(withoutArmor(text)).toBe(left));

it('reads each line once, however many begin', () =>
  expect(withoutArmor('-----BEGIN PGP MESSAGE-----\n'.repeat(40_000))).toBe(''));
