import { isIP } from 'node:net';
import { choosesServers, type IrcConfig } from '#bridges/irc/config.ts';
import { IRC_PORTS, type ServerAddress, serverFor } from '#bridges/irc/servers.ts';
import { realmSettings } from '#bridges/irc/settings.ts';
import { isPublicAddress } from '#src/lib/net.ts';
import type { Answer } from '#src/model/form.ts';

/** Why nobody could connect to a server by these settings of theirs as the config is, for its operator. Pure. */
export function hindrance(config: IrcConfig, realm: string, values: Answer): string | undefined {
  const one = (name: string): string => values[name]?.[0] ?? '';
  const own = choosesServers(config) && {
    address: one('address'),
    ...(values.ports && { ports: values.ports }),
    ...(values.tls_ports && { tls_ports: values.tls_ports }),
  };
  const server = serverFor(config, realm, realmSettings(own || {}));
  const [first] = server?.addresses ?? [];
  if (!server || !first) return undefined;
  if (server.chosen && !server.addresses.some(isForAll))
    return `${first.host}:${first.port}, which users may not choose: list the server of ${realm} below "servers"`;
  const secret = one('pass') !== '' || one('sasl_password') !== '';
  if (secret && !server.insecureLogin && !server.addresses.some(({ tls }) => tls))
    return `passwords for ${realm}, and no TLS there: list it below "servers", with TLS or with insecure_login`;
  return undefined;
}

/** Whether anybody may connect there, as far as that is known without asking for a name (SECURITY rule 6). */
const isForAll = ({ host, port }: ServerAddress): boolean =>
  IRC_PORTS.includes(port) && (isIP(host) === 0 ? host.toLowerCase() !== 'localhost' : isPublicAddress(host));
