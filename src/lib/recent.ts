/** What was set lately: at least the last `limit` keys and at most twice as many. */
export type Recent<Value> = {
  /** Whether nothing was ever set. */
  readonly isEmpty: boolean;
  get(key: string): Value | undefined;
  set(key: string, value: Value): void;
};

/** Empty. Two generations: when the young one is full, the old one is forgotten. */
export function openRecent<Value>(limit: number): Recent<Value> {
  let young = new Map<string, Value>();
  let old = young;
  return {
    get isEmpty() {
      return young.size === 0;
    },
    get: (key) => young.get(key) ?? old.get(key),
    set(key, value) {
      if (young.size >= limit) {
        old = young;
        young = new Map();
      }
      young.set(key, value);
    },
  };
}
