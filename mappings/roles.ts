import type { Affiliation, Role } from '#src/model/party.ts';

/** What somebody may do in a room. */
export type Rank = { readonly affiliation: Affiliation; readonly role: Role };

const NOBODY: Rank = { affiliation: 'none', role: 'participant' };
/** XEP-0045 §5.1.1: in a moderated room whoever has no voice is a visitor. */
const VISITOR: Rank = { affiliation: 'none', role: 'visitor' };

/** Status letters of channel members (ISUPPORT PREFIX) in the words of XEP-0045 §5. */
const STANDINGS: Readonly<Record<string, Rank>> = {
  q: { affiliation: 'owner', role: 'moderator' },
  a: { affiliation: 'admin', role: 'moderator' },
  o: { affiliation: 'admin', role: 'moderator' },
  h: { affiliation: 'member', role: 'moderator' },
  v: { affiliation: 'member', role: 'participant' },
};

/**
 * Affiliation and role by the highest of somebody's letters. `order` has the server's letters, the highest first; one
 * above `o` that nobody knows counts as `a`. In a moderated room only those with a letter may speak.
 */
export function standingOf(letters: string, order: string, moderated = false): Rank {
  for (const letter of order) {
    if (!letters.includes(letter)) continue;
    const known = Object.hasOwn(STANDINGS, letter) ? STANDINGS[letter] : undefined;
    if (known) return known;
    if (order.indexOf(letter) < order.indexOf('o')) return { affiliation: 'admin', role: 'moderator' };
  }
  return moderated ? VISITOR : NOBODY;
}

/** The letters that give an affiliation, the best first. Being an outcast is a list of masks, no letter. */
const AFFILIATIONS: Readonly<Record<Affiliation, string>> = {
  owner: 'qao',
  admin: 'oa',
  member: 'v',
  none: '',
  outcast: '',
};
const ROLES: Readonly<Record<Role, string>> = { moderator: 'oh', participant: 'v', visitor: '', none: '' };

const first = (wanted: string, order: string): string => [...wanted].find((letter) => order.includes(letter)) ?? '';

/** The letter that gives an affiliation among those of the server; empty where none is needed or none is there. */
export const letterOfAffiliation = (affiliation: Affiliation, order: string): string =>
  first(AFFILIATIONS[affiliation], order);

/** The letter that gives a role among those of the server; empty where none is needed or none is there. */
export const letterOfRole = (role: Role, order: string): string => first(ROLES[role], order);
