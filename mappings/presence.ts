import type { Show } from '#src/model/event.ts';

/** What stands in for a show that a network does not have, the nearest first. */
const NEAREST: Readonly<Record<Show, readonly Show[]>> = {
  available: ['available', 'chat'],
  chat: ['chat', 'available'],
  away: ['away', 'xa', 'dnd', 'available'],
  xa: ['xa', 'away', 'dnd', 'available'],
  dnd: ['dnd', 'away', 'xa', 'available'],
  offline: ['offline', 'xa', 'away'],
};

/** The show of a network that says most nearly the same; `undefined` where there is nothing like it. */
export const nearestShow = (show: Show, shows: readonly Show[]): Show | undefined =>
  NEAREST[show].find((one) => shows.includes(one));

/** RFC 6121 §4.7.2.1 in words, for networks that have a text for being away and nothing else. */
const WORDS: Readonly<Record<Show, string>> = {
  available: 'Available',
  chat: 'Free to chat',
  away: 'Away',
  xa: 'Away for longer',
  dnd: 'Busy',
  offline: 'Offline',
};

/** A text that says the show, with the person's own words where they are given. Never empty, one line. */
export function showText(show: Show, status?: string): string {
  const words = (status ?? '').replace(/\s+/g, ' ').trim();
  return words === '' ? WORDS[show] : words;
}
