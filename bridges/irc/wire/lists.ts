import type { Line } from '#bridges/irc/connection/server-view.ts';

/** Channels and people of one line that are read. */
const MOST = 100;

/**
 * A line about several channels or people as lines about one each (RFC 2812 §3.2.1, §3.2.2, §3.2.8: servers should not
 * send such lists to clients, and some do). What changes nothing is no line. Pure.
 */
export function singly(line: Line): readonly Line[] {
  const { command, nick, params } = line;
  const first = params[0] ?? '';
  const second = params[1] ?? '';
  if (command === 'NICK' && first === nick) return [];
  if (command === 'KICK' ? !`${first}${second}`.includes(',') : !LISTS.has(command) || !first.includes(','))
    return [line];
  const channels = first.split(',').slice(0, MOST);
  if (command !== 'KICK') return channels.map((channel) => ({ ...line, params: [channel, ...params.slice(1)] }));
  // One channel and several people, or as many channels as people.
  return second
    .split(',')
    .slice(0, MOST)
    .map((who, index) => ({ ...line, params: [channels[index] ?? channels[0] ?? '', who, ...params.slice(2)] }));
}

const LISTS: ReadonlySet<string> = new Set(['JOIN', 'PART']);
