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

/**
 * What somebody is shown of somebody. `idle`: since when they have done nothing, in ms since 1970. `deaf`: no message gets to
 * them where they are (RFC 6121 §4.7.2.3).
 */
export type Shown = {
  readonly show: Show;
  readonly status?: string;
  readonly unreachable?: boolean;
  readonly idle?: number;
  readonly deaf?: boolean;
};

export const OFFLINE: Shown = { show: 'offline' };
/** Of whom nothing gets to their server. */
export const UNREACHABLE: Shown = { show: 'away', status: 'cannot be reached at the moment', unreachable: true };
export const AVAILABLE: Shown = { show: 'available' };

/** From the strongest to the weakest: whoever is there in one place is there. */
const STRENGTH: readonly Show[] = ['chat', 'available', 'dnd', 'away', 'xa', 'offline'];

/**
 * The presence of a user with several resources: the strongest show, of equal ones the newest. Whoever no message gets to is
 * away for longer, whatever they say of themselves.
 */
export function strongest(resources: Iterable<{ readonly presence: Shown }>): Shown {
  let best = OFFLINE;
  for (const { presence } of resources) {
    const shown = heard(presence);
    if (STRENGTH.indexOf(shown.show) <= STRENGTH.indexOf(best.show)) best = shown;
  }
  return best;
}

function heard({ deaf, ...presence }: Shown): Shown {
  return deaf && presence.show !== 'offline' ? { ...presence, show: 'xa' } : presence;
}

/** Being idle a little longer or shorter, in ms, is no news. */
const IDLE_STEP = 60_000;

const stepOf = ({ idle }: Shown): number | undefined => (idle === undefined ? undefined : Math.floor(idle / IDLE_STEP));

export const sameShown = (a: Shown, b: Shown): boolean =>
  a.show === b.show && a.status === b.status && stepOf(a) === stepOf(b);
