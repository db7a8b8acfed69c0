import type { Socket } from 'node:net';

/** The answers of a connection. */
export type HeldAnswers = {
  /** Work on a command has begun: what was answered to those before it is written with its answer. */
  begin(): void;
  /** It is done, and `answer` answers it. */
  end(answer: () => void): void;
};

/** Where there is no connection any more. */
export const NOT_HELD: HeldAnswers = { begin: () => undefined, end: (answer) => answer() };

/** Writes in one go what is answered to commands that came in one (RFC 2920 §3.2), for each write wakes a client. `socket` is read already. */
export function holdAnswers(socket: Socket): HeldAnswers {
  let working = 0;
  let corked = false;
  const write = (): void => {
    if (working > 0) return;
    corked = false;
    socket.uncork();
  };
  const hold = (): void => {
    if (corked) return;
    corked = true;
    socket.cork();
    setImmediate(write);
  };
  // Before anybody reads commands in it.
  socket.prependListener('data', hold);
  return {
    begin: () => void (working += 1),
    end(answer) {
      working -= 1;
      hold();
      answer();
      setImmediate(write);
    },
  };
}
