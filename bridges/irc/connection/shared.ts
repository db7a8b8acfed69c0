import type { Channel } from '#bridges/irc/channels/channel.ts';
import type { Takeover } from '#bridges/irc/channels/primary.ts';
import type { ServerConfig } from '#bridges/irc/config.ts';
import type { Asks } from '#bridges/irc/questions/asks.ts';
import type { Delivered, Host, Session, SessionKey } from '#src/bridge.ts';
import type { Addresses } from '#src/model/address.ts';
import type { Event } from '#src/model/event.ts';
import { Failure } from '#src/model/failure.ts';
import type { Query, Reply } from '#src/model/query.ts';
import type { Realm } from './realm.ts';
import type { ServerView } from './server-view.ts';

export type ConnectionSetup = {
  readonly host: Host;
  readonly addresses: Addresses;
  readonly realm: Realm;
  readonly server: ServerConfig;
  readonly realname: string;
  /** Milliseconds that logging in may take. */
  readonly timeout: number;
};

/** The connection of one account to one server. */
export type Client = {
  readonly session: Session;
  readonly view: ServerView;
  /** Throws a `Failure` for what is refused at once. */
  deliver(event: Event): Delivered;
  /** Milliseconds to the server and back. */
  ping(): Promise<number>;
  /** What people are asked, and the list of channels. Rejects with a `Failure`. */
  ask(query: Query): Promise<Reply>;
  room(folded: string): Channel | undefined;
  readonly asks: Pick<Asks, 'modes' | 'bans'>;
  pause(paused: boolean): void;
  /** Speaks for channels whose feeding connection was lost. */
  takeOver(takeovers: readonly Takeover[]): void;
  /** An account's connection is gone: its nick is a stranger's from now on. */
  disown(account: Session['account']): void;
  /** Leaves; what waits fails with `failure`. Never rejects. */
  close(reason: string, failure: Failure): Promise<void>;
};

/** What the server is called towards people. */
export const nameOf = ({ server }: ConnectionSetup, { realm }: Pick<SessionKey, 'realm'>): string =>
  server.host ?? realm;

/** The session of a connection as the core has it. */
export const sessionOf = (client: Client, { account, realm }: SessionKey): Session => ({
  account,
  realm,
  close: (why) => client.close(why, new Failure('recipient-unavailable')),
});
