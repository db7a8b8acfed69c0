import { STOPPING_QUIT } from '#bridges/irc/texts.ts';
import type { CloseReason, Session, SessionKey } from '#src/bridge.ts';
import { Failure } from '#src/model/failure.ts';
import type { AccountKey } from '#src/model/ids.ts';
import type { IrcConnection } from './irc-connection.ts';

/** What the others in the channels read. */
const FAREWELLS: Readonly<Record<CloseReason, string>> = {
  stopped: STOPPING_QUIT,
  left: 'leaving',
  removed: 'leaving',
};

/** A connection as the core knows it. */
export class IrcSession implements Session {
  readonly account: AccountKey;
  readonly realm: string;
  readonly #connection: IrcConnection;

  constructor(connection: IrcConnection, { account, realm }: SessionKey) {
    this.#connection = connection;
    this.account = account;
    this.realm = realm;
  }

  /** The connection of a session; nothing of one that is none of these. */
  static connectionOf(session: Session | undefined): IrcConnection | undefined {
    return session instanceof IrcSession ? session.#connection : undefined;
  }

  close(why: CloseReason, words?: string): Promise<void> {
    return this.#connection.close(words || FAREWELLS[why], new Failure('recipient-unavailable'));
  }
}
