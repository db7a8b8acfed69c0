import { type Rank, standingOf } from '#mappings/roles.ts';
import type { Isupport } from './isupport.ts';

/** Changes of one line that are read: servers let people make 20 at most (MODES of 005). */
const MOST = 200;

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
    if (changes.length === MOST) break;
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

/** The modes of one entry of 353, the nick, and the mask (`user@host`) where `userhost-in-names` adds it. */
export function splitNamesEntry(entry: string, isupport: Isupport): { modes: string; nick: string; mask?: string } {
  let at = 0;
  let modes = '';
  for (; at < entry.length; at++) {
    const index = isupport.prefixSymbols.indexOf(entry.charAt(at));
    if (index < 0) break;
    modes += isupport.prefixModes.charAt(index);
  }
  const end = entry.indexOf('!', at);
  return end < 0 ? { modes, nick: entry.slice(at) } : { modes, nick: entry.slice(at, end), mask: entry.slice(end + 1) };
}

/** The modes with one set or removed. */
export const withMode = (modes: string, { set, mode }: ModeChange): string => {
  const others = modes.replaceAll(mode, '');
  return set ? others + mode : others;
};

/** Affiliation and role of a member by the highest of its modes, in a channel that is moderated (`+m`) or not. */
export const standing = (modes: string, { prefixModes }: Isupport, moderated: boolean): Rank =>
  standingOf(modes, prefixModes, moderated);
