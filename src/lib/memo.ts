import { openRecent } from './recent.ts';

/**
 * Remembers what a pure function made of the last `limit` to `2 * limit` keys that were new to it. What throws is not
 * remembered.
 */
export function memo<Value extends object | string>(
  limit: number,
  make: (key: string) => Value,
): (key: string) => Value {
  const known = openRecent<Value>(limit);
  let lastKey: string | undefined;
  let lastValue: Value | undefined;

  function fresh(key: string): Value {
    const value = make(key);
    known.set(key, value);
    return value;
  }

  // One stanza asks for the same several times.
  return (key) => {
    if (key === lastKey && lastValue !== undefined) return lastValue;
    lastValue = known.get(key) ?? fresh(key);
    lastKey = key;
    return lastValue;
  };
}
