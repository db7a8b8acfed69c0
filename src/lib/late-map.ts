/** A map of which there are thousands and most stay empty: it takes memory with its first entry. In order, as `Map`. */
export class LateMap<Key, Value> {
  #entries: Map<Key, Value> | undefined;

  get size(): number {
    return this.#entries?.size ?? 0;
  }

  get(key: Key): Value | undefined {
    return this.#entries?.get(key);
  }

  has(key: Key): boolean {
    return this.#entries?.has(key) ?? false;
  }

  set(key: Key, value: Value): this {
    this.#entries ??= new Map();
    this.#entries.set(key, value);
    return this;
  }

  delete(key: Key): boolean {
    return this.#entries?.delete(key) ?? false;
  }

  clear(): void {
    // Whoever goes through it comes to the end.
    this.#entries?.clear();
    this.#entries = undefined;
  }

  *keys(): Generator<Key, void, undefined> {
    if (this.#entries) yield* this.#entries.keys();
  }

  *values(): Generator<Value, void, undefined> {
    if (this.#entries) yield* this.#entries.values();
  }

  *entries(): Generator<[Key, Value], void, undefined> {
    if (this.#entries) yield* this.#entries;
  }

  [Symbol.iterator](): Generator<[Key, Value], void, undefined> {
    return this.entries();
  }
}
