import type { Rate } from '#src/lib/time/token-bucket.ts';
import { entryOf, type IrcConfig } from './config.ts';
import type { WebIrc } from './connection/registration/webirc.ts';
import type { RealmSettings } from './settings.ts';
import type { ChannelEncodings } from './wire/encodings.ts';

/** The usual ports of IRC servers; nothing else may be reached by free choice of a host (SECURITY rule 6). */
export const IRC_PORTS = [6660, 6661, 6662, 6663, 6664, 6665, 6666, 6667, 6668, 6669, 6697, 7000];

/** An address at which a server may be. */
export type ServerAddress = { readonly host: string; readonly port: number; readonly tls: boolean };

/** A server as one account connects to it: what its operator has written, and what its user has set for it. */
export type Server = {
  /** They are tried in order. Empty where the user has left none. */
  readonly addresses: readonly ServerAddress[];
  /** Under the rules for what users choose (SECURITY rule 6). */
  readonly chosen: boolean;
  readonly verify: boolean;
  readonly pin: readonly string[];
  readonly throttle: Rate;
  readonly encodings: ChannelEncodings;
  readonly insecureLogin: boolean;
  /** How it is told where users come from. */
  readonly webirc: WebIrc | undefined;
  /** The file with the authorities that are trusted there, in place of the system's. */
  readonly ca: string | undefined;
  /** The file of the certificate that the gateway shows there. */
  readonly certificate: string | undefined;
};

/** The server of a realm for whoever has set that; `undefined` if users may not go there. Pure. */
export function serverFor(config: IrcConfig, realm: string, set: RealmSettings): Server | undefined {
  const found = entryOf(config, realm);
  if (!found) return undefined;
  const { entry, listed } = found;
  const own = !listed || set.address !== '';
  return {
    addresses: own ? addressesBy(set, realm) : each(entry.hosts ?? [realm], entry.ports, entry.tls),
    chosen: own,
    verify: own ? set.verify_cert : entry.verify,
    pin: own ? [set.fingerprint].filter((pin) => pin !== '') : [entry.pin ?? []].flat(),
    throttle: paced(entry.throttle, set.throttle_limit),
    encodings: { in: set.encoding_in || entry.charset, out: set.encoding_out },
    insecureLogin: !own && entry.insecure_login,
    webirc: own ? undefined : entry.webirc,
    ca: own ? undefined : entry.ca,
    certificate: own ? undefined : entry.certificate,
  };
}

/** Nobody falls from TLS to plain text: ports without it are tried where there are none with it. */
function addressesBy({ address, ports, tls_ports }: RealmSettings, realm: string): readonly ServerAddress[] {
  const hosts = [address || realm];
  return tls_ports.length > 0 ? each(hosts, tls_ports.map(Number), true) : each(hosts, ports.map(Number), false);
}

const each = (hosts: readonly string[], ports: readonly number[], tls: boolean): readonly ServerAddress[] =>
  hosts.flatMap((host) => ports.map((port) => ({ host, port, tls })));

const paced = (rate: Rate, burst: number | undefined): Rate =>
  burst === undefined ? rate : { burst, per_second: rate === 'off' ? 1 : rate.per_second };
