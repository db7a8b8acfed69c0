import { texts } from '#bridges/irc/texts.ts';
import type { Isupport } from '#bridges/irc/wire/isupport.ts';
import { type MaskedPerson, masksOn } from '#bridges/irc/wire/masks.ts';
import type { ModeChange } from '#bridges/irc/wire/modes.ts';
import { isName } from '#bridges/irc/wire/names.ts';
import { Failure } from '#src/model/failure.ts';
import type { Answer, Field, Form } from '#src/model/form.ts';
import type { Text } from '#src/model/language.ts';
import type { RoomTrait } from '#src/model/query.ts';

/** Entries of each list of a channel that are remembered; those that were set last. */
const LISTED = 50;
/** Characters of a mask, or of another parameter of a mode, that can be meant; RFC 2812 has 512 for a whole line. */
const LONGEST = 200;

/** What a connection has seen of a channel's modes. The steps change it in place. */
export type ChannelModes = {
  /** The letters that are set, with their parameters. */
  readonly set: Map<string, string>;
  /** Masks that were banned while we were there. */
  readonly bans: Set<string>;
  /** Masks of those who may not speak, where the server has such a list. */
  readonly quiets: Set<string>;
  /** Masks of those who are let in where only the invited are. */
  readonly invites: Set<string>;
  /** Whether the server has told all of them. */
  complete: boolean;
  /** Whether it was asked to, unprompted by anybody. */
  asked: boolean;
};

export const newChannelModes = (): ChannelModes => ({
  set: new Map(),
  bans: new Set(),
  quiets: new Set(),
  invites: new Set(),
  complete: false,
  asked: false,
});

/** Takes one change in. Modes of members and other lists are not kept. */
export function stepChannelModes(modes: ChannelModes, change: ModeChange, isupport: Isupport): void {
  const { set, mode, param = '' } = change;
  if (!/^[A-Za-z0-9]$/.test(mode) || param.length > LONGEST) return;
  if (mode === 'b') return stepList(modes.bans, set, param);
  if (mode === 'q' && hasQuiets(isupport)) return stepList(modes.quiets, set, param);
  if (mode === 'I' && hasInvites(isupport)) return stepList(modes.invites, set, param);
  if (isupport.prefixModes.includes(mode) || isupport.chanmodes[0].includes(mode)) return;
  if (set) modes.set.set(mode, param);
  else modes.set.delete(mode);
}

function stepList(masks: Set<string>, set: boolean, mask: string): void {
  masks.delete(mask);
  if (!set || mask === '') return;
  masks.add(mask);
  const [oldest] = masks;
  if (masks.size > LISTED && oldest !== undefined) masks.delete(oldest);
}

/** The server has listed all modes. */
export function learnChannelModes(modes: ChannelModes, all: readonly ModeChange[], isupport: Isupport): void {
  modes.set.clear();
  for (const one of all) stepChannelModes(modes, one, isupport);
  modes.complete = true;
}

/** Whether a ban that we saw being set is on somebody. */
export const isBanned = ({ bans }: ChannelModes, who: MaskedPerson, isupport: Isupport): boolean =>
  masksOn(bans, who, isupport).length > 0;

/** The masks by which somebody may not speak. */
export const quietsOn = (modes: ChannelModes | undefined, who: MaskedPerson, isupport: Isupport): readonly string[] =>
  modes ? masksOn(modes.quiets, who, isupport) : [];

/** Whether there is a list of those who are let in where only the invited are (INVEX). */
export const hasInvites = ({ chanmodes }: Isupport): boolean => chanmodes[0].includes('I');

/** Whether there is a list of those whom no ban keeps out (EXCEPTS). */
export const hasExceptions = ({ chanmodes }: Isupport): boolean => chanmodes[0].includes('e');

/** Whether `q` is a list of those who may not speak, as on servers of the charybdis kind, and no rank. */
export const hasQuiets = ({ chanmodes, prefixModes }: Isupport): boolean =>
  chanmodes[0].includes('q') && !prefixModes.includes('q');

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
