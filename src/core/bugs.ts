import type { Log } from '#src/lib/log.ts';
import { Failure } from '#src/model/failure.ts';

/** What somebody is told of an error: a failure is its own answer, everything else is a bug, and logged. */
export type AsFailure = (error: unknown) => Failure;

export const openAsFailure =
  (log: Log): AsFailure =>
  (error) => {
    if (error instanceof Failure) return error;
    log.error({ err: error }, 'a bug: what was asked for has failed');
    return new Failure('internal', { cause: error });
  };
