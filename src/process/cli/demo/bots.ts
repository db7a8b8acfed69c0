import { setTimeout as delay } from 'node:timers/promises';
import { type Bot, bots, smallTalk, topic } from './cast.ts';
import { type IrcClient, type IrcLine, ircClient } from './irc-client.ts';

const between = 25_000; // milliseconds between two pieces of small talk
const breath = 1_600; // milliseconds between two lines of one conversation

/** Puts the bots into the channel and lets them live there until disposed of. Resolves when all have joined. */
export async function startBots(port: number, channel: string): Promise<AsyncDisposable> {
  const ending = new AbortController();
  const clients = new Map<string, IrcClient>();
  const say = (nick: string, text: string) => clients.get(nick)?.send(messageTo(channel, text));
  const connect = async (bot: Bot) => {
    const onLine = (line: IrcLine) => void react(bot, line, channel, ending.signal, say);
    clients.set(bot.nick, await ircClient({ port, nick: bot.nick, realname: bot.about, onLine }));
  };
  const enter = async ({ nick }: Bot) => {
    clients.get(nick)?.send(`MODE ${nick} +B`); // says that it is a bot
    clients.get(nick)?.send(`JOIN ${channel}`);
    await clients.get(nick)?.barrier();
  };

  await using starting = new AsyncDisposableStack();
  starting.defer(async () => {
    ending.abort();
    await Promise.all([...clients.values()].map((client) => client[Symbol.asyncDispose]()));
  });
  await Promise.all(bots.map(connect));
  const [host, ...others] = bots;
  await enter(host); // the first one in is the channel's operator
  clients.get(host.nick)?.send(`TOPIC ${channel} :${topic}`);
  await Promise.all(others.map(enter));
  chatter(say, ending.signal);
  return starting.move();
}

type Say = (nick: string, text: string) => void;

async function react(bot: Bot, line: IrcLine, channel: string, signal: AbortSignal, say: Say): Promise<void> {
  if (bots.some(({ nick }) => nick === line.nick) || line.params[0]?.toLowerCase() !== channel) return;
  const [, text = ''] = line.params;
  if (line.command === 'PRIVMSG') {
    const answer = bot.answer?.({ nick: line.nick, text, chance: Math.random, now: new Date() });
    if (answer !== undefined && (await pause(breath / 2, signal))) say(bot.nick, answer);
  } else if (line.command === 'JOIN') {
    for (const { after, text } of bot.greet(line.nick, new Date())) if (await pause(after, signal)) say(bot.nick, text);
  }
}

/** The bots talk among themselves, one exchange after the other, for ever. */
async function chatter(say: Say, signal: AbortSignal): Promise<void> {
  for (let turn = 0; ; turn++) {
    if (!(await pause(between, signal))) return;
    for (const [nick, text] of smallTalk[turn % smallTalk.length] ?? []) {
      say(nick, text);
      if (!(await pause(breath, signal))) return;
    }
  }
}

/** False when the bots have to leave meanwhile. */
function pause(milliseconds: number, signal: AbortSignal): Promise<boolean> {
  return delay(milliseconds, true, { signal, ref: false }).catch(() => false);
}

// CTCP ACTION: what people type as /me.
function messageTo(channel: string, text: string): string {
  const body = text.startsWith('/me ') ? `\u0001ACTION ${text.slice(4)}\u0001` : text;
  return `PRIVMSG ${channel} :${body}`;
}
