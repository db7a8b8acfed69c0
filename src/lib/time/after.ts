/** Goes on at once after what was synchronous, else when it is done. */
export function after(work: void | Promise<void>, next: () => void): void | Promise<void> {
  return work ? work.then(next) : next();
}

/** Goes on at once with a value that is there, else when it is. */
export const chain = <A, B>(value: A | Promise<A>, next: (value: A) => B | Promise<B>): B | Promise<B> =>
  value instanceof Promise ? value.then(next) : next(value);
