import { texts } from '#bridges/irc/texts.ts';
import type { Address, Addresses } from '#src/model/address.ts';
import { Failure } from '#src/model/failure.ts';

/** What people write who know only IRC: a link, `nick on server`, `nick@server`, `nick%server`. */
const LINK = /^ircs?:\/\/([^/?#\s]+)\/([^\s?]+)/i;
const LONG = /^(\S+)\s+on\s+(\S+)$/i;
const SHORT = /^([^\s@%]+)[@%]([^\s@%]+)$/;

type Realms = { readonly addresses: Addresses; readonly realms: readonly string[] };

/**
 * The address of a channel or person as people have it. Pure. Throws a `Failure` for what is none, and where the
 * server is left out although there are several.
 */
export function resolve(text: string, { addresses, realms }: Realms): string {
  const { name, realm } = named(text.trim(), realms);
  const given: Address = { kind: name.startsWith('#') ? 'room' : 'contact', realm, name };
  // Read again as any other address is, so that nothing else can come of it; no escape makes a name of what is none.
  const address = addresses.fold(addresses.parse(addresses.format(given)));
  return addresses.format(addresses.fold(addresses.parse(addresses.format(address))));
}

function named(text: string, realms: readonly string[]): { readonly name: string; readonly realm: string } {
  const link = LINK.exec(text);
  if (link) return linked(link[1] ?? '', link[2] ?? '');
  const [, name, realm] = LONG.exec(text) ?? SHORT.exec(text) ?? [];
  if (name !== undefined && realm !== undefined) return { name, realm };
  const [only, ...more] = realms;
  if (only !== undefined && more.length === 0) return { name: text, realm: only };
  throw new Failure('not-acceptable', {
    text: texts.whichServer,
  });
}

/** A link names a channel, with or without its `#`; `,isnick` marks a person. A port is the operator's matter. */
function linked(host: string, path: string): { readonly name: string; readonly realm: string } {
  const [target = '', ...flags] = decoded(path).split(',');
  const person = flags.some((flag) => flag.toLowerCase() === 'isnick' || flag.toLowerCase() === 'isuser');
  const name = person || /^[#&+!]/.test(target) ? target : `#${target}`;
  return { name, realm: host.replace(/:\d+$/, '') };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch (error) {
    throw new Failure('jid-malformed', { cause: error });
  }
}
