import type { Bridge, Credentials, SessionKey } from '#src/bridge.ts';
import type { Clock } from '#src/lib/clock.ts';
import type { Log } from '#src/lib/log.ts';
import type { Failure } from '#src/model/failure.ts';
import type { AccountKey } from '#src/model/ids.ts';

/** What the sessions need of the rest of the core. */
export type SessionParts = {
  readonly clock: Clock;
  readonly log: Log;
  /** Milliseconds to wait before the next attempt, by the number of failures so far. */
  readonly backoff: (attempt: number) => number;
  bridge(transport: string): Bridge;
  /** What the account logs in with in the realm. Rejects where it cannot be read. */
  credentials(key: SessionKey): Promise<Credentials | undefined>;
  /** Whether the account's sessions outlive what wanted them. */
  staysConnected(account: AccountKey): Promise<boolean>;
  /** Milliseconds between attempts in one realm that nobody has just asked for. */
  readonly pace: number;
  /** The session is to return after a restart, under that nick, or no longer. Never throws. */
  lasts(key: SessionKey, nick: string | null | false): void;
};

/** What else may want a session beside an account that stays connected. */
export type Want = 'room' | 'presence';

/** What sessions tell. */
export type SessionNews = {
  /** The session is there: its rooms are to be joined, and what waited for it goes. */
  online(key: SessionKey): void;
  /** It has changed its phase. */
  changed(key: SessionKey): void;
  /** Nothing wants a session any more that was being made: nobody will take what waits for it. */
  released(key: SessionKey): void;
  /** It is given up, with everything in it. */
  abandoned(key: SessionKey, failure: Failure): void;
};
