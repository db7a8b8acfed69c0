/** Does something with whatever was named, once with each, after all that is being done now. `work` must not throw. */
export function openSoon<T>(work: (named: T) => void): (named: T) => void {
  const due = new Set<T>();
  return (named) => {
    if (due.size === 0)
      queueMicrotask(() => {
        const all = [...due];
        due.clear();
        for (const one of all) work(one);
      });
    due.add(named);
  };
}
