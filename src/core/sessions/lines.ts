import type { Session, SessionKey } from '#src/bridge.ts';
import type { Failure } from '#src/model/failure.ts';
import type { AccountKey } from '#src/model/ids.ts';
import type { PacedAttempt } from './pacing.ts';
import type { SessionPhase } from './session-state.ts';

/** The connection of an account in a realm, from the first wish to the last line. */
export type SessionLine = {
  readonly key: SessionKey;
  phase: SessionPhase;
  nick: string | undefined;
  /** What the network calls the user. */
  called: string | undefined;
  /** Nobody waits for the attempt that is under way. */
  unasked: true | undefined;
  stay: boolean;
  /** Its account is removed. */
  removed: boolean;
  /** What its network is told at its end. */
  words?: string | undefined;
  /** Expected, and not asked for yet. */
  expected: boolean;
  /** The attempt that is under way was lost before its session was here. */
  lost?: Failure | undefined;
  session: Session | undefined;
  since: number;
  /** The attempt that is under way is another one, or makes what the last run had: many do so at the same time. */
  again: boolean;
  /** The attempt that waits until it may be made. */
  paced: PacedAttempt | undefined;
  /** The network wants to be left alone, by all who come. */
  throttled: boolean;
  /** Ends the attempt or the wait that is under way. */
  cancel: () => void;
  /** Resolves when the line that was closed last is closed. */
  closed: Promise<void>;
};

export const nothing = (): void => undefined;
export const CLOSED = Promise.resolve();

const newLine = (key: SessionKey): SessionLine => ({
  key,
  phase: { name: 'idle' },
  nick: undefined,
  called: undefined,
  unasked: undefined,
  stay: false,
  expected: false,
  removed: false,
  session: undefined,
  since: 0,
  again: false,
  paced: undefined,
  throttled: false,
  cancel: nothing,
  closed: CLOSED,
});

/** The lines of all accounts, by account and realm. */
export function openLines() {
  const lines = new Map<AccountKey, Map<string, SessionLine>>();
  const get = ({ account, realm }: SessionKey): SessionLine | undefined => lines.get(account)?.get(realm);
  const ofAccount = (account: AccountKey): SessionLine[] => [...(lines.get(account)?.values() ?? [])];
  return {
    get,
    ofAccount,
    all: (): SessionLine[] => [...lines.keys()].flatMap(ofAccount),
    /** The line, made where there is none. */
    of(key: SessionKey): SessionLine {
      const line = get(key) ?? newLine(key);
      lines.set(key.account, (lines.get(key.account) ?? new Map<string, SessionLine>()).set(key.realm, line));
      return line;
    },
    remove({ key: { account, realm } }: SessionLine): void {
      const own = lines.get(account);
      own?.delete(realm);
      if (own?.size === 0) lines.delete(account);
    },
    clear: (): void => lines.clear(),
  };
}
