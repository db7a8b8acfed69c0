/** Milliseconds between two portions. */
const TICK = 20;

/** Does something so many times a second, from `begin` to `end`. */
export function atRate(rate: number, work: () => void): { begin(): void; end(): void } {
  let timer: NodeJS.Timeout | undefined;
  let portion = 0;

  function tick(): void {
    portion += (rate * TICK) / 1000;
    for (; portion >= 1; portion--) work();
  }

  return {
    begin() {
      timer ??= setInterval(tick, TICK);
    },
    end() {
      clearInterval(timer);
      timer = undefined;
    },
  };
}
