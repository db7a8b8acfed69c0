import type { ServerConfig } from '#bridges/irc/config.ts';
import type { Host, SessionKey } from '#src/bridge.ts';
import type { Addresses } from '#src/model/address.ts';
import type { Realm } from './realm.ts';

/** What a connection is opened with. */
export type ConnectionSetup = {
  readonly host: Host;
  readonly addresses: Addresses;
  readonly realm: Realm;
  readonly server: ServerConfig;
  readonly realname: string;
  /** Milliseconds that logging in may take. */
  readonly timeout: number;
};

/** What the server is called towards people. */
export const serverName = ({ server }: ConnectionSetup, { realm }: Pick<SessionKey, 'realm'>): string =>
  server.host ?? realm;
