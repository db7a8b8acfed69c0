// https://ircv3.net/specs/extensions/sts: a server that says so is reached over TLS alone.

import type { ServerAddress } from '#bridges/irc/servers.ts';
import { texts } from '#bridges/irc/texts.ts';
import type { Host } from '#src/bridge.ts';
import { Failure } from '#src/model/failure.ts';
import type { ConnectionState } from './connection-state.ts';
import type { IrcConnection } from './irc-connection.ts';
import type { ConnectionSetup } from './realm.ts';

/** What a host has said over TLS, and until when that holds (ms since 1970). */
type Policy = { readonly port: number; readonly until: number };

/** A server over a plain line has said at which port it is to be reached by TLS. */
export class Upgrade extends Failure {
  readonly port: number;

  constructor(port: number) {
    super('policy-violation', { text: texts.upgraded });
    this.port = port;
  }
}

/** The parts of the value of the capability: a port is for plain lines, a duration (seconds) for encrypted ones. Pure. */
export function readPolicy(value: string): { readonly port?: number; readonly duration?: number } {
  const parts = new Map(value.split(',').map((one) => [one.split('=')[0], one.split('=')[1] ?? '']));
  const port = wholeNumber(parts.get('port'));
  const duration = wholeNumber(parts.get('duration'));
  return {
    ...(port !== undefined && port > 0 && port < 65_536 && { port }),
    ...(duration !== undefined && { duration }),
  };
}

const wholeNumber = (text = ''): number | undefined => (/^\d{1,10}$/.test(text) ? Number(text) : undefined);

/** What part of a duration may be missing at the end, so that not each of a thousand connections writes the same. */
const SLACK = 0.01;

/** Which hosts are reached over TLS alone, for all who go there. It outlives a restart. */
export function openTransportSecurity({ state, clock, log }: Pick<Host, 'state' | 'clock' | 'log'>) {
  const at = (host: string) => ({ key: `sts ${host.toLowerCase()}` });
  /** What was written last. */
  const noted = new Map<string, Policy>();

  async function policyOf(host: string): Promise<Policy | undefined> {
    const kept = await state.get(at(host));
    const policy = kept === undefined ? undefined : (JSON.parse(kept) as Policy);
    return policy && policy.until > clock.now() ? policy : undefined;
  }

  return {
    /** An address as it is to be connected to: never plain where the host has said so. */
    async secured(address: ServerAddress): Promise<ServerAddress> {
      const policy = address.tls ? undefined : await policyOf(address.host);
      return policy ? { host: address.host, port: policy.port, tls: true } : address;
    },
    /**
     * The host has the capability with that value: it says so, or had said so last when the line was closed. Throws `Upgrade` where
     * the line is to be left for an encrypted one.
     */
    heard({ host, port, tls }: ServerAddress, value: string): void {
      const said = readPolicy(value);
      if (!tls) {
        if (said.port !== undefined) throw new Upgrade(said.port);
        return;
      }
      if (said.duration === undefined) return;
      const until = clock.now() + said.duration * 1000;
      const { key } = at(host);
      const before = noted.get(key);
      if (before?.port === port && Math.abs(until - before.until) < said.duration * 1000 * SLACK) return;
      noted.set(key, { port, until });
      const kept =
        said.duration === 0
          ? state.delete(at(host))
          : state.put(at(host), JSON.stringify({ port, until } satisfies Policy), { expires: until });
      kept.catch((err: unknown) => log.error({ err }, 'that a host is reached over TLS alone was not noted'));
    },
  };
}

export type TransportSecurity = ReturnType<typeof openTransportSecurity>;

/** A server says while a connection goes on how it is to be reached. A plain line is left: when it is dialled again it says where to go. */
export function hearPolicy(value: string, connection: Pick<IrcConnection, 'setup' | 'fail'>): void {
  try {
    connection.setup.security.heard(connection.setup.address, value);
  } catch (error) {
    if (!(error instanceof Upgrade)) throw error;
    connection.fail(new Failure('recipient-unavailable', { text: texts.upgraded }));
  }
}

/** A connection has ended: the time of its server's policy counts from then on, for it may have been shorter than the connection. */
export function renewPolicy({ offered }: ConnectionState, { security, address }: ConnectionSetup): void {
  const value = offered.get('sts');
  if (value !== undefined && address.tls) security.heard(address, value);
}
