import type { Clock } from '#src/lib/time/clock.ts';

export type TypingParts = {
  readonly clock: Clock;
  /** Ends with the bridge, or with the session. */
  readonly stop: AbortSignal;
  /** Tells the homeserver that somebody types for `timeout` milliseconds more, or has stopped. */
  tell(room: string, user: string, timeout: number | undefined): Promise<unknown>;
};

/** Milliseconds for which the homeserver shows that somebody types, and after which it is told again. */
const SHOWN = 30_000;
const REFRESH = 25_000;
/** How often it is told again of who does not say that they have stopped: they may have gone. */
const MOST = 2;

/** Who types, for the homeserver (client-server API §11.4.1): XMPP says it once, and there it has to be said again. */
export function openTyping({ clock, stop, tell }: TypingParts) {
  /** What ends the telling, by user and room. */
  const going = new Map<string, () => void>();

  function end(room: string, user: string): void {
    const key = `${user} ${room}`;
    going.get(key)?.();
    going.delete(key);
  }

  async function begin(room: string, user: string, left: number): Promise<void> {
    end(room, user);
    const again = (): void => {
      going.delete(`${user} ${room}`);
      // Nobody waits for it, and what is refused is over in a moment.
      if (!stop.aborted) void begin(room, user, left - 1).catch(() => undefined);
    };
    if (left > 0) going.set(`${user} ${room}`, clock.after(REFRESH, again));
    await tell(room, user, SHOWN);
  }

  return {
    /** Somebody types, or has stopped. Rejects with a `Failure`. */
    async say(room: string, user: string, active: boolean): Promise<void> {
      if (active) return begin(room, user, MOST);
      end(room, user);
      await tell(room, user, undefined);
    },
    /** They have sent what they were typing, or have left. */
    end,
  };
}
