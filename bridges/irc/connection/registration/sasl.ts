// https://ircv3.net/specs/extensions/sasl-3.1 and sasl-3.2

import { texts } from '#bridges/irc/texts.ts';
import { line as makeLine } from '#bridges/irc/wire/line.ts';
import { cleaned } from '#bridges/irc/wire/numerics.ts';
import type { Clock } from '#src/lib/time/clock.ts';
import { Failure } from '#src/model/failure.ts';
import type { Line } from '../server-view.ts';
import { type Exchange, MECHANISMS, type ServicesAccount } from './sasl-mechanisms.ts';

/** The longest chunk of an answer in one line, and the longest challenge that is read, in characters of base64. */
const CHUNK = 400;
const LONGEST = 16 * CHUNK;
/** Milliseconds that a server has to let us give an attempt up. */
const GRACE = 2_000;

/** Milliseconds that services have for each answer; at a login no more than half of what the whole may take. */
export const SERVICES_PATIENCE = 15_000;

type SaslOptions = {
  readonly host: string;
  readonly clock: Clock;
  /** Milliseconds that services have for each answer. */
  readonly patience: number;
  readonly write: (line: string) => void;
  /** The capabilities on offer, with their values. */
  readonly offered: ReadonlyMap<string, string>;
  /** Called once, with the way out: services have let us in, or there is no way in with the account. */
  readonly loggedIn: () => void;
  readonly refused: (failure: Failure) => void;
};

type Attempt = { readonly name: string; readonly exchange: Exchange };

/** Logging in to services, before the registration with the server is over or later. */
export class Sasl {
  readonly #options: SaslOptions;
  /** What is still to be tried, the best first. */
  #left: Attempt[];
  #current: Attempt | undefined;
  #stage: 'waiting' | 'asked' | 'begun' | 'given-up' | 'done' | 'failed' = 'waiting';
  #challenge = '';
  /** Whether the server has just said which mechanisms it has: 904 may follow, and refuses nothing more. */
  #listed = false;
  #cancel: () => void = () => undefined;

