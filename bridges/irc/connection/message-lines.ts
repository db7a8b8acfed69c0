import { noteHeard, tellPast } from '#bridges/irc/channels/past.ts';
import { naming } from '#bridges/irc/people/mentioned.ts';
import { noteTime } from '#bridges/irc/people/read-marks.ts';
import { ctcp, decode, isBouncer, isSelf, roomOf } from '#bridges/irc/wire/decode.ts';
import { addressOf } from '#bridges/irc/wire/drafts.ts';
import { emit } from '#bridges/irc/wire/emit.ts';
import { line as makeLine } from '#bridges/irc/wire/line.ts';
import { accountOf, isName } from '#bridges/irc/wire/names.ts';
import type { Draft } from '#src/model/event.ts';
import type { AccountKey } from '#src/model/ids.ts';
import { isPast, wholeOf } from './batches.ts';
import type { IrcConnection } from './irc-connection.ts';
import type { LineReading } from './line-table.ts';
import type { Line } from './server-view.ts';

/** Messages that are held of a channel for whoever may take the invitation there. */
const HELD = 100;
/** How fast requests by CTCP are answered. */
const CTCP_RATE = { burst: 3, per_second: 0.2 };
/** Characters of a PING that are given back. */
const PING_SIZE = 100;
const VERSION = 'Isthmus, a gateway between XMPP and IRC';

/** What a client is asked by CTCP (https://modern.ircdocs.horse/ctcp) and says of itself. */
const CTCP_ANSWERS = new Map<string, (rest: string, connection: IrcConnection) => string>([
  ['CLIENTINFO', () => 'ACTION CLIENTINFO PING TIME VERSION'],
  ['PING', (rest) => rest.slice(0, PING_SIZE)],
  ['TIME', (_, { host }) => new Date(host.clock.now()).toUTCString()],
  ['VERSION', (_, { contact }) => (contact === undefined ? VERSION : `${VERSION} (${contact})`)],
]);

/** A reply by CTCP answers who has asked (https://modern.ircdocs.horse/ctcp). */
export const ctcpReply: LineReading = (line, { questions }) => {
  const command = ctcp(line.params.at(-1) ?? '')?.command;
  if (command !== 'PING' && command !== 'VERSION') return false;
  return questions.end(command === 'PING' ? 'ping' : 'version', line.nick, line);
};

/** A request by CTCP is answered, but not too often. */
export const ctcpRequest: LineReading = (line, connection) => {
  const { writer, view } = connection;
  const { nick, params } = line;
  const asked = ctcp(params.at(-1) ?? '');
  if (!asked) return false;
  const { command, rest } = asked;
  const answer = CTCP_ANSWERS.get(command);
  if (!answer || isSelf(nick, view) || roomOf(params[0] ?? '', view) !== undefined || !isName(nick)) return false;
  if (connection.ctcpBucket(CTCP_RATE).take(1) === 0) return false;
  const said = answer(rest, connection);
  writer.send(makeLine('NOTICE', [nick], `\u0001${said === '' ? command : `${command} ${said}`}\u0001`));
  return false;
};

/** PRIVMSG and NOTICE: an echo of ours, something said in a channel or to us. */
export const message: LineReading = (line, connection) => {
  const { host, view, pending } = connection;
  const target = line.params[0] ?? '';
  if (isSelf(line.nick, view)) {
    if (pending.echoed(target, line.params.at(-1) ?? '', line.tags.msgid)) return true;
    if (!isSelf(target, view)) return elsewhere(line, connection);
  }
  const name = roomOf(target, view);
  noteAuthor(line, connection);
  noteHeard(line, connection);
  noteTime(line, connection);
  if (name !== undefined) return inChannel(line, name, connection);
  emit(host, decode(line, view));
  return true;
};

/** Duplicates of other connections have been dropped before. */
function inChannel(line: Line, name: string, connection: IrcConnection): true {
  const { host, realm, view, channels, netsplits } = connection;
  netsplits.spoke(line.nick);
  const folded = view.fold(name);
  const channel = channels.get(folded);
  if (!channel?.joined) return true;
  const sender = view.fold(line.nick);
  const member = channel.members.get(sender);
  if (name === line.params[0] && isTold(folded, member?.account ?? view.ours(sender), connection)) return true;
  // https://ircv3.net/specs/extensions/account-tag
  if (member && view.caps.has('account-tag')) member.login = accountOf(line.tags.account);
  if (channel.held && realm.primaries.members(folded).length < 2) return hold(channel.held, line, connection);
  emit(host, naming(decode(line, view), channel));
  return true;
}

/** Whether what is said to a whole channel (folded name) is for another connection to tell, or shown already, for it is of one of ours. */
const isTold = (channel: string, sender: AccountKey | undefined, { realm, view }: IrcConnection): boolean =>
  sender !== undefined || !realm.primaries.isPrimary(channel, view);

/** What is said ends that it is being typed; who has said it is remembered where messages can be taken back. */
function noteAuthor({ nick, params, tags }: Line, { realm, view, typing }: IrcConnection): void {
  if (typing.any) {
    const name = roomOf(params[0] ?? '', view);
    typing.spoke(`${addressOf(name === undefined ? 'contact' : 'room', name ?? nick, view)} ${view.id(nick)}`);
  }
  if (tags.msgid && view.caps.has('draft/message-redaction')) realm.authors.set(tags.msgid, view.id(nick));
}

/** A batch begins or ends. What is said in several lines is one message, whose parts have been kept. */
export const batchLine: LineReading = (line, connection) => {
  const ended = connection.batches.take(line);
  if (!ended) return true;
  const whole = wholeOf(ended);
  if (whole?.of && isPast(whole.of)) {
    whole.of.count++;
    tellPast(whole.line, connection, whole.of);
  } else if (whole) message(whole.line, connection);
  else if (isPast(ended)) connection.past.ended(ended);
  return true;
};

/** What our user has said by another client of a bouncer; a server tells nobody's own words but as an echo. */
function elsewhere(line: Line, { host, view, channels }: IrcConnection): true {
  const name = roomOf(line.params[0] ?? '', view);
  if (isBouncer(view) && (name === undefined || channels.get(view.fold(name))?.joined)) emit(host, decode(line, view));
  return true;
}

function hold(held: Draft[], line: Line, { host, view }: IrcConnection): true {
  const now = host.clock.now();
  held.push(...decode(line, view).map((draft) => ({ ...draft, at: draft.at ?? now })));
  if (held.length > HELD) held.shift();
  return true;
}
