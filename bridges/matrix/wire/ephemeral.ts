import type { Show } from '#src/model/event.ts';
import { eventIdOf, type Json, numberOf, objectOf, textOf, textsOf } from './event.ts';

/** A receipt: up to where somebody has read. */
export type ReadReceipt = { readonly user: string; readonly event: string; readonly at: number };

/** The newest receipt of each user in an `m.receipt` (§11.5). `kinds` says which count. */
export function receiptsIn(
  content: Json,
  kinds: readonly string[] = ['m.read', 'm.read.private'],
): readonly ReadReceipt[] {
  const newest = new Map<string, ReadReceipt>();
  for (const [event, byKind] of Object.entries(content)) {
    if (eventIdOf(event) === undefined) continue;
    for (const kind of kinds) {
      for (const [user, about] of Object.entries(objectOf(objectOf(byKind)[kind]))) {
        const at = numberOf(objectOf(about).ts) ?? 0;
        if ((newest.get(user)?.at ?? -1) < at) newest.set(user, { user, event, at });
      }
    }
  }
  return [...newest.values()];
}

/** Who types, perhaps still, and who has stopped, since `before`. */
export function typingChanges(
  before: ReadonlySet<string>,
  content: Json,
): { readonly now: ReadonlySet<string>; readonly typing: readonly string[]; readonly stopped: readonly string[] } {
  const now = new Set(textsOf(content.user_ids));
  return {
    now,
    typing: [...now],
    stopped: [...before].filter((user) => !now.has(user)),
  };
}

const SHOWS: Readonly<Record<string, Show>> = { online: 'available', unavailable: 'away', offline: 'offline' };

/** What an `m.presence` says (§11.7). `now` in milliseconds since 1970. */
export function presenceIn(content: Json, now: number) {
  const word = textOf(content.presence) ?? '';
  const show = Object.hasOwn(SHOWS, word) ? SHOWS[word] : undefined;
  if (show === undefined) return undefined;
  const ago = numberOf(content.last_active_ago);
  const status = textOf(content.status_msg);
  return {
    kind: 'presence',
    show,
    ...(status !== undefined && status !== '' && { status }),
    ...(ago !== undefined && show === 'away' && { idle: now - ago }),
  } as const;
}

/** A presence as Matrix has it. */
export const presenceContent = (show: Show, status?: string): Json => ({
  presence: show === 'offline' ? 'offline' : show === 'available' || show === 'chat' ? 'online' : 'unavailable',
  ...(status !== undefined && { status_msg: status }),
});

/** §11.4.1: somebody types for so many milliseconds, or does no more. */
export const typingContent = (timeout: number | undefined): Json =>
  timeout === undefined ? { typing: false } : { typing: true, timeout };
