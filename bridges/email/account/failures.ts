import { Failure } from '#src/model/failure.ts';
import { accountTexts as texts } from './texts.ts';

/** RFC 5530 §3: it says nothing of who logs in, and may be otherwise later. */
const FOR_NOW = new Set(['UNAVAILABLE', 'INUSE', 'LIMIT', 'SERVERBUG', 'CONTACTADMIN']);

type ImapError = { readonly authenticationFailed?: boolean; readonly serverResponseCode?: string };

/** What imapflow rejects with, as a user is told it. Pure. */
export function failureOf(error: unknown): Failure {
  if (error instanceof Failure) return error;
  const { authenticationFailed, serverResponseCode } = (error instanceof Error ? error : {}) as ImapError;
  if (authenticationFailed && !FOR_NOW.has(serverResponseCode ?? ''))
    return new Failure('password-required', {
      text: texts.wrongPassword,
      cause: error,
      ...(serverResponseCode !== undefined && { foreign: serverResponseCode }),
    });
  return new Failure('remote-server-timeout', { cause: error });
}
