// https://ircv3.net/specs/extensions/standard-replies

import { texts } from '#bridges/irc/texts.ts';
import { realmNotice } from '#bridges/irc/wire/drafts.ts';
import { emit } from '#bridges/irc/wire/emit.ts';
import { cleaned } from '#bridges/irc/wire/numerics.ts';
import { Failure, type FailureCode, failures } from '#src/model/failure.ts';
import type { LineReading } from './line-table.ts';

/** What the codes mean to a person. */
const CODES: Readonly<Record<string, FailureCode>> = {
  ACCOUNT_REQUIRED: 'members-only',
  CANNOT_SEND_TO_CHANNEL: 'not-permitted',
  INVALID_PARAMS: 'not-acceptable',
  INVALID_TARGET: 'item-not-found',
  NEED_MORE_PARAMS: 'not-acceptable',
  REACT_FORBIDDEN: 'not-permitted',
  REDACT_FORBIDDEN: 'not-permitted',
  REDACT_WINDOW_EXPIRED: 'not-allowed',
  RATE_LIMITED: 'too-fast',
  TEMPORARILY_UNAVAILABLE: 'recipient-unavailable',
  UNKNOWN_MSGID: 'item-not-found',
};

/** FAIL refuses something of ours by its command; what it does not, WARN and NOTE are the server's word to the user. */
export const standardReply: LineReading = ({ command, params }, { host, view, pending, past }) => {
  const [verb = '', code = '', ...rest] = params;
  const said = cleaned(rest.at(-1) ?? '');
  const known = Object.hasOwn(CODES, code) ? CODES[code] : undefined;
  const failure = known ?? 'not-permitted';
  const text = said === '' ? failures[failure].text : texts.serverSays(failures[failure].text, said);
  const refusal = new Failure(failure, { text, foreign: `FAIL ${verb} ${code} ${said}`.trim() });
  const about = rest.slice(0, -1);
  const isPast = verb.toUpperCase() === 'CHATHISTORY';
  const refused = command === 'FAIL' && (isPast ? past.failed(about, refusal) : pending.failed(verb, about, refusal));
  if (!refused) emit(host, realmNotice(view, said));
  return true;
};
