import { texts } from '#bridges/irc/texts.ts';
import { Failure } from '#src/model/failure.ts';
import { utf8Length } from '#src/model/text.ts';
import { LINE_LIMIT, type Wire } from './line.ts';

/** Lines that the gateway says itself: from a person they would part it from what the server believes. */
const OURS: ReadonlySet<string> = new Set(
  'CAP AUTHENTICATE PASS USER SERVER SERVICE PING PONG MONITOR ISON WEBIRC STARTTLS'.split(' '),
);

/**
 * A line that somebody wrote to the server itself, as it is; a slash before it is habit. Throws `Failure` for what is
 * no command, for what the gateway does by itself, and for more than one line. Pure.
 */
export function raw(text: string): Wire {
  const line = text.trim().replace(/^\//, '');
  if (/[\r\n\0]/.test(line)) throw new Failure('not-acceptable', { text: texts.oneLine });
  const [word = '', first = ''] = line.split(' ');
  const command = word.toUpperCase();
  if (!/^[A-Z]{1,20}$/.test(command)) throw new Failure('not-acceptable', { text: texts.noCommand });
  if (OURS.has(command)) throw new Failure('not-allowed', { text: texts.ours(command) });
  if (utf8Length(line) > LINE_LIMIT) throw new Failure('too-large');
  // What the server answers to a nick is told apart from all else.
  if (command === 'NICK') return { line, kind: 'nick', target: '', text: first.replace(/^:/, '') };
  return { line, kind: 'raw', target: command, text: line };
}
