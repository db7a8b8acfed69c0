/** Goes on at once after what was synchronous, else when it is done. */
export function after(work: void | Promise<void>, next: () => void): void | Promise<void> {
  return work ? work.then(next) : next();
}
