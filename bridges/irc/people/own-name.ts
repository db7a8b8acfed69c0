// https://ircv3.net/specs/extensions/setname: the real name of a user is another one now.

import type { IrcConnection } from '#bridges/irc/connection/irc-connection.ts';
import { line as makeLine, shorten } from '#bridges/irc/wire/line.ts';

/** Bytes of a real name: the others of a channel are told it with our mask before it. */
const SIZE = 300;

/** Tells the server a real name that is not the one in force, where it takes that; elsewhere it holds from the next connection on. */
export function tellRealName(realname: string, connection: IrcConnection): void {
  const wanted = shorten(realname, SIZE);
  if (wanted === '' || wanted === connection.realname || !connection.view.caps.has('setname')) return;
  if (connection.say(makeLine('SETNAME', [], wanted))) connection.realname = wanted;
}
