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
  let key: string | undefined;
  let value: Value | undefined;
  let keyBefore: string | undefined;
  let valueBefore: Value | undefined;

  function fresh(asked: string): Value {
    const made = make(asked);
    known.set(asked, made);
    return made;
  }

  // One stanza asks for the same several times, in turn for where it comes from and where it goes to.
  return (asked) => {
    if (asked === key && value !== undefined) return value;
    if (asked === keyBefore && valueBefore !== undefined) return valueBefore;
    const found = known.get(asked) ?? fresh(asked);
    keyBefore = key;
    valueBefore = value;
    key = asked;
    value = found;
    return found;
  };
}
