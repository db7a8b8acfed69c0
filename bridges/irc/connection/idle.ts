import type { Session } from '#src/bridge.ts';
import type { Clock } from '#src/lib/time/clock.ts';
import type { Event } from '#src/model/event.ts';

/** What somebody does who is there. */
const SPOKEN: ReadonlySet<Event['kind']> = new Set([
  ...(['message', 'edit', 'reaction', 'topic', 'nick', 'invite', 'typing'] as const),
]);
/** The longest time between two looks, in ms. */
const LOOK = 3_600_000;

/** Knows whose users have done nothing for long. */
export type IdleWatch = {
  /** The session is there, or its user has done something. */
  heard(session: Session, event?: Event): void;
  stop(): void;
};

type IdleParts<Client> = {
  readonly clock: Clock;
  /** Milliseconds; 0 is for ever. */
  readonly limit: number;
  online(): readonly Client[];
  end(client: Client): void;
};

/** Ends the connections of those who have said nothing for so long, looking ten times in that time. */
export function watchIdle<Client extends { readonly session: Session }>(parts: IdleParts<Client>): IdleWatch {
  const { clock, limit } = parts;
  const spoke = new WeakMap<Session, number>();
  let cancel: (() => void) | undefined;

  function look(): void {
    const now = clock.now();
    for (const client of parts.online()) if (now - (spoke.get(client.session) ?? now) >= limit) parts.end(client);
    cancel = clock.after(Math.min(limit / 10, LOOK), look);
  }
  if (limit > 0) look();

  return {
    heard(session, event) {
      if (limit > 0 && (!event || SPOKEN.has(event.kind))) spoke.set(session, clock.now());
    },
    stop: () => cancel?.(),
  };
}
