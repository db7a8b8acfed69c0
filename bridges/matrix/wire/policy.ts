import { objectOf, type RoomEvent, textOf } from './event.ts';

/** What a list bans (client-server API §13.37). */
export type PolicyRule = {
  readonly about: 'user' | 'room' | 'server';
  /** An id, or a glob. */
  readonly entity: string;
  readonly reason: string;
};

/** Stable names, and those of the time before. */
const TYPES: Readonly<Record<string, PolicyRule['about']>> = {
  'm.policy.rule.user': 'user',
  'm.policy.rule.room': 'room',
  'm.policy.rule.server': 'server',
  'm.room.rule.user': 'user',
  'm.room.rule.room': 'room',
  'm.room.rule.server': 'server',
  'org.matrix.mjolnir.rule.user': 'user',
  'org.matrix.mjolnir.rule.room': 'room',
  'org.matrix.mjolnir.rule.server': 'server',
};
const BANS: ReadonlySet<string> = new Set([
  'm.ban',
  'org.matrix.mjolnir.ban',
  'm.takedown',
  'org.matrix.msc4204.takedown',
]);
const LONGEST = 255;

/** Whether an event is a rule of a list, or the end of one. */
export const isPolicy = ({ type, stateKey }: RoomEvent): boolean =>
  stateKey !== undefined && Object.hasOwn(TYPES, type);

/** What a rule bans; nothing for one that was taken back, or says something else. Pure. */
export function policyRule({ type, content }: RoomEvent): PolicyRule | undefined {
  const about = Object.hasOwn(TYPES, type) ? TYPES[type] : undefined;
  const { entity, recommendation, reason } = objectOf(content);
  if (about === undefined || typeof entity !== 'string' || entity === '' || entity.length > LONGEST) return undefined;
  if (!BANS.has(textOf(recommendation) ?? '')) return undefined;
  return { about, entity, reason: (textOf(reason) ?? '').slice(0, LONGEST) };
}

/**
 * Whether a text fits a glob, where `*` is any text and `?` any character. In at most as many steps as both are long,
 * multiplied: a pattern of others may not keep us busy. Pure.
 */
export function fitsGlob(glob: string, text: string): boolean {
  let [at, index, star, mark] = [0, 0, -1, 0];
  while (index < text.length) {
    if (glob[at] === '*') {
      star = at++;
      mark = index;
    } else if (at < glob.length && (glob[at] === '?' || glob[at] === text[index])) {
      at++;
      index++;
    } else if (star >= 0) {
      at = star + 1;
      index = ++mark;
    } else return false;
  }
  while (glob[at] === '*') at++;
  return at === glob.length;
}
