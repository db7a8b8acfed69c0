/** Those who measure at the same time do it in turns: while one goes on, the others wait. First come, first served. */
export class Turns {
  #busy = false;
  readonly #waiting: (() => void)[] = [];

  /** Resolves when it is the caller's turn, until `give`. */
  take(): Promise<void> {
    if (this.#busy) return new Promise((go) => void this.#waiting.push(go));
    this.#busy = true;
    return Promise.resolve();
  }

  give(): void {
    const next = this.#waiting.shift();
    if (next) next();
    else this.#busy = false;
  }
}
