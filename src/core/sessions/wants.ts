import type { SessionKey } from '#src/bridge.ts';

/** What else may want a session beside an account that stays connected. */
export type Want = 'room' | 'presence';

const idOf = ({ account, realm }: SessionKey): string => `${account} ${realm}`;

/** Counts what wants each session. */
export function openWants() {
  const wants = new Map<string, Record<Want, number>>();
  return {
    has: (key: SessionKey): boolean => wants.has(idOf(key)),
    /** Only presence wants it. */
    isForPresence: (key: SessionKey): boolean => wants.get(idOf(key))?.room === 0,
    count(key: SessionKey, as: Want, change: number): void {
      const { room, presence } = wants.get(idOf(key)) ?? { room: 0, presence: 0 };
      const now = { room, presence, [as]: Math.max(0, (as === 'room' ? room : presence) + change) };
      if (now.room + now.presence === 0) wants.delete(idOf(key));
      else wants.set(idOf(key), now);
    },
  };
}
