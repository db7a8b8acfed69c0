/** What may be given up. Once it is disposed, nothing of it is left behind. */
export type Attempt = Disposable & {
  readonly signal: AbortSignal /** Whether its time has run out. */;
  readonly late: boolean;
};

/**
 * Ends with the first of some signals, or after `time` milliseconds. `AbortSignal.any` and `AbortSignal.timeout` would do
 * the same, and stay for as long as the signals and the time do: 3 kB for each connection.
 */
export function openAttempt(signals: readonly AbortSignal[], time?: number): Attempt {
  const controller = new AbortController();
  let late = false;
  const abort = () => controller.abort(signals.find((one) => one.aborted)?.reason);
  const expire = () => {
    late = true;
    controller.abort(new DOMException('The time has run out.', 'TimeoutError'));
  };
  const timer = time === undefined ? undefined : setTimeout(expire, time).unref();
  for (const signal of signals) signal.addEventListener('abort', abort);
  if (signals.some((signal) => signal.aborted)) abort();
  return {
    signal: controller.signal,
    get late() {
      return late;
    },
    [Symbol.dispose]() {
      clearTimeout(timer);
      for (const signal of signals) signal.removeEventListener('abort', abort);
    },
  };
}
