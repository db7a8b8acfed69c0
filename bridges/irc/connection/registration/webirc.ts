import { createHash } from 'node:crypto';
import { line } from '#bridges/irc/wire/line.ts';
import type { SessionKey } from '#src/bridge.ts';
import { splitAccount } from '#src/model/ids.ts';
import { Sealed } from '#src/model/sealed.ts';

/** How a server is told of each user's own address: its password for that, and the network (IPv6, /64) of which they are. */
export type WebIrc = { readonly password: Sealed; readonly prefix: string };

const GATEWAY = 'isthmus';

/** Whether a text is a network of IPv6 with 64 bits, such as `2001:db8:1:2::/64`. */
export const isPrefix = (text: string): boolean => /^(?:[0-9a-f]{1,4}:){1,4}:\/64$/i.test(text);

/** An address of a user in a network: the same each time, and nobody else's. */
export function addressIn(prefix: string, user: string): string {
  const groups = prefix.slice(0, prefix.indexOf('::')).split(':');
  const own = createHash('sha256').update(user).digest('hex').slice(0, 16).match(/.{4}/g) ?? [];
  return [...groups, ...Array.from({ length: 4 - groups.length }, () => '0'), ...own].join(':');
}

/** The line that says where a user comes from (https://ircv3.net/specs/extensions/webirc), sent before all others. */
export function webIrcLine({ password, prefix }: WebIrc, { account }: SessionKey): Sealed {
  const address = addressIn(prefix, splitAccount(account).user);
  return new Sealed(line('WEBIRC', [password.open(), GATEWAY, address, address]));
}
