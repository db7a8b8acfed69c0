import { Failure, type FailureCode } from '#src/model/failure.ts';
import { numberOf, objectOf, textOf } from './event.ts';

/** What the errors of a homeserver are (§2.3, MAPPING). */
const CODES: Readonly<Record<string, FailureCode>> = {
  M_FORBIDDEN: 'not-permitted',
  M_GUEST_ACCESS_FORBIDDEN: 'not-registered',
  M_NOT_FOUND: 'item-not-found',
  M_UNRECOGNIZED: 'not-supported',
  M_TOO_LARGE: 'too-large',
  M_BAD_JSON: 'not-acceptable',
  M_NOT_JSON: 'not-acceptable',
  M_INVALID_PARAM: 'not-acceptable',
  M_MISSING_PARAM: 'not-acceptable',
  M_LIMIT_EXCEEDED: 'too-fast',
  M_RESOURCE_LIMIT_EXCEEDED: 'queue-full',
  M_USER_DEACTIVATED: 'not-permitted',
  M_USER_LOCKED: 'not-permitted',
  M_USER_IN_USE: 'nick-conflict',
  M_CANNOT_LEAVE_SERVER_NOTICE_ROOM: 'not-allowed',
  M_UNABLE_TO_AUTHORISE_JOIN: 'members-only',
  M_UNSUPPORTED_ROOM_VERSION: 'not-supported',
  M_INCOMPATIBLE_ROOM_VERSION: 'not-supported',
  M_UNKNOWN_TOKEN: 'not-registered',
  M_MISSING_TOKEN: 'not-registered',
};

/** The longest pause that a homeserver is granted, in milliseconds. */
const LONGEST_PAUSE = 300_000;

/** What answer of a homeserver this is as a failure. `uncertain`: it may have done the work all the same. */
export function failureOf(status: number, body: unknown, uncertain = false): Failure {
  const answer = objectOf(body);
  const foreign = textOf(answer.errcode);
  const wish = numberOf(answer.retry_after_ms);
  const retryAfter = wish === undefined ? undefined : Math.min(Math.max(wish, 0), LONGEST_PAUSE);
  const known = foreign !== undefined && Object.hasOwn(CODES, foreign) ? CODES[foreign] : undefined;
  const code = status >= 500 ? 'remote-server-timeout' : (known ?? byStatus(status));
  return new Failure(code, {
    certain: !(uncertain && status >= 500),
    ...(foreign !== undefined && { foreign }),
    ...(retryAfter !== undefined && { retryAfter }),
    ...((answer.soft_logout === true || numberOf(answer.status) !== undefined) && { cause: answer }),
  });
}

/** Whether a homeserver that refuses a token keeps its device (§5.7.2). */
export const isSoftLogout = ({ foreign, cause }: Failure): boolean =>
  foreign === 'M_UNKNOWN_TOKEN' && objectOf(cause).soft_logout === true;

/** With what status an application service has answered its homeserver (client-server API, `M_BAD_STATUS`). */
export const statusTold = ({ cause }: Failure): number | undefined => numberOf(objectOf(cause).status);

function byStatus(status: number): FailureCode {
  if (status === 429) return 'too-fast';
  if (status === 404) return 'item-not-found';
  if (status === 413) return 'too-large';
  if (status === 401 || status === 403) return 'not-permitted';
  return 'not-acceptable';
}
