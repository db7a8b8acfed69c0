// https://ircv3.net/specs/extensions/sasl-3.2: services that were away are offered anew while a connection goes on.

import type { IrcConnection } from '#bridges/irc/connection/irc-connection.ts';
import type { Line } from '#bridges/irc/connection/server-view.ts';
import { texts } from '#bridges/irc/texts.ts';
import { realmNotice } from '#bridges/irc/wire/drafts.ts';
import { emit } from '#bridges/irc/wire/emit.ts';
import type { Failure } from '#src/model/failure.ts';
import { Sasl, SERVICES_PATIENCE } from './sasl.ts';
import type { ServicesAccount } from './sasl-mechanisms.ts';

/** Milliseconds between two logins of a connection; twice as many after each that failed. */
const PACE = 60_000;
/** Logins that services leave without an answer, after which they have to be offered anew. */
const TRIES = 5;

/** Whose login it is. */
type Owner = Pick<IrcConnection, 'host' | 'view' | 'writer' | 'recovery'>;

/** Logs a connection in once more, by the account that it came with. What goes wrong with that ends no connection. */
export class Relogin {
  readonly #owner: Owner;
  readonly #account: ServicesAccount;
  #sasl: Sasl | undefined;
  #cancel: (() => void) | undefined;
  #last = Number.NEGATIVE_INFINITY;
  #failures = 0;

  constructor(owner: Owner, account: ServicesAccount) {
    this.#owner = owner;
    this.#account = account;
  }

  /** Services are there again. */
  offered(): void {
    if (this.#sasl || this.#cancel) return;
    const { clock } = this.#owner.host;
    const wait = this.#last + PACE * 2 ** this.#failures - clock.now();
    if (wait <= 0) return this.#begin();
    this.#cancel = clock.after(wait, () => {
      this.#cancel = undefined;
      this.#begin();
    });
  }

  /** Services have gone. */
  withdrawn(): void {
    this.stop();
    this.#failures = 0;
  }

  /** Takes a line in; true if nobody else needs it. Never throws. */
  take(line: Line): boolean {
    if (!this.#sasl) return false;
    // Servers of SASL 3.1 take nobody twice.
    if (line.command === '907') return this.#done();
    return this.#sasl.take(line);
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#sasl?.close();
    this.#sasl = undefined;
  }

  #begin(): void {
    const { host, view, writer } = this.#owner;
    this.#last = host.clock.now();
    this.#sasl = new Sasl(this.#account, {
      ...{ host: view.realm, clock: host.clock, patience: SERVICES_PATIENCE, offered: view.offered },
      write: (line) => writer.urgent(line),
      loggedIn: () => this.#done(),
      refused: (why) => this.#refused(why),
    });
    this.#sasl.begin();
  }

  #done(): true {
    this.#failures = 0;
    this.stop();
    // A nick that services keep for us is nobody's before they know us.
    this.#owner.recovery.again();
    return true;
  }

  #refused(why: Failure): void {
    const { host, view } = this.#owner;
    this.stop();
    this.#failures++;
    if (this.#failures === 1)
      emit(host, realmNotice(view, texts.notLoggedInAgain(why.words), host.language(view.account)));
    if (why.code === 'service-unavailable' && this.#failures < TRIES && view.offered.has('sasl')) this.offered();
  }
}
