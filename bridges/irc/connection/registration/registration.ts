import { texts } from '#bridges/irc/texts.ts';
import { line as makeLine } from '#bridges/irc/wire/line.ts';
import type { SessionKey } from '#src/bridge.ts';
import { Failure } from '#src/model/failure.ts';
import type { ConnectionState } from '../connection-state.ts';
import type { LineSocket } from '../line-socket.ts';
import type { ConnectionSetup } from '../realm.ts';
import type { Line } from '../server-view.ts';
import type { ConnectionIdentity } from './identity.ts';
import { CapabilityNegotiation } from './negotiation.ts';
import {
  type RegistrationEffect,
  type RegistrationState,
  startRegistration,
  stepRegistration,
} from './registration-state.ts';
import { Sasl, SERVICES_PATIENCE } from './sasl.ts';
import type { ServicesAccount } from './sasl-mechanisms.ts';

/** Milliseconds that a server has to say more of why it lets us in no more. */
const LAST_WORDS = 2_000;

export type RegistrationWish = {
  readonly identity: ConnectionIdentity;
  readonly account: ServicesAccount | undefined;
  readonly signal: AbortSignal;
};

type RegistrationOptions = {
  readonly setup: ConnectionSetup;
  readonly key: SessionKey;
  readonly view: ConnectionState;
  readonly socket: LineSocket;
  /** A line is for whoever follows the connection, too. */
  readonly tell: (line: Line) => void;
  /** Logged in; `wanted` is the nick that was asked for first. */
  readonly done: (wanted: string) => void;
};

/** The registration of a connection with its server (RFC 2812 §3.1). It is let go of once that is over. */
export class ConnectionRegistration {
  readonly #options: RegistrationOptions;
  readonly #signal: AbortSignal;
  readonly #capabilities: CapabilityNegotiation;
  readonly #sasl: Sasl | undefined;
  readonly #cancel: () => void;
  #state: RegistrationState;
  /** Why the server is about to close the line. */
  #closing: Failure | undefined;
  #hangUp: (() => void) | undefined;

  /** Begins at once. What goes wrong fails the connection. */
  constructor(options: RegistrationOptions, { identity, account, signal }: RegistrationWish) {
    const { setup, key, socket } = options;
    const { writer } = socket;
    this.#options = options;
    this.#signal = signal;
    this.#state = startRegistration(identity.nick);
    options.view.nick = this.#state.nick;
    const write = (line: string): void => writer.urgent(line);
    this.#capabilities = new CapabilityNegotiation({
      write,
      listed: (offered) => this.#secure(offered.get('sts')),
      negotiated: () => (this.#sasl ? this.#sasl.begin() : write(makeLine('CAP', ['END']))),
    });
    this.#sasl =
      account &&
      new Sasl(account, {
        ...{ host: key.realm, clock: setup.host.clock, write, offered: this.#capabilities.offered },
        patience: Math.min(SERVICES_PATIENCE, setup.timeout / 2),
        loggedIn: () => write(makeLine('CAP', ['END'])),
        // Nobody goes online without it.
        refused: (why) => socket.fail(withoutAccount(why)),
      });
    for (const line of greeting({ ...identity, nick: this.#state.nick })) write(line);
    signal.addEventListener('abort', this.#giveUp);
    this.#cancel = setup.host.clock.after(setup.timeout, () =>
      socket.fail(new Failure('remote-server-timeout', { text: texts.slowLogin })),
    );
    if (signal.aborted) this.#giveUp();
  }

  take(line: Line): void {
    if (this.#sasl?.take(line)) return;
    if (line.command === 'CAP') return this.#capabilities.take(line);
    const { key, view, tell } = this.#options;
    const [next, effect] = stepRegistration(this.#state, line, key.realm);
    this.#state = next;
    if (line.command === '001') view.rename(next.nick);
    // A server without capabilities does not know the command, or wants NICK first. What it refuses is told as the failure.
    const aside = ['ERROR', '421', '451'].includes(line.command) || (effect && effect.kind !== 'ready');
    if (!aside) tell(line);
    if (effect) this.#act(effect);
  }

  /** What the server offers and what is in force. */
  get capabilities(): Pick<CapabilityNegotiation, 'offered' | 'enabled'> {
    return this.#capabilities;
  }

  /** Why the server closes the line, where it has said so before. */
  get closing(): Failure | undefined {
    return this.#closing;
  }

  close(): void {
    this.#cancel();
    this.#hangUp?.();
    this.#signal.removeEventListener('abort', this.#giveUp);
    this.#sasl?.close();
  }

  /** Before anything is said that others should not hear; false where the line is left. */
  #secure(sts: string | undefined): boolean {
    const { setup, socket } = this.#options;
    try {
      if (sts !== undefined) setup.security.heard(setup.address, sts);
      return true;
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      socket.fail(error);
      return false;
    }
  }

  readonly #giveUp = (): void =>
    this.#options.socket.fail(new Failure('recipient-unavailable', { text: texts.givenUp }));

  /** The server closes the line now, and else it is closed from here. */
  #closes(failure: Failure): void {
    const { setup, socket } = this.#options;
    this.#closing = failure;
    this.#hangUp ??= setup.host.clock.after(LAST_WORDS, () => socket.fail(this.#closing ?? failure));
  }

  #act(effect: RegistrationEffect): void {
    const { view, socket, done } = this.#options;
    if (effect.kind === 'nick') {
      view.nick = effect.nick;
      socket.writer.urgent(makeLine('NICK', [effect.nick]));
    } else if (effect.kind === 'failed') socket.fail(effect.failure);
    else if (effect.kind === 'closing') this.#closes(effect.failure);
    else done(this.#state.wanted);
  }
}

const withoutAccount = ({ code, words, foreign }: Failure): Failure =>
  new Failure(code, { text: texts.notWithout(words), ...(foreign !== undefined && { foreign }) });

/** What a client says first (RFC 2812 §3.1): it is registered once CAP END has gone, where the server knows capabilities. */
function greeting(identity: ConnectionIdentity & { readonly nick: string }): string[] {
  const { nick, username, realname, pass, webirc } = identity;
  return [
    ...(webirc ? [webirc.open()] : []),
    makeLine('CAP', ['LS', '302']),
    ...(pass ? [makeLine('PASS', [], pass.open())] : []),
    makeLine('NICK', [nick]),
    makeLine('USER', [username, '0', '*'], realname),
  ];
}
