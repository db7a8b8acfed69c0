/** The stream-error conditions of RFC 6120 §4.9.3 that our reader may close a stream with. */
export type StreamCondition =
  | 'bad-format'
  | 'bad-namespace-prefix'
  | 'invalid-namespace'
  | 'invalid-xml'
  | 'not-well-formed'
  | 'policy-violation'
  | 'restricted-xml'
  | 'unsupported-encoding';

/** What we were sent is not XML as XMPP knows it. The stream cannot be read any further. */
export class ReaderError extends Error {
  override readonly name = 'ReaderError';
  readonly condition: StreamCondition;

  constructor(condition: StreamCondition, message: string) {
    super(message);
    this.condition = condition;
  }
}

/** The commonest of them, ready to be thrown. */
export const malformed = (message: string): ReaderError => new ReaderError('not-well-formed', message);
