import type { Sessions } from '#src/core/sessions/sessions.ts';
import type { Event } from '#src/model/event.ts';
import type { Leg } from './route.ts';

export type CarryContext = { readonly sessions: Pick<Sessions, 'send'> };

/** Hands an event to its session, now or when that is back. Throws a `Failure` where too much waits already. */
export function carry({ sessions }: CarryContext, event: Event, { key }: Leg): void {
  sessions.send(key, event);
}
