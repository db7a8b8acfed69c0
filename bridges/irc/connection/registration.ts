import { texts } from '#bridges/irc/texts.ts';
import { line as makeLine } from '#bridges/irc/wire/line.ts';
import type { SessionKey } from '#src/bridge.ts';
import { Failure } from '#src/model/failure.ts';
import type { ConnectionState } from './connection-state.ts';
import type { ConnectionIdentity } from './identity.ts';
import type { LineSocket } from './line-socket.ts';
import { beginNegotiation, type CapabilityNegotiation } from './negotiation.ts';
import type { ConnectionSetup } from './realm.ts';
import {
  type RegistrationEffect,
  type RegistrationState,
  startRegistration,
  stepRegistration,
} from './registration-state.ts';
import { openSasl, type ServicesAccount } from './sasl.ts';
import type { Line } from './server-view.ts';

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
  readonly #login: CapabilityNegotiation;
  readonly #cancel: () => void;
  #state: RegistrationState;

  /** Begins at once. What goes wrong fails the connection. */
  constructor(options: RegistrationOptions, { identity, account, signal }: RegistrationWish) {
    const { setup, key, socket } = options;
    const { writer } = socket;
    this.#options = options;
    this.#signal = signal;
    this.#state = startRegistration(identity.nick);
    options.view.nick = this.#state.nick;
    const sasl =
      account &&
      openSasl(account, {
        host: key.realm,
        write: (line) => writer.urgent(line),
        refused: (why) => socket.fail(why),
      });
    // The library's client is large: it goes with this.
    this.#login = beginNegotiation({ ...identity, nick: this.#state.nick }, (line) => writer.urgent(line), sasl);
    signal.addEventListener('abort', this.#giveUp);
    this.#cancel = setup.host.clock.after(setup.timeout, () =>
      socket.fail(new Failure('remote-server-timeout', { text: texts.slowLogin })),
    );
    if (signal.aborted) this.#giveUp();
  }

  take(line: Line): void {
    if (this.#login.take(line)) return;
    const { key, view, tell } = this.#options;
    const [next, effect] = stepRegistration(this.#state, line, key.realm);
    this.#state = next;
    if (line.command === '001') view.rename(next.nick);
    // A server without capabilities does not know the command, or wants NICK first.
    const aside = ['ERROR', 'CAP', '421', '451'].includes(line.command) || effect?.kind === 'nick';
    if (!aside) tell(line);
    if (effect) this.#act(effect);
  }

  /** The capabilities in force. */
  capabilities(): ReadonlySet<string> {
    return this.#login.capabilities();
  }

  close(): void {
    this.#cancel();
    this.#signal.removeEventListener('abort', this.#giveUp);
    this.#login.close();
  }

  readonly #giveUp = (): void =>
    this.#options.socket.fail(new Failure('recipient-unavailable', { text: texts.givenUp }));

  #act(effect: RegistrationEffect): void {
    const { view, socket, done } = this.#options;
    if (effect.kind === 'nick') {
      view.nick = effect.nick;
      socket.writer.urgent(makeLine('NICK', [effect.nick]));
    } else if (effect.kind === 'failed') socket.fail(effect.failure);
    else done(this.#state.wanted);
  }
}
