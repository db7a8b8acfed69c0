/** What has arrived and was not yet taken, and whoever waits for it. */
export interface Arrivals<T> {
  put(item: T): void;
  /**
   * Takes the first item that matches, among those that wait or else the first to come. Items that do not match stay.
   * Rejects after the limit, or when the inbox was closed, with what had arrived instead. `what` names the wanted item.
   */
  next(matches: (item: T) => boolean, what: string): Promise<T>;
  /** Nothing will come any more: all who wait, and all who ask later in vain, are told the reason. */
  close(reason: string): void;
}

interface Waiter<T> {
  readonly matches: (item: T) => boolean;
  readonly take: (item: T) => void;
  readonly fail: (why: string) => void;
}

const shown = 30; // newest items in an error message

/** An empty inbox. `show` renders an item for error messages; `limit` is the longest wait in milliseconds. */
export function inbox<T>(show: (item: T) => string, limit = 20_000): Arrivals<T> {
  const items: T[] = [];
  const seen: string[] = [];
  const waiters = new Set<Waiter<T>>();
  let closed: string | undefined;

  const complaint = (what: string, why: string) =>
    new Error(`${why} while waiting for ${what}; the newest that arrived:\n${seen.join('\n') || '(nothing)'}`);

  return {
    put: (item) => {
      seen.push(show(item));
      if (seen.length > shown) seen.shift();
      for (const waiter of waiters) if (waiter.matches(item)) return waiter.take(item);
      items.push(item);
    },
    next: (matches, what) => {
      const index = items.findIndex(matches);
      const [found] = index < 0 ? [] : items.splice(index, 1);
      if (found !== undefined) return Promise.resolve(found);
      if (closed !== undefined) return Promise.reject(complaint(what, closed));
      return new Promise((resolve, reject) => {
        const leave = () => {
          clearTimeout(timer);
          waiters.delete(waiter);
        };
        const waiter: Waiter<T> = {
          matches,
          take: (item) => {
            leave();
            resolve(item);
          },
          fail: (why) => {
            leave();
            reject(complaint(what, why));
          },
        };
        const timer = setTimeout(() => waiter.fail(`${limit / 1000} s passed`), limit);
        waiters.add(waiter);
      });
    },
    close: (reason) => {
      closed ??= reason;
      for (const waiter of waiters) waiter.fail(reason);
    },
  };
}
