import type { SessionKey } from '#src/bridge.ts';
import type { Origin, XmppSide } from '#src/core/index.ts';
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
  readonly xmpp: Pick<XmppSide, 'refuse'>;
  /** Whether a message may open a connection for the account. Never rejects. */
  opens(account: AccountKey): Promise<boolean>;
  /** Whether events go to their network without a session. */
  sessionless(place: Place): boolean;
};

type Pieces = readonly Draft[] | Promise<readonly Draft[]>;

/** What is journaled goes on from the store. The work is for the lane of its place; throws a `Failure` for it. */
export function openKeep({ intake, sessions, xmpp, ...parts }: KeepParts) {
  /** Throws, or rejects, where no session will take what waits: a message may open one. */
  function reached(key: SessionKey): undefined | Promise<void> {
    if (sessions.realms(key.account).includes(key.realm)) return void sessions.require(key);
    return parts.opens(key.account).then((opens) => {
      if (opens) sessions.need(key);
      sessions.require(key);
    });
  }

  return (draft: Draft, pieces: Pieces, { key, origin }: { key: SessionKey; origin: Origin | undefined }) => {
    const take = (all: readonly Draft[]): void => {
      if (all.length > 0) intake.take({ draft, pieces: all, account: key.account, origin });
    };
    const fail = (error: unknown): void => {
      const failure = failureFrom(error) ?? new Failure('internal', { cause: error });
      if (origin) xmpp.refuse(origin, failure);
    };
    const ready = parts.sessionless(draft.place) ? undefined : reached(key);
    return (): void | Promise<void> => {
      if (!ready && !(pieces instanceof Promise)) return take(pieces);
      return Promise.all([pieces, ready]).then(([all]) => take(all), fail);
    };
  };
}
