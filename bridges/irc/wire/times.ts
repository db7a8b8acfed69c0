import type { Line, ServerView } from '#bridges/irc/connection/server-view.ts';

/** The last millisecond of a year with four digits, which is the last that can be written in XMPP (XEP-0082 §3.2). */
const LAST = 253_402_300_799_999;

const inRange = (at: number): number | undefined => (at >= 0 && at <= LAST ? at : undefined);

/** When a line was sent by the server's clock (IRCv3 server-time), in milliseconds since 1970; nothing where that makes no sense. */
export const serverTimeOf = ({ tags }: Pick<Line, 'tags'>): number | undefined => inRange(Date.parse(tags.time ?? ''));

/** A time of the server's clock by ours, in milliseconds since 1970; nothing where that makes no sense. */
export const byOurClock = (
  at: number | undefined,
  { clockOffset }: Pick<ServerView, 'clockOffset'>,
): number | undefined => (at === undefined ? undefined : inRange(at + clockOffset));
