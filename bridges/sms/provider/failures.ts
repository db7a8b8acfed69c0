import { texts } from '#bridges/sms/texts/catalogue.ts';
import { Failure, type FailureCode } from '#src/model/failure.ts';
import type { Text } from '#src/model/language.ts';

type Answer = { readonly code: FailureCode; readonly text?: Text };

/** Twilio's error codes by what they mean to the person who wrote (www.twilio.com/docs/api/errors). */
const CODES: Readonly<Record<string, Answer>> = {
  ...all(['21211', '21214', '21217', '21614', '30005', '30006'], {
    code: 'item-not-found',
    text: texts.noTexts,
  }),
  ...all(['21610', '30004'], { code: 'not-permitted', text: texts.unwanted }),
  ...all(['30034', '30032', '21212', '21606', '21659', '21660', '21703', '20003', '20005', '20403', '30002'], {
    code: 'internal',
    text: texts.ours,
  }),
  ...all(['30007', '21408', '21612', '30450', '21215', '21216'], {
    code: 'policy-violation',
    text: texts.route,
  }),
  ...all(['21617', '21605', '30019', '12300', '21620', '21623'], { code: 'too-large' }),
  ...all(['30003', '30008', '30009', '30010', '30017', '30022', '30023', '30029', '30036'], {
    code: 'recipient-unavailable',
    text: texts.unreached,
  }),
  ...all(['20429', '14107', '30001', '21611'], { code: 'too-fast' }),
};

function all(codes: readonly string[], answer: Answer): Record<string, Answer> {
  return Object.fromEntries(codes.map((code) => [code, answer]));
}

/** The failure of a message that the provider has refused or given up, with the provider's code in it. */
export function failureOf(code: string | undefined, status = 'failed'): Failure {
  const answer: Answer = (code === undefined ? undefined : CODES[code]) ?? {
    code: 'recipient-unavailable',
    text: status === 'canceled' ? texts.cancelled : texts.undelivered,
  };
  return new Failure(answer.code, {
    ...(answer.text !== undefined && { text: answer.text }),
    ...(code !== undefined && { foreign: code }),
  });
}

/** The failure of a request that was answered with an HTTP status. What broke over there may have been done first. */
export function refusalOf(status: number, code: string | undefined): Failure {
  const foreign = code ?? String(status);
  if (status === 429) return new Failure('too-fast', { foreign });
  if (status >= 500) return new Failure('remote-server-timeout', { foreign, certain: false });
  if (code !== undefined && CODES[code]) return failureOf(code);
  if (status === 401 || status === 403) return new Failure('internal', { text: texts.ours, foreign });
  return new Failure('not-acceptable', { text: texts.notAccepted, foreign });
}

/** Codes that tell of the phone, so that another text would fare the same until something changes there. */
const OF_PHONE: ReadonlySet<string> = new Set([
  ...['21211', '21214', '21217', '21614', '30005', '30006'],
  ...['21610', '30004', '30003'],
]);

/** Whether a failure tells that no text gets to this phone, rather than what became of one text. */
export const isOfPhone = ({ foreign }: Failure): boolean => foreign !== undefined && OF_PHONE.has(foreign);

/** Whether a failure is the operator's business rather than the sender's. */
export const isOurs = ({ code }: Failure): boolean => code === 'internal';
