import type { Failure, FailureCode } from '#src/model/failure.ts';

/** Where the connection of one (account, realm) stands. `attempt` counts failures in a row. */
export type SessionPhase =
  | { readonly name: 'idle' }
  | { readonly name: 'connecting'; readonly attempt: number }
  | { readonly name: 'online'; readonly attempt: number }
  /** `refused`: why nothing goes until then, where waiting would be in vain. */
  | { readonly name: 'waiting'; readonly attempt: number; readonly refused?: Failure }
  | { readonly name: 'closing'; readonly again: boolean };

export type SessionInput =
  | { readonly kind: 'need' }
  /** The last run had the session: it is made once there is time for it. */
  | { readonly kind: 'expect' }
  | { readonly kind: 'connected' }
  /** `keep`: rooms of the account still want the session. `stable`: it had been up long enough to start counting anew. */
  | { readonly kind: 'failed'; readonly failure: Failure; readonly keep: boolean }
  | { readonly kind: 'lost'; readonly failure: Failure; readonly keep: boolean; readonly stable: boolean }
  | { readonly kind: 'retry' }
  | { readonly kind: 'release' }
  | { readonly kind: 'closed' };

export type SessionEffect =
  | { readonly kind: 'connect' }
  | { readonly kind: 'wait'; readonly attempt: number; readonly failure: Failure }
  | { readonly kind: 'flush' }
  | { readonly kind: 'abandon'; readonly failure: Failure }
  | { readonly kind: 'cancel' }
  | { readonly kind: 'close' };

/** Failures that another attempt would only repeat, unless they say when they will not. */
const FINAL: ReadonlySet<FailureCode> = new Set([
  'banned',
  'password-required',
  'not-permitted',
  'not-registered',
  'not-allowed',
  'stopping',
]);

const idle: SessionPhase = { name: 'idle' };

/** The life cycle of a session. Pure: inputs that a phase does not know leave it as it is. */
export function step(phase: SessionPhase, input: SessionInput): readonly [SessionPhase, ...SessionEffect[]] {
  switch (input.kind) {
    case 'need':
      return need(phase);
    case 'expect':
      return phase.name === 'idle' ? [{ name: 'waiting', attempt: 0 }] : [phase];
    case 'connected':
      return phase.name === 'connecting' ? [{ name: 'online', attempt: phase.attempt }, { kind: 'flush' }] : [phase];
    case 'failed':
      return phase.name === 'connecting' ? after(phase.attempt, input) : [phase];
    case 'lost':
      return phase.name === 'online' ? after(input.stable ? 0 : phase.attempt, input) : [phase];
    case 'retry':
      return phase.name === 'waiting' ? [{ name: 'connecting', attempt: phase.attempt }, { kind: 'connect' }] : [phase];
    case 'release':
      return release(phase);
    case 'closed':
      if (phase.name !== 'closing') return [phase];
      return phase.again ? [{ name: 'connecting', attempt: 0 }, { kind: 'connect' }] : [idle];
  }
}

function need(phase: SessionPhase): readonly [SessionPhase, ...SessionEffect[]] {
  if (phase.name === 'idle') return [{ name: 'connecting', attempt: 0 }, { kind: 'connect' }];
  return phase.name === 'closing' ? [{ name: 'closing', again: true }] : [phase];
}

function after(
  attempt: number,
  { failure, keep }: { failure: Failure; keep: boolean },
): readonly [SessionPhase, ...SessionEffect[]] {
  const final = FINAL.has(failure.code);
  if (!keep || (final && failure.retryAfter === undefined)) return [idle, { kind: 'abandon', failure }];
  return [
    { name: 'waiting', attempt: attempt + 1, ...(final && { refused: failure }) },
    { kind: 'wait', attempt, failure },
  ];
}

function release(phase: SessionPhase): readonly [SessionPhase, ...SessionEffect[]] {
  switch (phase.name) {
    case 'online':
      return [{ name: 'closing', again: false }, { kind: 'close' }];
    case 'closing':
      return [{ name: 'closing', again: false }];
    case 'idle':
      return [phase];
    default:
      return [idle, { kind: 'cancel' }];
  }
}
