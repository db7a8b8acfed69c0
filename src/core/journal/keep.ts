import type { SessionKey } from '#src/bridge.ts';
import type { Origin } from '#src/core/index.ts';
import type { Sessions } from '#src/core/sessions/sessions.ts';
import { failureFrom } from '#src/core/store-away.ts';
import type { Draft } from '#src/model/event.ts';
import { Failure } from '#src/model/failure.ts';
import type { AccountKey } from '#src/model/ids.ts';
import type { Place } from '#src/model/place.ts';
import type { Intake } from './intake.ts';

export type KeepParts = {
  readonly intake: Intake;
  readonly sessions: Sessions;
  /** Whether a message may open a connection for the account. Never rejects. */
  opens(account: AccountKey): Promise<boolean>;
  /** Whether events go to their network without a session. */
  sessionless(place: Place): boolean;
  /** What the network carries of a draft, in pieces. Throws a `Failure` for what it refuses, or rejects with it. */
  degrade(draft: Draft, key: SessionKey): Pieces;
};

type Pieces = readonly Draft[] | Promise<readonly Draft[]>;
type At = { readonly key: SessionKey; readonly origin: Origin | undefined };
type Work = () => void | Promise<void>;

/**
 * What is journaled goes on from the store. The work is for the lane of its place. Throws a `Failure` for what is refused now,
 * unless that may be a repeat of what was taken before: then it is answered as that.
 */
export function openKeep({ intake, sessions, ...parts }: KeepParts) {
  /** Throws, or rejects, where no session will take what waits: a message may open one. */
  function reached(key: SessionKey): undefined | Promise<void> {
    if (sessions.realms(key.account).includes(key.realm)) return void sessions.require(key);
    return parts.opens(key.account).then((opens) => {
      if (opens) sessions.need(key);
      sessions.require(key);
    });
  }

  function work(draft: Draft, pieces: Pieces, { key, origin }: At): Work {
    const sessionless = parts.sessionless(draft.place);
    const take = (all: readonly Draft[]): void => {
      // It may have been given up while the pieces were made.
      if (!sessionless) sessions.require(key);
      if (all.length > 0) intake.take({ draft, pieces: all, account: key.account, origin });
    };
    const fail = (error: unknown): void | Promise<void> => {
      const failure = failureFrom(error) ?? new Failure('internal', { cause: error });
      if (origin) return intake.refuse(draft, origin, failure);
    };
    const ready = sessionless ? undefined : reached(key);
    return (): void | Promise<void> => {
      if (!ready && !(pieces instanceof Promise)) {
        try {
          return take(pieces);
        } catch (error) {
          return fail(error);
        }
      }
      return Promise.all([pieces, ready])
        .then(([all]) => take(all))
        .catch(fail);
    };
  }

  return (draft: Draft, at: At): Work => {
    const { origin } = at;
    try {
      return work(draft, parts.degrade(draft, at.key), at);
    } catch (error) {
      if (!(error instanceof Failure && origin && intake.recognises(draft, origin))) throw error;
      return () => intake.refuse(draft, origin, error);
    }
  };
}
