import { Failure } from '#src/model/failure.ts';
import { StoreUnavailable } from '#src/store/index.ts';

/**
 * Throws what the store cannot do now as the `Failure` with which whoever asked is answered: nothing is acknowledged, and
 * a later try may work. Everything else is thrown on.
 */
export function away(error: unknown): never {
  if (!(error instanceof StoreUnavailable)) throw error;
  throw new Failure('queue-full', {
    text: 'The gateway cannot reach its store at the moment. Try again later.',
    certain: error.certain,
    cause: error,
  });
}
