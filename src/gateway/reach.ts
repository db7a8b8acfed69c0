import type { Host } from '#src/bridge.ts';
import type { FetchReason, Refuse } from '#src/lib/http/fetch.ts';
import { type Connect, ConnectError, type ConnectReason } from '#src/lib/net.ts';
import { Failure, type FailureCode } from '#src/model/failure.ts';

const CODES: Readonly<Record<ConnectReason, FailureCode>> = {
  forbidden: 'not-allowed',
  'unknown-host': 'remote-server-not-found',
  untrusted: 'policy-violation',
  aborted: 'recipient-unavailable',
  unreachable: 'remote-server-timeout',
};

/** The guarded connect as bridges get it: what goes wrong is a `Failure` with its answer. */
export const reach =
  (connect: Connect): Host['connect'] =>
  (target, signal) =>
    connect(target, signal).catch((error: unknown) => {
      if (!(error instanceof ConnectError)) throw error;
      throw new Failure(CODES[error.reason], { text: error.message, cause: error });
    });

const FETCH_CODES: Readonly<Record<FetchReason, FailureCode>> = {
  'bad-url': 'not-allowed',
  'bad-answer': 'remote-server-timeout',
  'too-large': 'too-large',
  'too-slow': 'remote-server-timeout',
  'too-many-redirects': 'policy-violation',
  aborted: 'recipient-unavailable',
};

/** The same for the guarded fetch. */
export const refuseFetch: Refuse = (reason, text, cause) => new Failure(FETCH_CODES[reason], { text, cause });
