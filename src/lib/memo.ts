/**
 * Remembers what a pure function made of its last `limit` to `2 * limit` different keys. What throws is not
 * remembered.
 */
export function memo<Value extends object | string>(
  limit: number,
  make: (key: string) => Value,
): (key: string) => Value {
  let young = new Map<string, Value>();
  let old = young;
  let lastKey: string | undefined;
  let lastValue: Value | undefined;

  function find(key: string): Value {
    const known = young.get(key);
    if (known !== undefined) return known;
    const value = old.get(key) ?? make(key);
    if (young.size >= limit) {
      old = young;
      young = new Map();
    }
    young.set(key, value);
    return value;
  }

  // One stanza asks for the same several times.
  return (key) => {
    if (key === lastKey && lastValue !== undefined) return lastValue;
    lastValue = find(key);
    lastKey = key;
    return lastValue;
  };
}
