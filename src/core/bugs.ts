import type { Log } from '#src/lib/log.ts';
import { Failure } from '#src/model/failure.ts';
import { failureFrom } from './store-away.ts';

/** What somebody is told of an error: a failure is its own answer, everything else is a bug, and logged. */
export type AsFailure = (error: unknown) => Failure;

export const openAsFailure =
  (log: Log): AsFailure =>
  (error) => {
    const known = failureFrom(error);
    if (known) return known;
    log.error({ err: error }, 'a bridge failed');
    return new Failure('internal', { cause: error });
  };
