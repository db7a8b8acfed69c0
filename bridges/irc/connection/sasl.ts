import { texts } from '#bridges/irc/texts.ts';
import { line as makeLine } from '#bridges/irc/wire/line.ts';
import { cleaned } from '#bridges/irc/wire/numerics.ts';
import { Failure } from '#src/model/failure.ts';
import type { Sealed } from '#src/model/sealed.ts';
import type { Line } from './server-view.ts';

/** The longest chunk of an answer in one line (https://ircv3.net/specs/extensions/sasl-3.1). */
const CHUNK = 400;

/** What an account of the services of a network is known by. */
export type ServicesAccount = { readonly username: Sealed; readonly password: Sealed };

/** Logging in to services before the registration with the server is over, by SASL PLAIN. */
export type Sasl = {
  /** All else is negotiated: begins, or gives up where the server offers no such thing. */
  begin(): void;
  /** Takes a line in; true if nobody else needs it. */
  take(line: Line): boolean;
  readonly done: boolean;
};

type SaslOptions = {
  readonly host: string;
  readonly write: (line: string) => void;
  /** Called once, where there is no way in with the account: nobody goes online without it then. */
  readonly refused: (failure: Failure) => void;
};

/** IRCv3 SASL 3.1 and 3.2 with PLAIN (RFC 4616). It never goes on without the account. */
export function openSasl(account: ServicesAccount, { host, write, refused }: SaslOptions): Sasl {
  let stage: 'waiting' | 'asked' | 'named' | 'sent' | 'done' | 'failed' = 'waiting';
  /** The mechanisms on offer, empty where the server does not name them; `undefined` where there is no SASL. */
  let offer: readonly string[] | undefined;

  function fail(failure: Failure): true {
    if (stage !== 'failed') refused(failure);
    stage = 'failed';
    return true;
  }

  const missing = (): true =>
    fail(
      new Failure('service-unavailable', {
        text: texts.noSasl(host),
      }),
    );

  function capability({ params: [, verb, ...rest] }: Line): boolean {
    const names = (rest.at(-1) ?? '').split(' ');
    if (verb === 'LS') {
      const sasl = names.find((name) => name === 'sasl' || name.startsWith('sasl='));
      if (sasl !== undefined) offer = sasl.slice('sasl='.length).toUpperCase().split(',').filter(Boolean);
    }
    if (stage !== 'asked' || !names.includes('sasl')) return false;
    if (verb === 'NAK') return missing();
    if (verb !== 'ACK') return false;
    stage = 'named';
    write(makeLine('AUTHENTICATE', ['PLAIN']));
    return true;
  }

  function challenge({ params: [given] }: Line): true {
    if (stage !== 'named' || given !== '+') return missing();
    stage = 'sent';
    for (const chunk of chunks(account)) write(makeLine('AUTHENTICATE', [chunk]));
    return true;
  }

  function succeeded(): true {
    if (stage === 'sent') {
      stage = 'done';
      write(makeLine('CAP', ['END']));
    }
    return true;
  }

  function denied({ command, params }: Line): true {
    const said = cleaned(params.at(-1) ?? '');
    return fail(
      new Failure('password-required', {
        text: texts.notAccepted(host, /[.!?]$/.test(said) ? said : `${said}.`),
        foreign: `${command} ${said}`,
      }),
    );
  }

  const routes: Readonly<Record<string, (line: Line) => boolean>> = {
    CAP: capability,
    AUTHENTICATE: challenge,
    // Registered although nobody has let us in: the server knows no capabilities, or does not keep to them.
    '001': () => stage !== 'done' && missing(),
    '902': denied,
    '903': succeeded,
    '904': denied,
    '905': denied,
    '906': denied,
    '908': () => missing(),
  };

  return {
    begin() {
      if (offer === undefined || (offer.length > 0 && !offer.includes('PLAIN'))) return void missing();
      stage = 'asked';
      write(makeLine('CAP', ['REQ'], 'sasl'));
    },
    take: (line) => (Object.hasOwn(routes, line.command) ? (routes[line.command]?.(line) ?? false) : false),
    get done() {
      return stage === 'done';
    },
  };
}

/** RFC 4616 §2: nobody in whose name it is done, who it is, and the password; each NUL divides. */
function chunks({ username, password }: ServicesAccount): string[] {
  const whole = Buffer.from(`\0${username.open()}\0${password.open()}`, 'utf8').toString('base64');
  const all = whole.match(new RegExp(`.{1,${CHUNK}}`, 'g')) ?? [];
  // A last chunk of full length is followed by an empty one.
  return whole.length % CHUNK === 0 ? [...all, '+'] : all;
}
