import type { Draft, EventBody, Message } from '#src/model/event.ts';
import type { BareJid, EventId } from '#src/model/ids.ts';
import { accountKey } from '#src/model/ids.ts';

const romeo = 'romeo@a.example' as BareJid;

/** Romeo's event in #verona. */
export const inRoom = <B extends EventBody>(body: B): Draft<B> => ({
  place: { kind: 'shared', transport: 'irc.example', id: '#verona%net' },
  from: { kind: 'xmpp', bare: romeo },
  ...body,
});

/** Romeo's event to Juliet. */
export const alone = <B extends EventBody>(body: B): Draft<B> => ({
  ...inRoom(body),
  place: { kind: 'contact', account: accountKey(romeo, 'irc.example'), id: 'juliet%net' },
});

export const message = (text: string, more: Partial<Message> = {}): Draft<Message> =>
  inRoom<Message>({ kind: 'message', text, style: 'plain', ...more });

export const target = 'm1' as EventId;
