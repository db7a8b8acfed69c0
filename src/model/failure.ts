import { type Text, type Words, wordsIn } from './language.ts';

/** RFC 6120 §8.3.2 */
export type ErrorType = 'auth' | 'cancel' | 'continue' | 'modify' | 'wait';

type Row = { readonly type: ErrorType; readonly condition: string; readonly text: Text; readonly retry: boolean };

/** Every failure that a person can be told, with its stanza error (RFC 6120 §8.3.3) and whether a later try may work. */
export const failures = {
  'bad-request': row('modify', 'bad-request', {
    en: 'The request makes no sense here.',
    de: 'Diese Anfrage ergibt hier keinen Sinn.',
  }),
  'jid-malformed': row('modify', 'jid-malformed', {
    en: 'This is not an address that this gateway knows.',
    de: 'Diese Adresse kennt das Gateway nicht.',
  }),
  'item-not-found': row('cancel', 'item-not-found', {
    en: 'There is nothing and nobody by this name.',
    de: 'Unter diesem Namen gibt es nichts und niemanden.',
  }),
  'not-on-list': row('auth', 'forbidden', {
    en: 'You are not on the access list of this gateway. Ask its operator to add you.',
    de: 'Sie stehen nicht auf der Zugangsliste dieses Gateways. Bitten Sie den Betreiber, Sie einzutragen.',
  }),
  'not-registered': row('auth', 'registration-required', {
    en: 'This needs a registration first.',
    de: 'Dafür ist zuerst eine Registrierung nötig.',
  }),
  'password-required': row('auth', 'not-authorized', { en: 'A password is needed.', de: 'Ein Passwort ist nötig.' }),
  banned: row('auth', 'forbidden', { en: 'You are banned there.', de: 'Sie sind dort gesperrt.' }),
  'not-permitted': row('auth', 'forbidden', { en: 'You may not do this there.', de: 'Das dürfen Sie dort nicht.' }),
  'not-allowed': row('cancel', 'not-allowed', { en: 'This is not allowed.', de: 'Das ist nicht erlaubt.' }),
  'not-acceptable': row('modify', 'not-acceptable', {
    en: 'This cannot be accepted in this form.',
    de: 'In dieser Form kann das nicht angenommen werden.',
  }),
  blocked: row('modify', 'not-acceptable', {
    en: 'You have blocked them, and would not hear an answer. Unblock them first.',
    de: 'Sie haben diesen Kontakt blockiert und würden keine Antwort hören. Heben Sie die Blockierung zuerst auf.',
  }),
  'not-joined': row('modify', 'not-acceptable', {
    en: 'You are not in this room. Join it first.',
    de: 'Sie sind nicht in diesem Raum. Betreten Sie ihn zuerst.',
  }),
  'too-large': row('modify', 'not-acceptable', { en: 'This is too large.', de: 'Das ist zu groß.' }),
  'nick-conflict': row('cancel', 'conflict', { en: 'This nickname is taken.', de: 'Dieser Spitzname ist vergeben.' }),
  'members-only': row('auth', 'registration-required', {
    en: 'Only those who were invited or registered may enter.',
    de: 'Hier kommt nur herein, wer eingeladen oder registriert ist.',
  }),
  'room-full': row('wait', 'service-unavailable', { en: 'The room is full.', de: 'Der Raum ist voll.' }),
  gone: row('cancel', 'gone', {
    en: 'This lives under another address.',
    de: 'Das ist jetzt unter einer anderen Adresse zu finden.',
  }),
  'queue-full': row(
    'wait',
    'resource-constraint',
    {
      en: 'Too much is waiting to be sent. Try again later.',
      de: 'Es wartet schon zu viel auf den Versand. Versuchen Sie es später noch einmal.',
    },
    true,
  ),
  'too-fast': row(
    'wait',
    'resource-constraint',
    {
      en: 'This is too fast. Wait a little and try again.',
      de: 'Das ging zu schnell. Warten Sie kurz und versuchen Sie es noch einmal.',
    },
    true,
  ),
  'budget-exhausted': row('wait', 'resource-constraint', {
    en: 'What may be spent on this is used up for now.',
    de: 'Was dafür ausgegeben werden darf, ist vorerst aufgebraucht.',
  }),
  'remote-server-not-found': row('cancel', 'remote-server-not-found', {
    en: 'That server cannot be found.',
    de: 'Dieser Server ist nicht zu finden.',
  }),
  'remote-server-timeout': row(
    'wait',
    'remote-server-timeout',
    { en: 'That server did not answer in time.', de: 'Dieser Server hat nicht rechtzeitig geantwortet.' },
    true,
  ),
  'recipient-unavailable': row(
    'wait',
    'recipient-unavailable',
    { en: 'The connection is down at the moment.', de: 'Die Verbindung ist gerade unterbrochen.' },
    true,
  ),
  'policy-violation': row('modify', 'policy-violation', {
    en: 'The rules of that network forbid this.',
    de: 'Die Regeln dieses Netzes verbieten das.',
  }),
  'not-supported': row('cancel', 'feature-not-implemented', {
    en: 'The other network cannot carry this.',
    de: 'Das andere Netz kann das nicht übertragen.',
  }),
  'service-unavailable': row('cancel', 'service-unavailable', {
    en: 'This is not offered here.',
    de: 'Das wird hier nicht angeboten.',
  }),
  // What is wrong in going on with a command (XEP-0050 §4.4).
  'malformed-action': row('modify', 'bad-request', {
    en: 'There is no such action.',
    de: 'Diese Aktion gibt es nicht.',
  }),
  'bad-action': row('modify', 'bad-request', {
    en: 'This cannot be done at this step.',
    de: 'Das geht in diesem Schritt nicht.',
  }),
  'bad-payload': row('modify', 'bad-request', {
    en: 'The form is not filled in as it asks for.',
    de: 'Das Formular ist nicht so ausgefüllt, wie es verlangt ist.',
  }),
  'bad-sessionid': row('modify', 'bad-request', {
    en: 'You have not begun this here. Begin it anew.',
    de: 'Das haben Sie hier nicht begonnen. Beginnen Sie von vorn.',
  }),
  'session-expired': row('cancel', 'not-allowed', {
    en: 'This is over. Begin it anew.',
    de: 'Das ist schon vorbei. Beginnen Sie von vorn.',
  }),
  // What is wrong with a search (XEP-0433 §4.2.2).
  'invalid-search-terms': row('modify', 'bad-request', {
    en: 'There is nothing in this to search for.',
    de: 'Darin ist nichts, wonach sich suchen ließe.',
  }),
  'no-search-conditions': row('modify', 'bad-request', {
    en: 'Say what to search for, or ask for all.',
    de: 'Es fehlt, wonach gesucht werden soll, oder der Wunsch nach allen.',
  }),
  'conflicting-fields': row('modify', 'bad-request', {
    en: 'Ask for all, or for some by words.',
    de: 'Bitte entweder nach allen fragen oder mit Begriffen suchen.',
  }),
  'invalid-sort-key': row('modify', 'feature-not-implemented', {
    en: 'There is no such order here.',
    de: 'Diese Reihenfolge gibt es hier nicht.',
  }),
  stopping: row(
    'wait',
    'service-unavailable',
    { en: 'The gateway is stopping.', de: 'Das Gateway wird gerade beendet.' },
    true,
  ),
  internal: row('cancel', 'internal-server-error', {
    en: 'Something broke in the gateway.',
    de: 'Im Gateway ist ein Fehler aufgetreten.',
  }),
} as const satisfies Record<string, Row>;

export type FailureCode = keyof typeof failures;

type Details = {
  /** What the person is told instead of the table's text. */
  readonly text?: Words;
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
  /** What the person is told; `message` has it in English, for logs. */
  readonly words: Words;
  readonly certain: boolean;
  readonly foreign: string | undefined;
  readonly address: string | undefined;
  readonly retryAfter: number | undefined;

  constructor(code: FailureCode, details: Details = {}) {
    const words = details.text ?? failures[code].text;
    super(wordsIn(words, 'en'), { cause: details.cause });
    this.words = words;
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

function row(type: ErrorType, condition: string, text: Text, retry = false): Row {
  return { type, condition, text, retry };
}
