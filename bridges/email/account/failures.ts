import { cleanName } from '#mappings/names.ts';
import { Failure } from '#src/model/failure.ts';
import { accountTexts as texts } from './texts.ts';

/** RFC 5530 §3: it says nothing of who logs in, and may be otherwise later. */
const FOR_NOW = new Set(['UNAVAILABLE', 'INUSE', 'LIMIT', 'SERVERBUG', 'CONTACTADMIN']);

type ImapError = {
  readonly authenticationFailed?: boolean;
  readonly serverResponseCode?: string;
  /** It is not to be spoken to in secret, or is not who it should be: nothing of the login was said. */
  readonly tlsFailed?: boolean;
  /** What the server has said behind its code. */
  readonly response?: unknown;
  /** Why the server has ended the line. */
  readonly reason?: unknown;
};

/** What imapflow says of a server that takes no login of the kind that we have. */
const NO_WAY = /^(?:Login is disabled|Unsupported authentication mechanism|No matching authentication method)$/;

/** What imapflow rejects with, as a user is told it. Pure. */
export function failureOf(error: unknown, by: 'password' | 'token' = 'password'): Failure {
  if (error instanceof Failure) return error;
  const { authenticationFailed, serverResponseCode, response, tlsFailed, reason } = (
    error instanceof Error ? error : {}
  ) as ImapError;
  if (error instanceof Error && NO_WAY.test(error.message))
    return new Failure('password-required', {
      text: by === 'token' ? texts.noTokenLogin : texts.noPasswordLogin,
      cause: error,
    });
  if (authenticationFailed && !FOR_NOW.has(serverResponseCode ?? ''))
    return new Failure('password-required', {
      text: by === 'token' ? texts.ended : texts.wrongPassword(helpIn(response, serverResponseCode)),
      cause: error,
      ...(serverResponseCode !== undefined && { foreign: serverResponseCode }),
    });
  if (tlsFailed) return new Failure('remote-server-timeout', { text: texts.noTls, cause: error });
  const bye = helpIn(reason, 'ALERT');
  return new Failure('remote-server-timeout', { ...(bye !== '' && { text: texts.goodbye(bye) }), cause: error });
}

/** What stands before the words of an answer (RFC 9051 §7.1). */
const STATUS = /^(?:\S+ )?(?:NO|BAD|BYE) (?:\[[^\]]*\] ?)?/;

/** What a server says to people when it refuses a login, where that is more than that it does: an alert (RFC 9051 §7.1), or a page. Pure. */
export function helpIn(response: unknown, code: string | undefined): string {
  const text = typeof response === 'string' ? cleanName(response.replace(STATUS, ''), 200) : '';
  return code === 'ALERT' || code === 'WEBALERT' || /https?:\/\//.test(text) ? text : '';
}
