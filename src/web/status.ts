import { Failure, type FailureCode } from '#src/model/failure.ts';

/** HTTP statuses (RFC 9110 §15) of failures. What is not named is 503 where a later try may work, else 400. */
const STATUSES: Readonly<Partial<Record<FailureCode, number>>> = {
  'password-required': 401,
  'not-on-list': 403,
  'not-registered': 403,
  'not-permitted': 403,
  'not-allowed': 403,
  'policy-violation': 403,
  banned: 403,
  'item-not-found': 404,
  gone: 410,
  'too-large': 413,
  'too-fast': 429,
  'service-unavailable': 503,
};

/** Seconds after which another try is worth it. */
const LATER = 30;

/** The answer that a thrown failure carries. Everything else that was thrown is a bug and is thrown on. */
export function failed(error: unknown): Response {
  if (!(error instanceof Failure) || error.code === 'internal') throw error;
  const status = STATUSES[error.code] ?? (error.row.retry ? 503 : 400);
  return plain(status, error.message, status === 429 || status === 503 ? { 'Retry-After': String(LATER) } : {});
}

/** A sentence for people. */
export const plain = (status: number, text: string, headers: Readonly<Record<string, string>> = {}): Response =>
  new Response(`${text}\n`, { status, headers: { 'Content-Type': 'text/plain; charset=utf-8', ...headers } });
