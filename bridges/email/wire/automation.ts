import { AWAY_SUBJECT } from '#mappings/mail-phrases.ts';
import { decodeWords } from './encoded-words.ts';
import { headerOf, type RawHeader } from './header-block.ts';
import type { Automation, Mailbox } from './mail.ts';

/** What wrote a mail, where that was no person: by its headers (RFC 3834, 2919, 2369) and, for answers of absence, by its subject. */
export function automationOf(headers: readonly RawHeader[], from: Mailbox, isReport: boolean): Automation | undefined {
  const header = (name: string): string => (headerOf(headers, name) ?? '').toLowerCase();
  const has = (...names: readonly string[]): boolean => names.some((name) => headerOf(headers, name) !== undefined);
  const local = from.address.split('@', 1)[0] ?? '';
  const toNobody = header('return-path') === '<>';
  const precedence = header('precedence');
  const submitted = header('auto-submitted').replace(/[\s;(].*$/, '');

  const isBounce = /^(?:mailer-daemon|mail-daemon)$/i.test(local) || (toNobody && /^postmaster$/i.test(local));
  const isReply =
    submitted === 'auto-replied' ||
    precedence === 'auto_reply' ||
    AWAY_SUBJECT.test(decodeWords(headerOf(headers, 'subject') ?? '')) ||
    has('x-autoreply', 'x-autorespond', 'x-autoresponder', 'x-vacation', 'x-mail-autoreply') ||
    header('x-ms-exchange-generated-message-source').includes('rules');
  const isList = has('list-id', 'list-post', 'x-mailing-list', 'x-mailman-version') || precedence === 'list';
  const isBulk = has('list-unsubscribe', 'feedback-id') || /^(?:bulk|junk)$/.test(precedence);
  const isProgram = (submitted !== '' && submitted !== 'no') || PROGRAMS.test(local);

  if (isReport) return header('content-type').includes('disposition-notification') ? 'program' : 'bounce';
  if (isBounce) return 'bounce';
  if (isReply || (toNobody && has('in-reply-to'))) return 'reply';
  if (isList) return 'list';
  if (isBulk) return 'bulk';
  if (isProgram) return 'program';
  return toNobody ? 'reply' : undefined;
}

const PROGRAMS = /^(?:no|do-?not|dont)[._-]?reply|^(?:daemon|root|cron)$/i;
