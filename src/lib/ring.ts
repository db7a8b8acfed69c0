/** The last `limit` values that were added. Cheap to add to, and searched one by one: for what is seldom asked for. */
export class Ring<Value> {
  readonly #limit: number;
  readonly #values: Value[] = [];
  #next = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  add(value: Value): void {
    this.#values[this.#next] = value;
    this.#next = (this.#next + 1) % this.#limit;
  }

  /** The newest that fits. */
  find(fits: (value: Value) => boolean): Value | undefined {
    const index = this.#indexOf(fits);
    return index === undefined ? undefined : this.#values[index];
  }

  /** Puts another in the place of the newest that fits, if there is one. */
  replace(fits: (value: Value) => boolean, value: Value): void {
    const index = this.#indexOf(fits);
    if (index !== undefined) this.#values[index] = value;
  }

  /** All of them, the oldest first. */
  values(): Value[] {
    return [...this.#values.slice(this.#next), ...this.#values.slice(0, this.#next)];
  }

  #indexOf(fits: (value: Value) => boolean): number | undefined {
    const { length } = this.#values;
    for (let back = 1; back <= length; back++) {
      const index = (this.#next - back + length) % length;
      if (fits(this.#values[index] as Value)) return index;
    }
    return undefined;
  }
}
