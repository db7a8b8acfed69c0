import { type Rank, standingOf } from '#mappings/roles.ts';
import { utf8Length } from '#src/model/text.ts';
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

/** Bytes that the letters and parameters of one MODE have, so that a line holds the channel, too. */
const SIZE = 280;

/**
 * The parameters of MODE for some changes: of one line, or of several where they are more than the server reads of one
 * (RFC 2812 §3.2.3, MODES of 005). Pure.
 */
export function modeParams(changes: readonly ModeChange[], { modes: most }: Isupport): readonly (readonly string[])[] {
  const lines: ModeChange[][] = [[]];
  let [count, size] = [0, 0];
  for (const change of changes) {
    const length = change.param === undefined ? 0 : utf8Length(change.param) + 1;
    if (length > 0 && count > 0 && (count >= most || size + length > SIZE)) {
      lines.push([]);
      [count, size] = [0, 0];
    }
    lines.at(-1)?.push(change);
    count += Number(length > 0);
    size += length;
  }
  return lines.map(together);
}

function together(changes: readonly ModeChange[]): string[] {
  let letters = '';
  let sign = '';
  for (const { set, mode } of changes) {
    const next = set ? '+' : '-';
    letters += next === sign ? mode : next + mode;
    sign = next;
  }
  const params = changes.flatMap(({ param }) => (param === undefined ? [] : [param]));
  return letters === '' ? [] : [letters, ...params];
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
