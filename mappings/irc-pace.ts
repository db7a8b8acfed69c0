/** What a line counts against the pace of a connection: servers punish more than the number of lines. */
type Penalty = {
  /** What a command counts, where that is not `other`. */
  readonly commands: Readonly<Record<string, number>>;
  readonly other: number;
  /** One more for each so many bytes. */
  readonly bytes?: number;
};

/** What makes a server work for it, as most ircds weigh it. */
const usual: Penalty = { commands: { LIST: 3, WHO: 3, NAMES: 2, WHOIS: 2, WHOWAS: 2 }, other: 1 };

/** Networks by the name that they have in 005 whose servers weigh the length of lines, too. */
const BY_NETWORK: Readonly<Record<string, Penalty>> = {
  // ircu: two seconds a line, and one for each 120 bytes.
  undernet: { ...usual, bytes: 240 },
  quakenet: { ...usual, bytes: 240 },
  // irc2 2.11, in its own seconds as they were measured there: it reads on while they are less than ten ahead of time, and
  // puts out whose unread lines are more than its buffer takes.
  ircnet: {
    commands: {
      ...{ JOIN: 3, PART: 5, TOPIC: 4, MODE: 4, KICK: 4, INVITE: 3, NICK: 4, AWAY: 3 },
      ...{ NAMES: 5, LIST: 4, WHO: 3, WHOIS: 3, WHOWAS: 3 },
    },
    other: 2,
    bytes: 100,
  },
};

/** What a line counts on a network. Pure. */
export function penaltyOf(line: string, network: string | undefined): number {
  const from = line.startsWith('@') ? line.indexOf(' ') + 1 : 0;
  const { commands, other, bytes } = (network !== undefined && BY_NETWORK[network.toLowerCase()]) || usual;
  // Most of what is said is talk.
  const talk = bytes === undefined && line.startsWith('PRIVMSG ', from);
  if (talk) return other;
  const end = line.indexOf(' ', from);
  const command = end < 0 ? line.slice(from) : line.slice(from, end);
  const counted = Object.hasOwn(commands, command) ? (commands[command] ?? other) : other;
  return bytes === undefined ? counted : counted + Math.floor((line.length - from) / bytes);
}