  constructor(account: ServicesAccount, options: SaslOptions) {
    this.#options = options;
    this.#left = MECHANISMS.flatMap(({ name, begin }) => {
      const exchange = begin(account);
      return exchange ? [{ name, exchange }] : [];
    });
  }

  get done(): boolean {
    return this.#stage === 'done';
  }

  /** All else is negotiated: begins, or gives up where the server offers no such thing. */
  begin(): void {
    const offer = this.#options.offered.get('sasl');
    if (offer === undefined) return void this.#missing();
    // SASL 3.1: what a server has that does not name its mechanisms.
    this.#keep(offer || 'EXTERNAL,PLAIN');
    if (this.#left.length === 0) return void this.#missing();
    this.#stage = 'asked';
    this.#write(makeLine('CAP', ['REQ'], 'sasl'));
  }

  /** Takes a line in; true if nobody else needs it. Never throws. */
  take(line: Line): boolean {
    switch (line.command) {
      case 'CAP':
        return this.#stage === 'asked' && this.#capability(line);
      case 'AUTHENTICATE':
        return this.#challenged(line.params[0] ?? '');
      // Registered although nobody has let us in: the server knows no capabilities, or does not keep to them.
      case '001':
        return this.#stage !== 'done' && this.#missing();
      case '903':
        return this.#succeeded();
      case '902':
      case '904':
      case '905':
      case '906':
        return this.#denied(line);
      case '908':
        this.#keep(line.params[1] ?? '');
        this.#listed = true;
        return this.#next() || this.#missing();
    }
    return false;
  }

  close(): void {
    this.#cancel();
  }

  /** Of what is left, what the server has. */
  #keep(mechanisms: string): void {
    const known = mechanisms.toUpperCase().split(',');
    this.#left = this.#left.filter(({ name }) => known.includes(name));
  }

  #capability({ params: [, verb, ...rest] }: Line): boolean {
    if (!(rest.at(-1) ?? '').split(' ').includes('sasl')) return false;
    if (verb === 'NAK') return this.#missing();
    return verb === 'ACK' && (this.#next() || this.#missing());
  }

  #next(): boolean {
    if (this.#stage !== 'asked' && this.#stage !== 'begun') return true;
    this.#current = this.#left.shift();
    if (!this.#current) return false;
    this.#stage = 'begun';
    this.#challenge = '';
    this.#write(makeLine('AUTHENTICATE', [this.#current.name]));
    return true;
  }

  #challenged(given: string): true {
    if (this.#stage === 'given-up') return true;
    const current = this.#current;
    if (this.#stage !== 'begun' || !current) return this.#missing();
    this.#listed = false;
    this.#challenge += given === '+' ? '' : given;
    if (this.#challenge.length > LONGEST) return this.#fail(new Failure('too-large'));
    // What fills a line is not the end of it.
    if (given.length === CHUNK) return true;
    const challenge = Buffer.from(this.#challenge, 'base64');
    this.#challenge = '';
    this.#respond(current, challenge).catch((error: unknown) => {
      if (current !== this.#current || this.#stage !== 'begun') return;
      this.#write(makeLine('AUTHENTICATE', ['*']));
      this.#fail(error instanceof Failure ? error : new Failure('internal', { cause: error }));
    });
    return true;
  }

  async #respond(current: Attempt, challenge: Buffer): Promise<void> {
    const answer = current.exchange.respond(challenge);
    const bytes = answer instanceof Promise ? await answer : answer;
    if (current !== this.#current || this.#stage !== 'begun') return;
    for (const chunk of chunks(bytes)) this.#write(makeLine('AUTHENTICATE', [chunk]));
  }

  #succeeded(): true {
    if (this.#stage !== 'begun') return true;
    // RFC 5802 §5: a server that has not shown that it knows the password is none of ours.
    if (!this.#current?.exchange.proven)
      return this.#fail(new Failure('policy-violation', { text: texts.untrueServices }));
    this.#cancel();
    this.#stage = 'done';
    this.#options.loggedIn();
    return true;
  }

  #denied({ command, params }: Line): true {
    if (this.#stage === 'given-up') return this.#silent();
    if (this.#listed && this.#stage === 'begun') {
      this.#listed = false;
      return true;
    }
    if (this.#stage === 'begun' && this.#next()) return true;
    const said = cleaned(params.at(-1) ?? '');
    return this.#fail(
      new Failure('password-required', {
        text: texts.notAccepted(this.#options.host, /[.!?]$/.test(said) ? said : `${said}.`),
        foreign: `${command} ${said}`,
      }),
    );
  }

  /** Writes, and waits for what services say to that. */
  #write(line: string): void {
    const { clock, patience, write } = this.#options;
    write(line);
    this.#cancel();
    this.#cancel = clock.after(patience, () => {
      this.#stage = 'given-up';
      write(makeLine('AUTHENTICATE', ['*']));
      this.#cancel = clock.after(GRACE, () => this.#silent());
    });
  }

  #silent(): true {
    return this.#fail(new Failure('service-unavailable', { text: texts.silentServices(this.#options.host) }));
  }

  #missing(): true {
    return this.#fail(new Failure('service-unavailable', { text: texts.noSasl(this.#options.host) }));
  }

  #fail(failure: Failure): true {
    this.#cancel();
    if (this.#stage !== 'failed') this.#options.refused(failure);
    this.#stage = 'failed';
    return true;
  }
}

/** An answer in base64, in lines of `CHUNK`; a last one of full length is followed by an empty one. */
function chunks(answer: Buffer): string[] {
  const whole = answer.toString('base64');
  const all = whole.match(new RegExp(`.{1,${CHUNK}}`, 'g')) ?? [];
  return whole.length % CHUNK === 0 ? [...all, '+'] : all;
}
