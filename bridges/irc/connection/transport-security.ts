// https://ircv3.net/specs/extensions/sts: a server that says so is reached over TLS alone.

import type { ServerAddress } from '#bridges/irc/servers.ts';
import { texts } from '#bridges/irc/texts.ts';
import type { Host } from '#src/bridge.ts';
import { Failure } from '#src/model/failure.ts';

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
  const parts = new Map(value.split(',').map((one) => [one.split('=')[0], Number(one.split('=')[1] ?? Number.NaN)]));
  const port = parts.get('port') ?? 0;
  const duration = parts.get('duration') ?? -1;
  return {
    ...(Number.isInteger(port) && port > 0 && port < 65_536 && { port }),
    ...(Number.isInteger(duration) && duration >= 0 && { duration }),
  };
}

/** Which hosts are reached over TLS alone, for all who go there. It outlives a restart. */
export function openTransportSecurity({ state, clock, log }: Pick<Host, 'state' | 'clock' | 'log'>) {
  const at = (host: string) => ({ key: `sts ${host.toLowerCase()}` });

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
    /** The host has the capability with that value. Throws `Upgrade` where the line is to be left for an encrypted one. */
    heard({ host, port, tls }: ServerAddress, value: string): void {
      const said = readPolicy(value);
      if (!tls) {
        if (said.port !== undefined) throw new Upgrade(said.port);
        return;
      }
      if (said.duration === undefined) return;
      const until = clock.now() + said.duration * 1000;
      const policy: Policy = { port, until };
      const kept =
        said.duration === 0 ? state.delete(at(host)) : state.put(at(host), JSON.stringify(policy), { expires: until });
      kept.catch((err: unknown) => log.error({ err }, 'that a host is reached over TLS alone was not noted'));
    },
  };
}

export type TransportSecurity = ReturnType<typeof openTransportSecurity>;
