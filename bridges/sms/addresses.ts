import { createHash } from 'node:crypto';
import { parsePhoneNumberFromString } from 'libphonenumber-js/min';
import type { Address, Addresses } from '#src/model/address.ts';
import { Failure } from '#src/model/failure.ts';
import type { Text } from '#src/model/language.ts';
import { isEmergency } from './routing/numbers.ts';
import { texts } from './texts/catalogue.ts';

const malformed = (text: Text) => new Failure('jid-malformed', { text });

/** E.164: a plus, a country code and at most fifteen digits. */
const NUMBER = /^\+[1-9]\d{6,14}$/;
/** A short code and the country in which it is one. */
const SHORT = /^\d{3,8}%[a-z]{2}$/i;
/** `~` and the bytes of an alphanumeric sender; what is not a plain character is `=` and two hex digits. */
const SENDER = /^~(?:[a-z0-9._-]|=[0-9a-f]{2}){1,60}$/i;

/** The most characters of a name: even where all are escaped, it is an address. */
const MOST_NAME = 20;

/** Who can be at the other end: a phone, a short code, or a sender that only has a name and cannot be answered. */
export type SmsAddressType = 'phone' | 'short' | 'sender';

/** What an address is. Throws `Failure('jid-malformed')`. */
export function addressTypeOf(name: string): SmsAddressType {
  if (name.startsWith('~')) return 'sender';
  return name.startsWith('+') ? 'phone' : 'short';
}

/** `+15550100123`, `72727%us`, `~my=20bank`; the gateway itself is the empty address. */
export const addresses: Addresses = {
  parse(local) {
    if (local === '') return { kind: 'realm', realm: '', name: '' };
    if (isEmergency(local)) throw malformed(texts.emergency);
    if (!NUMBER.test(local) && !SHORT.test(local) && !isSender(local)) throw malformed(texts.address);
    return { kind: 'contact', realm: '', name: local };
  },
  format: ({ name }) => name,
  // RFC 3966 §3
  uri: ({ name }) => (name.startsWith('+') ? `tel:${name}` : undefined),
  fold: (address: Address) => ({ ...address, name: address.name.toLowerCase() }),
};

/** Each sender has one spelling: only what cannot stand for itself is escaped. */
function isSender(local: string): boolean {
  if (!SENDER.test(local)) return false;
  return [...local.matchAll(/=([0-9a-f]{2})/gi)].every(
    ([, hex = '']) => !/[a-z0-9._-]/i.test(String.fromCharCode(Number.parseInt(hex, 16))),
  );
}

/**
 * The address of what a provider names as a sender. `country` is that of our number, in which a short code is one.
 * `undefined` for what is neither a number nor a name: see `senderAddress`.
 */
export function addressOf(from: string, country: string): string | undefined {
  if (NUMBER.test(from)) return from;
  if (/^\d{3,8}$/.test(from)) return `${from}%${country.toLowerCase()}`;
  if (from.startsWith('+') || from.trim() === '' || from.length > MOST_NAME) return undefined;
  return `~${escaped(from.toLowerCase().toWellFormed())}`;
}

/**
 * The address of whatever a provider names as a sender, in the country of our number. What is neither a number nor a
 * name has one too, so that its texts are delivered. Nothing can be sent there.
 */
export function senderAddress(from: string, country: string): string {
  const usual = addressOf(from, country);
  if (usual !== undefined) return usual;
  // No byte of UTF-8 is FF: that is what stands for none.
  if (from === '') return '~=ff';
  const name = from.toLowerCase().toWellFormed();
  if (from.length <= MOST_NAME) return `~${escaped(name)}`;
  const hash = createHash('sha256').update(name).digest('hex').slice(0, 40);
  return `~${name.replace(/[^a-z0-9]/g, '').slice(0, 16)}.${hash}`;
}

function escaped(name: string): string {
  const bytes = [...new TextEncoder().encode(name)].map((byte) => {
    const char = String.fromCharCode(byte);
    return /[a-z0-9._-]/.test(char) ? char : `=${byte.toString(16).padStart(2, '0')}`;
  });
  return bytes.join('');
}

/** The address of what a person wrote, also in national form. Throws `Failure('jid-malformed')`. */
export function resolve(text: string, country: string | undefined): string {
  const wanted = text.trim().replace(/^tel:/i, '');
  const digits = wanted.replace(/[\s()./-]/g, '');
  if (isEmergency(digits)) throw malformed(texts.emergency);
  if (SHORT.test(wanted) || isSender(wanted)) return wanted.toLowerCase();
  const known = country as Parameters<typeof parsePhoneNumberFromString>[1];
  // Short codes first: a library would make a long number of some.
  if (/^\d{3,6}$/.test(digits) && country !== undefined) return `${digits}%${country.toLowerCase()}`;
  const found = parsePhoneNumberFromString(wanted, known);
  // RFC 3966 §5.3, §5.4: who is behind an extension or a subaddress is somebody else than whom the number reaches.
  if (found?.ext !== undefined || /;(?:ext|isub)=/i.test(wanted)) throw malformed(texts.extension);
  if (found?.isPossible()) return found.number;
  throw malformed(country === undefined ? texts.countryCode : texts.noTelephone);
}

/** What a provider is told as the recipient. Throws a `Failure` for a sender that cannot be answered. */
export function recipientOf(name: string): string {
  if (addressTypeOf(name) === 'sender') throw new Failure('not-allowed', { text: texts.nameOnly });
  return name.replace(/%.*$/, '');
}
