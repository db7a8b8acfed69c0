// https://ircv3.net/specs/extensions/labeled-response

import type { IrcConnection } from '#bridges/irc/connection/irc-connection.ts';
import type { Line } from '#bridges/irc/connection/server-view.ts';
import { refusal } from '#bridges/irc/wire/numerics.ts';
import type { ForeignId } from '#src/model/ids.ts';

const SAID: ReadonlySet<string> = new Set(['PRIVMSG', 'NOTICE', 'TAGMSG']);

/** An answer to our NICK is about us: InspIRCd 3 writes it, with a label, as if whoever we are now had said it. */
export const ofOwnNick = (line: Line, { view }: IrcConnection): Line =>
  line.command === 'NICK' ? { ...line, nick: view.nick } : line;

/** Takes in what the server answers to a line of ours by its label; true if that is all that it says. */
export function labelled(line: Line, label: string, { pending, questions, view }: IrcConnection): boolean {
  const event = pending.labelled(label);
  if (!event) return line.command === 'ACK';
  if (line.command === 'ACK') {
    pending.acknowledged(event);
    return true;
  }
  if (SAID.has(line.command) && view.fold(line.nick) === view.fold(view.nick)) {
    const { msgid } = line.tags;
    pending.answered(event, { ids: msgid ? [msgid as ForeignId] : [], state: 'taken' });
    // What is said to oneself comes once more.
    return true;
  }
  // A person's own line is shown its answer.
  const failure = event.wire.kind === 'raw' || questions.refused(line) ? undefined : refusal(line);
  if (!failure || line.command === '470') return false;
  pending.refuse(event, failure);
  return true;
}
