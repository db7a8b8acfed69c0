import { tellPast } from '#bridges/irc/channels/past.ts';
import { labelled, ofOwnNick } from '#bridges/irc/questions/labels.ts';
import { singly } from '#bridges/irc/wire/lists.ts';
import { isPast, keepsPart, labelOf } from './batches.ts';
import type { IrcConnection } from './irc-connection.ts';
import { read } from './line-table.ts';
import type { Line } from './server-view.ts';

/** Has a line read by whom it is for: one of the past changes nothing, and the part of another waits for the rest. May throw. */
export function incoming(line: Line, connection: IrcConnection): void {
  const batch = connection.batches.of(line);
  const label = labelOf(line, batch);
  if (line.command !== 'BATCH') {
    if (keepsPart(batch, line)) return;
    if (batch && isPast(batch)) {
      batch.count++;
      return tellPast(line, connection, batch);
    }
  }
  const told = label === undefined ? line : ofOwnNick(line, connection);
  if (label === undefined || !labelled(told, label, connection)) readWhole(told, connection);
}

/** Has a line read that is no part of another. May throw. */
export function readWhole(line: Line, connection: IrcConnection): void {
  const faults: unknown[] = [];
  for (const one of singly(line)) read(one, connection, faults);
  if (faults.length > 0) throw faults[0];
}
