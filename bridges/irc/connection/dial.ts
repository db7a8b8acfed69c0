import type { Socket } from 'node:net';
import { IRC_PORTS, type Server, type ServerAddress } from '#bridges/irc/servers.ts';
import { texts } from '#bridges/irc/texts.ts';
import type { Host, SessionKey } from '#src/bridge.ts';
import { Failure } from '#src/model/failure.ts';
import type { Words } from '#src/model/language.ts';
import { authoritiesIn } from './registration/client-certificate.ts';
import type { ServicesAccount } from './registration/sasl-mechanisms.ts';
import type { TransportSecurity } from './transport-security.ts';

/** How the address of a server is found. */
export type Dialling = {
  readonly host: Host;
  readonly server: Server;
  /** Whether a password will be sent, which is not sent in the clear (SECURITY rule 7). */
  readonly secret: boolean;
  readonly localAddress: string | undefined;
  /** What is shown of ourselves where the server asks for it. */
  readonly certificate: ServicesAccount['certificate'];
  /** Milliseconds for each address. */
  readonly timeout: number;
  readonly security: TransportSecurity;
  /** What is told on the way, with the reason why the address before did not do. */
  trying(address: ServerAddress): void;
  failed(why: Words): void;
};

/** An open line to a server. */
export type Dialled = { readonly socket: Socket; readonly address: ServerAddress };

/** What of a server people know: an address that the operator has given it is none of theirs. */
export const called = ({ realm }: SessionKey, { host, port }: ServerAddress, { chosen }: Server): string =>
  chosen || host.toLowerCase() === realm.toLowerCase() ? `${host}:${port}` : realm;

/** Tries the addresses of a server in order. Rejects with the `Failure` of the last. */
export async function dial(key: SessionKey, dialling: Dialling, signal: AbortSignal): Promise<Dialled> {
  const { addresses, insecureLogin } = dialling.server;
  let reason = new Failure('not-allowed', { text: texts.noPort(key.realm) });
  for (const [index, written] of addresses.entries()) {
    const address = await dialling.security.secured(written);
    if (index > 0) dialling.failed(reason.words);
    try {
      if (dialling.secret && !address.tls && !insecureLogin)
        throw new Failure('not-allowed', { text: texts.notEncrypted(key.realm) });
      dialling.trying(address);
      return { socket: await open(key, address, dialling, signal), address };
    } catch (error) {
      if (!(error instanceof Failure) || signal.aborted) throw error;
      reason = error;
    }
  }
  throw reason;
}

async function open(key: SessionKey, address: ServerAddress, dialling: Dialling, signal: AbortSignal): Promise<Socket> {
  const { host, server, localAddress, timeout, certificate } = dialling;
  // Read at each connection, for it is renewed.
  const ca = address.tls && server.ca !== undefined ? await authoritiesIn(server.ca) : undefined;
  return host.connect(
    {
      host: address.host,
      port: address.port,
      ...(address.tls && {
        tls: { verify: server.verify, pin: server.pin, ...(ca && { ca }), ...(certificate && { certificate }) },
      }),
      ...(localAddress !== undefined && { localAddress }),
      ...(server.chosen && { chosenByUser: { ports: IRC_PORTS } }),
      timeout,
      called: called(key, address, server),
      sharedReads: true,
    },
    signal,
  );
}
