import { memo } from '#src/lib/memo.ts';
import type { Address, Addresses } from '#src/model/address.ts';
import { Failure } from '#src/model/failure.ts';
import type { Text } from '#src/model/language.ts';
import { isHostName } from './config.ts';
import { texts } from './texts.ts';
import { addressName, isName, isRoomName, NAME_LIMIT } from './wire/names.ts';

const malformed = (text: Text) => new Failure('jid-malformed', { text });

/** Whether a name has room in an address with all that is escaped there: three characters for a byte. */
const fits = (name: string): boolean => name.length * 9 <= NAME_LIMIT || isName(addressName(name));

function named(name: string, realm: string): Address {
  if (!isName(name) || !fits(name)) throw malformed(texts.noName);
  if (isRoomName(name)) return { kind: 'room', realm, name };
  // RFC 2812 §3.3.1: a target of `$` is a mask of servers, and a status prefix before a channel picks some of its members.
  if (/^[$@~%]/.test(name)) throw malformed(texts.noPerson);
  return { kind: 'contact', realm, name };
}

const fold = (address: Address): Address => ({
  ...address,
  realm: address.realm.toLowerCase(),
  name: addressName(address.name),
});

/** `#chan%server`, `nick%server` and `server`; the last `%` divides. */
const free: Addresses = {
  parse(local) {
    const split = local.lastIndexOf('%');
    const realm = local.slice(split + 1);
    if (!isHostName(realm)) throw malformed(texts.address);
    return split < 0 ? { kind: 'realm', realm, name: '' } : named(local.slice(0, split), realm);
  },
  format: (address) => (address.kind === 'realm' ? address.realm : `${address.name}%${address.realm}`),
  fold,
};

/**
 * `#chan` and `nick` of the one server. The server itself keeps its name, and the empty local part means it too. The
 * long form is read as well, and written where the short one would be something else.
 */
function short(server: string): Addresses {
  const long = `%${server.toLowerCase()}`;
  const isLong = (local: string) => local.toLowerCase().endsWith(long);
  const isServer = (local: string) => local === '' || local.toLowerCase() === server.toLowerCase();
  return {
    parse(local) {
      if (isServer(local)) return { kind: 'realm', realm: server, name: '' };
      return named(isLong(local) ? local.slice(0, -long.length) : local, server);
    },
    format({ kind, name }) {
      if (kind === 'realm') return server;
      return isServer(name) || isLong(name) ? `${name}%${server}` : name;
    },
    fold,
  };
}

/** As clients of IRC write it, where the realm is a name that others know, too. */
const uri = ({ realm, name }: Address): string | undefined =>
  realm.includes('.') ? `ircs://${realm}/${encodeURIComponent(name)},isuser` : undefined;

/** Addresses that are remembered once they are read: each message asks for that of its channel several times. */
const REMEMBERED = 5_000;

/** The addresses of an IRC transport, shortened where there is one fixed server. */
export function addresses(fixedServer: string | null): Addresses {
  const given = fixedServer === null ? free : short(fixedServer);
  return { ...given, parse: memo(REMEMBERED, given.parse), uri };
}
