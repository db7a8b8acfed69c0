import { texts } from '#bridges/irc/texts.ts';
import type { Isupport } from '#bridges/irc/wire/isupport.ts';
import type { ModeChange } from '#bridges/irc/wire/modes.ts';
import { foldName, isName } from '#bridges/irc/wire/names.ts';
import { Failure } from '#src/model/failure.ts';
import type { Answer, Field, Form } from '#src/model/form.ts';
import type { Text } from '#src/model/language.ts';
import type { RoomTrait } from '#src/model/query.ts';

/** Bans of a channel that are remembered; those that were set last. */
const BANS = 50;

/** What a connection has seen of a channel's modes. The steps change it in place. */
export type ChannelModes = {
  /** The letters that are set, with their parameters. */
  readonly set: Map<string, string>;
  /** Masks that were banned while we were there. */
  readonly bans: Set<string>;
  /** Masks of those who may not speak, where the server has such a list. */
  readonly quiets: Set<string>;
  /** Whether the server has told all of them. */
  complete: boolean;
  /** Whether it was asked to, unprompted by anybody. */
  asked: boolean;
};

export const newChannelModes = (): ChannelModes => ({
  set: new Map(),
  bans: new Set(),
  quiets: new Set(),
  complete: false,
  asked: false,
});

/** Takes one change in. Modes of members and lists other than bans are not kept. */
export function stepChannelModes(modes: ChannelModes, change: ModeChange, isupport: Isupport): void {
  const { set, mode, param = '' } = change;
  if (mode === 'b') return stepBans(modes.bans, set, param);
  if (mode === 'q' && hasQuiets(isupport)) return stepBans(modes.quiets, set, param);
  if (isupport.prefixModes.includes(mode) || isupport.chanmodes[0].includes(mode)) return;
  if (set) modes.set.set(mode, param);
  else modes.set.delete(mode);
}

function stepBans(bans: Set<string>, set: boolean, mask: string): void {
  bans.delete(mask);
  if (!set || mask === '') return;
  bans.add(mask);
  const [oldest] = bans;
  if (bans.size > BANS && oldest !== undefined) bans.delete(oldest);
}

/** The server has listed all modes. */
export function learnChannelModes(modes: ChannelModes, all: readonly ModeChange[], isupport: Isupport): void {
  modes.set.clear();
  for (const one of all) stepChannelModes(modes, one, isupport);
  modes.complete = true;
}

/** Whether a ban that we saw being set is on somebody; of `user@host` only `*` matches where it is not known. */
export const isBanned = ({ bans }: ChannelModes, who: Person): boolean => masksOn(bans, who).length > 0;

/** The masks by which somebody may not speak. */
export const quietsOn = (modes: ChannelModes | undefined, who: Person): string[] =>
  modes && modes.quiets.size > 0 ? masksOn(modes.quiets, who) : [];

/** Whether `q` is a list of those who may not speak, as on servers of the charybdis kind, and no rank. */
export const hasQuiets = ({ chanmodes, prefixModes }: Isupport): boolean =>
  chanmodes[0].includes('q') && !prefixModes.includes('q');

type Person = { readonly nick: string; readonly mask?: string };

function masksOn(masks: ReadonlySet<string>, { nick, mask }: Person): string[] {
  const whole = foldName(`${nick}!${mask ?? '@'}`);
  return [...masks].filter((one) => globMatches(foldName(one), whole));
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

const TRAITS: readonly (readonly [string, RoomTrait])[] = [
  ['m', 'moderated'],
  ['i', 'members-only'],
  ['k', 'password'],
  ['s', 'hidden'],
];

/** How the channel is kept, as far as it is known. */
export const traitsOf = ({ set }: ChannelModes): RoomTrait[] =>
  TRAITS.flatMap(([letter, trait]) => (set.has(letter) ? [trait] : []));

/** The settings that are a letter alone. `when` is the value of the setting while the letter is set. */
const FLAGS: readonly { readonly letter: string; readonly name: string; readonly label: Text; when: boolean }[] = [
  { letter: 'm', name: 'moderated', label: texts.moderated, when: true },
  { letter: 'i', name: 'members-only', label: texts.membersOnly, when: true },
  { letter: 't', name: 'subject-by-all', label: texts.subjectByAll, when: false },
  { letter: 's', name: 'public', label: texts.public, when: false },
];

const bool = (value: boolean): string[] => [value ? '1' : '0'];
const offers = ({ chanmodes }: Isupport, letter: string): boolean => chanmodes.some((group) => group.includes(letter));

/** The channel's settings that can be changed from here. A key is never shown. */
export function configForm({ set }: ChannelModes, isupport: Isupport): Form {
  const flags = FLAGS.filter(({ letter }) => offers(isupport, letter)).map(
    ({ letter, name, label, when }): Field => ({ name, label, type: 'boolean', value: bool(set.has(letter) === when) }),
  );
  const key: Field[] = [
    { name: 'password-protected', label: texts.keyNeeded, type: 'boolean', value: bool(set.has('k')) },
    { name: 'password', label: texts.key, type: 'secret' },
  ];
  const limit: Field = {
    name: 'limit',
    label: texts.limit,
    type: 'text',
    value: [set.get('l') ?? ''],
  };
  return {
    fields: [...flags, ...(offers(isupport, 'k') ? key : []), ...(offers(isupport, 'l') ? [limit] : [])],
  };
}

/** The changes that an answer to the form asks for. Throws a `Failure` for what no mode can be. Pure. */
export function configChanges(answer: Answer, { set, complete }: ChannelModes, isupport: Isupport): ModeChange[] {
  const flags = FLAGS.flatMap(({ letter, name, when }): ModeChange[] => {
    const wanted = answer[name]?.[0];
    if (wanted === undefined || !offers(isupport, letter)) return [];
    const on = isTrue(wanted) === when;
    return complete && on === set.has(letter) ? [] : [{ set: on, mode: letter }];
  });
  return [...flags, ...keyChange(answer, set, isupport), ...limitChange(answer, set, isupport)];
}

const isTrue = (value: string): boolean => value === '1' || value === 'true';

function keyChange(answer: Answer, set: ReadonlyMap<string, string>, isupport: Isupport): ModeChange[] {
  const [wanted] = answer['password-protected'] ?? [];
  const key = answer.password?.[0] ?? '';
  if (!offers(isupport, 'k')) return [];
  // Servers want some parameter with -k, and most take any (RFC 2812 §4.2.10 has the key itself).
  if (wanted !== undefined && !isTrue(wanted))
    return set.has('k') ? [{ set: false, mode: 'k', param: set.get('k') || '*' }] : [];
  if (key === '') {
    if (wanted !== undefined && !set.has('k')) throw new Failure('not-acceptable', { text: texts.keyMissing });
    return [];
  }
  if (!isName(key)) throw new Failure('not-acceptable', { text: texts.badKey });
  return [{ set: true, mode: 'k', param: key }];
}

function limitChange(answer: Answer, set: ReadonlyMap<string, string>, isupport: Isupport): ModeChange[] {
  const [wanted] = answer.limit ?? [];
  if (wanted === undefined || !offers(isupport, 'l') || wanted === (set.get('l') ?? '')) return [];
  if (wanted === '') return [{ set: false, mode: 'l' }];
  if (!/^[1-9]\d{0,5}$/.test(wanted)) throw new Failure('not-acceptable', { text: texts.badLimit });
  return [{ set: true, mode: 'l', param: wanted }];
}
