/**
 * What was set lately: at least the last `limit` keys and at most twice as many. Two generations: when the young one is full,
 * the old one is forgotten.
 */
export function openRecent<Value>(limit: number) {
  let young = new Map<string, Value>();
  let old = young;
  return {
    /** Whether nothing was ever set. */
    get isEmpty(): boolean {
      return young.size === 0;
    },
    get: (key: string): Value | undefined => young.get(key) ?? (old === young ? undefined : old.get(key)),
    set(key: string, value: Value): void {
      if (young.size >= limit) {
        old = young;
        young = new Map();
      }
      young.set(key, value);
    },
  };
}

export type Recent<Value> = ReturnType<typeof openRecent<Value>>;
