/** Channels that a server may be putting us into at a time, and those that we may be in by its will alone; others are left at once. */
const LIMIT = 20;
const MOST = 100;

/** Channels (folded names) that a connection is put into although nobody asks for them. */
export class UnaskedJoins {
  /** Instead of one that was asked for, or when nobody waits for it any more: these are left. */
  #unwanted: Set<string> | undefined;
  /** Out of the blue, until the server has listed who is there: to these our user is invited. */
  #forced: Set<string> | undefined;
  /** Those that our user was invited to and has not come into. */
  #held: Set<string> | undefined;

  /** The connection will be let in, and nobody waits for that. */
  expect(channel: string): void {
    this.#unwanted ??= new Set();
    if (this.#unwanted.size < LIMIT) this.#unwanted.add(channel);
  }

  /** Somebody asks for it now. */
  wanted(channel: string): void {
    this.#unwanted?.delete(channel);
    this.#held?.delete(channel);
  }

  /** The connection has left it. */
  left(channel: string): void {
    this.#held?.delete(channel);
  }

  /** The connection enters; false if it is to leave at once. */
  enter(channel: string): boolean {
    this.#forced ??= new Set();
    if (this.#unwanted?.delete(channel) || this.#forced.size >= LIMIT || (this.#held?.size ?? 0) >= MOST) return false;
    this.#forced.add(channel);
    return true;
  }

  /** The connection is in; true if the server has put it there. */
  entered(channel: string): boolean {
    if (!this.#forced?.delete(channel)) return false;
    this.#held ??= new Set();
    this.#held.add(channel);
    return true;
  }
}
