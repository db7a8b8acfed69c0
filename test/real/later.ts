/**
 * Seconds that pass in one go: a link takes an XMPP server for dead from which it has not heard for 27 (`linkTiming`), and real servers
 * need a round trip meanwhile, however far a clock jumps.
 */
const STRIDE = 5;

type Passing = {
  /** Moves the gateway's time on, in seconds. */
  jump(seconds: number): void;
  /** A round trip by way of all that has to hear from the other side in time. */
  trip(): Promise<unknown>;
};

/** Lets so many seconds pass for the gateway. */
export async function later(seconds: number, { jump, trip }: Passing): Promise<void> {
  for (let left = seconds; left > 0; left -= STRIDE) {
    jump(Math.min(left, STRIDE));
    await trip();
  }
}

/** Lets so many seconds of the gateway pass in each of the machine until it is disposed of, and fewer where the round trips take longer. */
export function pulse(seconds: number, { jump, trip }: Passing): Disposable {
  let away = false;
  const beat = (): void => {
    if (away) return;
    away = true;
    jump(STRIDE);
    const back = (): void => {
      away = false;
    };
    // A link that is lost meanwhile answers nothing, and what waits for it says so.
    void trip().then(back, back);
  };
  const timer = setInterval(beat, (1000 * STRIDE) / seconds);
  return { [Symbol.dispose]: () => clearInterval(timer) };
}
