import {
  changes,
  describes,
  hostChange,
  kickDone,
  modeDone,
  primaryMayChange,
  topicDone,
} from '#bridges/irc/channels/channel-lines.ts';
import { STEPS } from '#bridges/irc/channels/channel-state.ts';
import { targetLine } from '#bridges/irc/channels/past.ts';
import {
  awayNotice,
  awayReply,
  came,
  isonReply,
  monitorFull,
  monitorOffline,
  monitorOnline,
  renamed,
  spoke,
  went,
} from '#bridges/irc/people/known-people.ts';
import { nickChange, nickRefusal } from '#bridges/irc/people/nick-recovery.ts';
import { ownAwayRefused, ownAwayTaken } from '#bridges/irc/people/own-away.ts';
import { readElsewhere } from '#bridges/irc/people/read-marks.ts';
import { refused } from '#bridges/irc/questions/refusals.ts';
import { decode } from '#bridges/irc/wire/decode.ts';
import { emit } from '#bridges/irc/wire/emit.ts';
import { NICK_REFUSALS } from '#bridges/irc/wire/numerics.ts';
import { openRecent } from '#src/lib/recent.ts';
import type { IrcConnection } from './irc-connection.ts';
import { batchLine, ctcpReply, ctcpRequest, message } from './message-lines.ts';
import {
  accountChange,
  alreadyListed,
  capability,
  inviting,
  isupport,
  loggedIn,
  loggedOut,
  motd,
  noteNames,
  othersInvited,
  ping,
  pong,
  visibleHost,
} from './server-lines.ts';
import type { Line } from './server-view.ts';
import { standardReply } from './standard-replies.ts';
import { redaction, tagMessage } from './tag-lines.ts';

/** Reads a line of a connection that is logged in; true if it is for nobody after it. May throw: the next one reads then. */
export type LineReading = (line: Line, connection: IrcConnection) => boolean;

/** The answer to a question goes to who has asked. */
const answered: LineReading = (line, { questions }) => questions.answered(line);

/** What the server tells is chat from its address. */
const shown: LineReading = (line, connection) => {
  if (line.command !== '482' || isNew(line, connection)) emit(connection.host, decode(line, connection.view));
  return true;
};

/** Refusals that nobody has asked for and that are remembered, so that each is told once. */
const UNASKED = 20;

/** Some servers refuse again and again what no operator is let (482): that is new once, but to whoever has just sent a line. */
function isNew({ params }: Line, connection: IrcConnection): boolean {
  const told = (connection.unasked ??= openRecent(UNASKED));
  const text = params.join(' ');
  const before = told.get(text);
  told.set(text, true);
  return before === undefined || connection.pending.waits('raw');
}

/** What any other numeric is: part of an answer, a refusal, or the server's word to the user. */
const NUMERIC: readonly LineReading[] = [answered, refused, shown];
/** What comes unasked with every login or join, and is shown to nobody who has not asked. */
const ASKED_ONLY: readonly LineReading[] = [answered];

const each = (commands: string, readings: readonly LineReading[]): Readonly<Record<string, readonly LineReading[]>> =>
  Object.fromEntries(commands.split(' ').map((command) => [command, readings]));

/** Who reads which line, in order: the one list of all that a connection understands. */
export const LINES: Readonly<Record<string, readonly LineReading[]>> = {
  PING: [ping],
  PONG: [pong],
  CAP: [capability],
  BATCH: [batchLine],
  CHATHISTORY: [targetLine],
  ACK: [],

  PRIVMSG: [noteNames, spoke, ctcpRequest, message],
  NOTICE: [noteNames, ctcpReply, message],
  TAGMSG: [noteNames, tagMessage],
  REDACT: [redaction],
  MARKREAD: [noteNames, readElsewhere],
  ...each('FAIL WARN NOTE', [standardReply]),
  INVITE: [noteNames, othersInvited, shown],
  WALLOPS: [shown],

  JOIN: [noteNames, came, changes(STEPS.JOIN), primaryMayChange],
  PART: [noteNames, changes(STEPS.PART), primaryMayChange],
  KICK: [noteNames, changes(STEPS.KICK), primaryMayChange, kickDone],
  QUIT: [noteNames, went, changes(STEPS.QUIT)],
  // https://ircv3.net/specs/extensions/setname: nobody's real name is kept, and who asks has it from the server.
  SETNAME: [],
  CHGHOST: [hostChange, changes(STEPS.CHGHOST)],
  ACCOUNT: [accountChange, changes(STEPS.ACCOUNT)],
  NICK: [noteNames, nickChange, renamed, changes(STEPS.NICK)],
  AWAY: [noteNames, awayNotice, changes(STEPS.AWAY)],
  MODE: [noteNames, changes(STEPS.MODE), modeDone],
  TOPIC: [noteNames, changes(STEPS.TOPIC), topicDone],

  // The login, and the state of the network (RFC 2812 §5.1).
  ...each('001 002 003 004 010 020 042', []),
  '005': [isupport, answered],
  ...each('250 251 252 253 254 255 265 266', ASKED_ONLY),
  ...each('372 375 376', [motd]),
  '422': ASKED_ONLY,
  '396': [visibleHost],
  '900': [loggedIn],
  '901': [loggedOut],
  '903': [],

  // Channels.
  '324': [describes(STEPS['324']), answered],
  '329': ASKED_ONLY,
  '331': [describes(STEPS['331']), answered],
  '332': [describes(STEPS['332']), answered],
  '333': [describes(STEPS['333']), answered],
  '353': [noteNames, describes(STEPS['353']), answered],
  '366': [describes(STEPS['366']), answered],
  ...each('315 367 368', ASKED_ONLY),
  '322': [noteNames, ...NUMERIC],
  '341': [inviting],
  '697': [alreadyListed],

  // People.
  '301': [awayReply, ...NUMERIC],
  ...each('305 306', [ownAwayTaken, ...ASKED_ONLY]),
  ...each('263 429', [ownAwayRefused, ...NUMERIC]),
  '303': [isonReply, ...NUMERIC],
  '311': [noteNames, ...NUMERIC],
  '730': [monitorOnline, ...NUMERIC],
  '731': [monitorOffline, ...NUMERIC],
  '734': [monitorFull, ...NUMERIC],
  ...each([...NICK_REFUSALS].join(' '), [nickRefusal, ...NUMERIC]),
};

const BY_COMMAND = new Map(Object.entries(LINES));
const NOBODY: readonly LineReading[] = [];

/** Who reads lines of a command; numerics that are not in the list are for whoever asked, or for the user. */
export const readingsOf = (command: string): readonly LineReading[] =>
  BY_COMMAND.get(command) ?? (/^\d{3}$/.test(command) ? NUMERIC : NOBODY);

/** Has a line read. What one reading throws keeps it from none of the others, and is added to `faults`. */
export function read(line: Line, connection: IrcConnection, faults: unknown[]): void {
  for (const reading of readingsOf(line.command)) {
    try {
      if (reading(line, connection)) return;
    } catch (error) {
      faults.push(error);
    }
  }
}
