import { inspect } from 'node:util';

/** A secret that cannot be logged or serialised by accident. `open()` is the one way to it. */
export class Sealed {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  open(): string {
    return this.#value;
  }

  toString(): string {
    return '[sealed]';
  }

  toJSON(): string {
    return '[sealed]';
  }

  [inspect.custom](): string {
    return '[sealed]';
  }
}
