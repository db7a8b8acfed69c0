/** What a line counts against the pace of a connection: servers punish more than the number of lines. */
type Penalty = {
  /** What a command counts, where that is not one. */
  readonly commands: Readonly<Record<string, number>>;
  /** One more for each so many bytes. */
  readonly bytes?: number;
};

/** What makes a server work for it, as most ircds weigh it. */
const usual: Penalty = { commands: { LIST: 3, WHO: 3, NAMES: 2, WHOIS: 2, WHOWAS: 2 } };

/** Networks by the name that they have in 005 whose servers weigh the length of lines, too. */
const BY_NETWORK: Readonly<Record<string, Penalty>> = {
  // ircu: two seconds a line, and one for each 120 bytes.
  undernet: { ...usual, bytes: 240 },
  quakenet: { ...usual, bytes: 240 },
  // irc2: a second for each 100 bytes beside the two of the line.
  ircnet: { commands: { ...usual.commands, JOIN: 2, MODE: 2, KICK: 2, TOPIC: 2, INVITE: 2 }, bytes: 200 },
};

/** What a line counts on a network. Pure. */
export function penaltyOf(line: string, network: string | undefined): number {
  const from = line.startsWith('@') ? line.indexOf(' ') + 1 : 0;
  const { commands, bytes } = (network !== undefined && BY_NETWORK[network.toLowerCase()]) || usual;
  // Most of what is said is talk, and counts as one.
  const talk = bytes === undefined && line.startsWith('PRIVMSG ', from);
  if (talk) return 1;
  const end = line.indexOf(' ', from);
  const command = end < 0 ? line.slice(from) : line.slice(from, end);
  const counted = Object.hasOwn(commands, command) ? (commands[command] ?? 1) : 1;
  return bytes === undefined ? counted : counted + Math.floor((line.length - from) / bytes);
}
