/** RFC 6120 §8.3.2 */
export type ErrorType = 'auth' | 'cancel' | 'continue' | 'modify' | 'wait';

type Row = { readonly type: ErrorType; readonly condition: string; readonly text: string; readonly retry: boolean };

/** Every failure that a person can be told, with its stanza error (RFC 6120 §8.3.3) and whether a later try may work. */
export const failures = {
  'bad-request': row('modify', 'bad-request', 'The request makes no sense here.'),
  'jid-malformed': row('modify', 'jid-malformed', 'This is not an address that this gateway knows.'),
  'item-not-found': row('cancel', 'item-not-found', 'There is nothing and nobody by this name.'),
  'not-on-list': row(
    'auth',
    'forbidden',
    'You are not on the access list of this gateway. Ask its operator to add you.',
  ),
  'not-registered': row('auth', 'registration-required', 'This needs a registration first.'),
  'password-required': row('auth', 'not-authorized', 'A password is needed.'),
  banned: row('auth', 'forbidden', 'You are banned there.'),
  'not-permitted': row('auth', 'forbidden', 'You may not do this there.'),
  'not-allowed': row('cancel', 'not-allowed', 'This is not allowed.'),
  'not-acceptable': row('modify', 'not-acceptable', 'This cannot be accepted in this form.'),
  blocked: row('modify', 'not-acceptable', 'You have blocked them, and would not hear an answer. Unblock them first.'),
  'not-joined': row('modify', 'not-acceptable', 'You are not in this room. Join it first.'),
  'too-large': row('modify', 'not-acceptable', 'This is too large.'),
  'nick-conflict': row('cancel', 'conflict', 'This nickname is taken.'),
  'members-only': row('auth', 'registration-required', 'Only those who were invited or registered may enter.'),
  'room-full': row('wait', 'service-unavailable', 'The room is full.'),
  gone: row('cancel', 'gone', 'This lives under another address.'),
  'queue-full': row('wait', 'resource-constraint', 'Too much is waiting to be sent. Try again later.', true),
  'too-fast': row('wait', 'resource-constraint', 'This is too fast. Wait a little and try again.', true),
  'budget-exhausted': row('wait', 'resource-constraint', 'What may be spent on this is used up for now.'),
  'remote-server-not-found': row('cancel', 'remote-server-not-found', 'That server cannot be found.'),
  'remote-server-timeout': row('wait', 'remote-server-timeout', 'That server did not answer in time.', true),
  'recipient-unavailable': row('wait', 'recipient-unavailable', 'The connection is down at the moment.', true),
  'policy-violation': row('modify', 'policy-violation', 'The rules of that network forbid this.'),
  'not-supported': row('cancel', 'feature-not-implemented', 'The other network cannot carry this.'),
  'service-unavailable': row('cancel', 'service-unavailable', 'This is not offered here.'),
  // What is wrong in going on with a command (XEP-0050 §4.4).
  'malformed-action': row('modify', 'bad-request', 'There is no such action.'),
  'bad-action': row('modify', 'bad-request', 'This cannot be done at this step.'),
  'bad-payload': row('modify', 'bad-request', 'The form is not filled in as it asks for.'),
  'bad-sessionid': row('modify', 'bad-request', 'You have not begun this here. Begin it anew.'),
  'session-expired': row('cancel', 'not-allowed', 'This is over. Begin it anew.'),
  stopping: row('wait', 'service-unavailable', 'The gateway is stopping.', true),
  internal: row('cancel', 'internal-server-error', 'Something broke in the gateway.'),
} as const satisfies Record<string, Row>;

export type FailureCode = keyof typeof failures;

type Details = {
  /** What the person is told instead of the table's text. */
  readonly text?: string;
  /** `false`: the far side may have done the work although we saw it fail. */
  readonly certain?: boolean;
  /** The far side's own code, shown in an application element. */
  readonly foreign?: string;
  /** The foreign address under which the target lives now (RFC 6120 §8.3.3.5). */
  readonly address?: string;
  /** Milliseconds after which the far side wants to be asked again. */
  readonly retryAfter?: number;
  readonly cause?: unknown;
};

/** An outcome that carries its answer. Everything else that is thrown is a bug. */
export class Failure extends Error {
  readonly code: FailureCode;
  readonly certain: boolean;
  readonly foreign: string | undefined;
  readonly address: string | undefined;
  readonly retryAfter: number | undefined;

  constructor(code: FailureCode, details: Details = {}) {
    super(details.text ?? failures[code].text, { cause: details.cause });
    this.name = 'Failure';
    this.code = code;
    this.certain = details.certain ?? true;
    this.foreign = details.foreign;
    this.address = details.address;
    this.retryAfter = details.retryAfter;
  }

  get row(): Row {
    return failures[this.code];
  }
}

function row(type: ErrorType, condition: string, text: string, retry = false): Row {
  return { type, condition, text, retry };
}
