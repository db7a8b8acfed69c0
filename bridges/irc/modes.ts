import type { Affiliation, Role } from '#src/model/party.ts';
import type { Isupport } from './isupport.ts';

export type ModeChange = { readonly set: boolean; readonly mode: string; readonly param?: string };

/**
 * The changes of a MODE line, each with its own parameter. How many parameters a letter takes is said by CHANMODES and
 * PREFIX, so that a mask or a key never shifts the nicks after it. Pure.
 */
export function parseModes(params: readonly string[], isupport: Isupport): ModeChange[] {
  const [letters = '', ...rest] = params;
  const changes: ModeChange[] = [];
  let set = true;
  for (const mode of letters) {
    if (mode === '+' || mode === '-') set = mode === '+';
    else {
      const param = takesParam(mode, set, isupport) ? rest.shift() : undefined;
      changes.push(param === undefined ? { set, mode } : { set, mode, param });
    }
  }
  return changes;
}

// draft-brocklesby-irc-isupport-03 §3.3: types A and B always, C when set, D never; modes in PREFIX always.
function takesParam(mode: string, set: boolean, { chanmodes, prefixModes }: Isupport): boolean {
  if (prefixModes.includes(mode) || chanmodes[0].includes(mode) || chanmodes[1].includes(mode)) return true;
  return set && chanmodes[2].includes(mode);
}

/** The modes of one entry of 353, and the nick; `userhost-in-names` adds the mask after it. */
export function splitNamesEntry(entry: string, isupport: Isupport): { modes: string; nick: string } {
  let at = 0;
  let modes = '';
  for (; at < entry.length; at++) {
    const index = isupport.prefixSymbols.indexOf(entry.charAt(at));
    if (index < 0) break;
    modes += isupport.prefixModes.charAt(index);
  }
  const end = entry.indexOf('!', at);
  return { modes, nick: end < 0 ? entry.slice(at) : entry.slice(at, end) };
}

/** The modes with one set or removed. */
export const withMode = (modes: string, { set, mode }: ModeChange): string => {
  const others = modes.replaceAll(mode, '');
  return set ? others + mode : others;
};

type Standing = { readonly affiliation: Affiliation; readonly role: Role };

const NOBODY: Standing = { affiliation: 'none', role: 'participant' };
const STANDINGS: Readonly<Record<string, Standing>> = {
  q: { affiliation: 'owner', role: 'moderator' },
  a: { affiliation: 'admin', role: 'moderator' },
  o: { affiliation: 'admin', role: 'moderator' },
  h: { affiliation: 'member', role: 'moderator' },
  v: { affiliation: 'member', role: 'participant' },
};

/** Affiliation and role of a member by the highest of its modes; a letter above `o` that nobody knows counts as `a`. */
export function standing(modes: string, { prefixModes }: Isupport): Standing {
  for (const mode of prefixModes) {
    if (!modes.includes(mode)) continue;
    const known = Object.hasOwn(STANDINGS, mode) ? STANDINGS[mode] : undefined;
    if (known) return known;
    if (prefixModes.indexOf(mode) < prefixModes.indexOf('o')) return { affiliation: 'admin', role: 'moderator' };
  }
  return NOBODY;
}
