import type { Host, StateWrite } from '#src/bridge.ts';
import { openRecent } from '#src/lib/recent.ts';
import type { AccountKey } from '#src/model/ids.ts';

const BY_NAME = 'thread ';
const BY_ROOT = 'root ';
/** Threads that are remembered without a look into the store, and how long (ms) others are kept there. */
const RECENT = 5_000;
const KEPT = 183 * 24 * 3_600_000;

/**
 * XMPP gives threads names and Matrix calls them by their first message (client-server API §11.14). One that began on
 * Matrix has the name of that. They are kept for an account of its own, or for the ghosts of all.
 */
export function openThreads({ state, clock }: Pick<Host, 'state' | 'clock'>, account?: AccountKey, recent = RECENT) {
  const roots = openRecent<string>(recent);
  const names = openRecent<string>(recent);
  const latest = openRecent<string>(recent);
  const at = (key: string) => ({ ...(account && { account }), key });
  const keyOf = (room: string, thread: string): string => `${room} ${thread}`;

  return {
    nameOf: (room: string, root: string): string | undefined => names.get(keyOf(room, root)),
    latestOf: (room: string, root: string): string | undefined => latest.get(keyOf(room, root)),
    /** The first message of a thread: nothing for one that begins with the next. */
    async rootOf(room: string, thread: string): Promise<string | undefined> {
      const key = keyOf(room, thread);
      const root = roots.get(key) ?? (thread.startsWith('$') ? thread : await state.get(at(BY_NAME + key)));
      if (root !== undefined) roots.set(key, root);
      return root;
    },
    /** A message has gone into a thread, perhaps as its first. Resolves with whether that was new. */
    async said(room: string, thread: string, root: string | undefined, event: string): Promise<void> {
      latest.set(keyOf(room, root ?? event), event);
      if (root !== undefined) return;
      roots.set(keyOf(room, thread), event);
      names.set(keyOf(room, event), thread);
      const expires = clock.now() + KEPT;
      const writes: StateWrite[] = [
        { ...at(BY_NAME + keyOf(room, thread)), value: event, expires },
        { ...at(BY_ROOT + keyOf(room, event)), value: thread, expires },
      ];
      await state.write(writes);
    },
    /** Looks up what a thread is called that began with this message, for `nameOf` to know. */
    async learn(room: string, root: string): Promise<void> {
      const key = keyOf(room, root);
      if (names.get(key) !== undefined) return;
      names.set(key, (await state.get(at(BY_ROOT + key))) ?? root);
    },
  };
}

export type Threads = ReturnType<typeof openThreads>;
