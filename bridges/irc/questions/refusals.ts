import type { IrcConnection } from '#bridges/irc/connection/irc-connection.ts';
import type { Line } from '#bridges/irc/connection/server-view.ts';
import { addressOf } from '#bridges/irc/wire/drafts.ts';
import { isName } from '#bridges/irc/wire/names.ts';
import { refusal } from '#bridges/irc/wire/numerics.ts';
import { Failure } from '#src/model/failure.ts';
import { NAMING_COMMAND } from './question-table.ts';

/**
 * A numeric that refuses something: an event of ours or a question, whichever was written first. False where nobody
 * knows what it is about, or a person is to be shown it.
 */
export function refused(line: Line, { view, pending, questions, unaskedJoins, ownTyping }: IrcConnection): boolean {
  const elsewhere = line.command === '470' && isName(line.params[2] ?? '') ? line.params[2] : undefined;
  const failure = refusal(
    line,
    elsewhere === undefined ? undefined : { name: elsewhere, address: addressOf('room', elsewhere, view) },
  );
  const question = questions.refused(line);
  const event = failure && pending.refused(line);
  // A command that is named is better known than what is only the oldest.
  const named = NAMING_COMMAND.has(line.command) && event?.wire.kind !== 'raw';
  if (question && (!event || named || question.seq < event.seq))
    return questions.refuse(question, failure ?? new Failure('too-fast'));
  if (!event && failure && ownTyping.refused(line.params[1] ?? '', (name) => view.fold(name))) return true;
  if (!event || !failure) return false;
  pending.refuse(event, failure);
  if (elsewhere) unaskedJoins.expect(view.fold(elsewhere));
  return true;
}
