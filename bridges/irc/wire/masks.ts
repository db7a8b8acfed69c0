import type { Isupport } from './isupport.ts';
import { foldName, NAME_LIMIT } from './names.ts';

/** Whether an entry of a list is one as it stands (RFC 2812 §2.5, EXTBAN of 005): no nick has any of these characters. */
export const isMask = (text: string): boolean => /[!@*?:$]/.test(text);

/** Of whom masks are asked: of `user@host` only `*` matches where it is not known, and no account where there is none. */
export type MaskedPerson = { readonly nick: string; readonly mask?: string; readonly login?: string | undefined };

/** Which masks are on somebody. Pure. */
export function masksOn(
  masks: ReadonlySet<string>,
  { nick, mask, login }: MaskedPerson,
  isupport: Isupport,
): readonly string[] {
  if (masks.size === 0) return [];
  const whole = foldName(`${nick}!${mask ?? '@'}`).slice(0, NAME_LIMIT);
  const heads = accountHeads(isupport);
  return [...masks].filter((one) => {
    const head = heads.find((begin) => one.startsWith(begin));
    if (head === undefined) return globMatches(foldName(one), whole);
    return login !== undefined && globMatches(foldName(one.slice(head.length)), foldName(login));
  });
}

/** The mask of an account; `undefined` where the server knows none. */
export function accountMask(login: string | undefined, isupport: Isupport): string | undefined {
  const [head] = accountHeads(isupport);
  return login === undefined || head === undefined ? undefined : `${head}${login}`;
}

/** The type of extended masks that means an account, by what they begin with, on servers that do not say. */
const TYPES: Readonly<Record<string, string>> = { $: 'a', '~': 'a', '': 'R' };

/** https://ircv3.net/specs/extensions/account-extban: how masks of accounts begin. */
function accountHeads({ extban, accountextban }: Isupport): readonly string[] {
  const [prefix = '', types = ''] = extban.split(',');
  if (!extban.includes(',')) return [];
  const usual = Object.hasOwn(TYPES, prefix) ? (TYPES[prefix] ?? '') : '';
  const named = accountextban.split(',').filter((name) => /^[A-Za-z]+$/.test(name));
  if (named.length === 0 && usual !== '' && types.includes(usual)) return [`${prefix}${usual}:`];
  return named.map((name) => `${prefix}${name}:`);
}

/** Whether a mask with `*` and `?` (RFC 2812 §2.5) fits a text, in at most as many steps as one times the other. Pure. */
function globMatches(pattern: string, text: string): boolean {
  let [at, from, star, mark] = [0, 0, -1, 0];
  while (from < text.length) {
    const char = pattern[at];
    if (char === '*') [star, mark, at] = [at, from, at + 1];
    else if (char === '?' || char === text[from]) [at, from] = [at + 1, from + 1];
    else if (star >= 0) [at, from, mark] = [star + 1, mark + 1, mark + 1];
    else return false;
  }
  return pattern.slice(at).replaceAll('*', '') === '';
}
