import { Failure } from '#src/model/failure.ts';
import { StoreUnavailable } from '#src/store/index.ts';

/** What was thrown, if somebody can be answered with it: a store that is away may be asked again. All else is a bug. */
export function failureFrom(error: unknown): Failure | undefined {
  if (error instanceof Failure) return error;
  if (!(error instanceof StoreUnavailable)) return undefined;
  return new Failure('queue-full', {
    text: 'The gateway cannot reach its store at the moment. Try again later.',
    certain: error.certain,
    cause: error,
  });
}

/** Throws the `Failure` of a store that is away, so that nothing is acknowledged. Everything else is thrown on. */
export function away(error: unknown): never {
  throw failureFrom(error) ?? error;
}
