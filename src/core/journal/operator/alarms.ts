import type { Display } from '#src/core/journal/display.ts';
import { inwardId } from '#src/core/journal/rows.ts';
import type { Clock } from '#src/lib/clock.ts';
import type { Event } from '#src/model/event.ts';
import { accountKey, type BareJid, type EventId, newEventId } from '#src/model/ids.ts';

/** What those who run the gateway, and its users, are told as messages of the gateway itself, kept until they have arrived. */
export type Alarms = {
  /** Tells every admin, by the link of that transport. Never throws. */
  tell(transport: string, text: string): void;
  /** Tells one user, as `tell`. */
  tellOne(transport: string, user: BareJid, text: string): void;
  /** Whether a row's event is such a message: nobody is told of what became of it. */
  isOwn(event: EventId): boolean;
};

const NAME = 'alarm-';

export function openAlarms(parts: {
  readonly admins: readonly string[];
  readonly display: Pick<Display, 'owe' | 'show'>;
  readonly clock: Pick<Clock, 'now'>;
}): Alarms {
  const { admins, display, clock } = parts;
  function tellOne(transport: string, user: BareJid, text: string): void {
    const event: Event = {
      id: `${NAME}${newEventId()}` as EventId,
      at: clock.now(),
      place: { kind: 'realm', account: accountKey(user, transport), realm: '' },
      from: { kind: 'network', id: '' },
      live: true,
      kind: 'message',
      text,
      style: 'plain',
    };
    display.owe(event.id);
    display.show(event, [{ jid: user }]);
  }

  return {
    isOwn: (event) => event.startsWith(inwardId(NAME)),
    tellOne,
    tell(transport, text) {
      for (const admin of admins) tellOne(transport, admin as BareJid, text);
    },
  };
}

export const parkedText = (row: number): string =>
  `A message was given up because the gateway ended while it was being sent, and again when it was tried alone. ` +
  `Its sender has the error. On the machine of the gateway, "isthmus queue show ${row}" tells more.`;
