// Who is away may have what was said to them meanwhile told as one: rows towards them wait in the journal until they are back.

import type { Values } from '#src/core/accounts/settings-form.ts';
import type { OwedRow } from '#src/core/journal/rows.ts';
import type { Log } from '#src/lib/log.ts';
import { openRecent } from '#src/lib/recent.ts';
import type { Clock } from '#src/lib/time/clock.ts';
import { type AccountKey, type EventId, type MessageId, splitAccount } from '#src/model/ids.ts';
import { type Place, placeKey } from '#src/model/place.ts';
import type { Show } from '#src/model/show.ts';
import type { Store } from '#src/store/index.ts';
import { mirrored } from './contact-state.ts';

type HeldRow = Pick<OwedRow, 'owed' | 'account' | 'at'>;

/** What waits for users who are away, where they have chosen that. */
export type Digests = {
  /** Reads who has chosen it. Until then nothing waits. */
  load(): Promise<void>;
  /** An account has changed some of its settings. */
  took(account: AccountKey, changes: Values): void;
  /** Drops what is remembered of an account that was removed. */
  forget(account: AccountKey): void;
  /** How the user of an account fares now, as far as we may see that. */
  noticed(account: AccountKey, show: Show): void;
  /** Whoever writes in a conversation is there for it. */
  wrote(account: AccountKey, place: Place): void;
  /** Whether what an account is told waits until its user is back. */
  waits(account: AccountKey): boolean;
  /** Whether a row waits until its reader is back, one of `waiting` in its lane. */
  holds(row: HeldRow, waiting: number): boolean;
  /** Whether a row has waited, so that it is told with others. */
  joins(row: HeldRow): boolean;
  /** Messages were told an account as one, under the id of the last of them. */
  told(account: AccountKey, ids: readonly EventId[]): void;
  /** For which other messages one that was told stands: what arrives is all of them. Looks into the store for what an earlier run has told. */
  standsFor(account: AccountKey, target: MessageId): readonly EventId[] | Promise<readonly EventId[]>;
  /** What has waited for somebody may go. */
  listen(back: (account: AccountKey) => void): void;
};

type Reader = {
  away: boolean;
  /** What was accepted until then (ms since 1970) waits no more: in all places, and in those in which they have written since, where nothing waits. */
  released: number;
  readonly places: Map<string, number>;
  cancel: (() => void) | undefined;
};

/** The setting. */
export const DIGEST = 'digest';
/** How long (ms) and how much waits at most for who does not come back: what is owed is given up after a week. */
const LONGEST = 2 * 86_400_000;
const MOST = 100;
/** Digests of which it is remembered what they stand for, beside the store, and how long (ms) that holds. */
const TOLD = 1000;
const TOLD_TIME = 30 * 86_400_000;
const NONE: readonly EventId[] = [];
const KINDS: ReadonlySet<string> = new Set(['message', 'edit', 'retract', 'reaction', 'invite']);

export function openDigests({
  store,
  clock,
  log,
}: {
  readonly store: {
    readonly settings: Pick<Store['settings'], 'naming'>;
    readonly contacts: Pick<Store['contacts'], 'of'>;
    readonly bridgeState: Pick<Store['bridgeState'], 'put' | 'get'>;
    readonly unit: Store['unit'];
  };
  readonly clock: Clock;
  readonly log: Log;
}): Digests {
  const readers = new Map<AccountKey, Reader>();
  const told = openRecent<readonly EventId[]>(TOLD);
  const listeners: ((account: AccountKey) => void)[] = [];

  function put(account: AccountKey, away: boolean): void {
    const reader: Reader = { away: false, released: 0, places: new Map(), cancel: undefined };
    readers.set(account, reader);
    if (away) leave(account, reader);
  }

  function leave(account: AccountKey, reader: Reader): void {
    reader.away = true;
    reader.places.clear();
    reader.cancel ??= clock.after(LONGEST, () => {
      reader.cancel = undefined;
      release(account, reader);
      if (reader.away) leave(account, reader);
    });
  }

  function release(account: AccountKey, reader: Reader): void {
    reader.released = clock.now();
    // Whoever asks about a row may be about to hand over others.
    queueMicrotask(() => {
      for (const back of listeners) back(account);
    });
  }

  function remove(account: AccountKey): void {
    const reader = readers.get(account);
    reader?.cancel?.();
    readers.delete(account);
    if (reader) release(account, reader);
  }

  const releasedOf = ({ released, places }: Reader, place: Place): number =>
    places.size === 0 ? released : Math.max(released, places.get(placeKey(place)) ?? 0);

  return {
    async load() {
      for (const { account, scope, values } of await store.settings.naming(DIGEST)) {
        if (scope !== 'account' || values[DIGEST] !== true) continue;
        const contacts = await store.contacts.of(account as AccountKey);
        // Whose presence we may not see is never away. Others are until they are seen.
        put(
          account as AccountKey,
          contacts.some((contact) => mirrored(contact).to),
        );
      }
    },
    took(account, changes) {
      if (!(DIGEST in changes)) return;
      if (changes[DIGEST] !== true) remove(account);
      else if (!readers.has(account)) put(account, false);
    },
    forget: remove,
    noticed(account, show) {
      const reader = readers.get(account);
      if (!reader) return;
      const away = show === 'dnd' || show === 'offline';
      if (away === reader.away) return;
      if (away) return leave(account, reader);
      reader.away = false;
      reader.cancel?.();
      reader.cancel = undefined;
      release(account, reader);
    },
    wrote(account, place) {
      const reader = readers.get(account);
      if (!reader?.away || reader.places.size >= MOST) return;
      reader.places.set(placeKey(place), clock.now());
      queueMicrotask(() => {
        for (const back of listeners) back(account);
      });
    },
    waits: (account) => readers.get(account)?.away === true,
    holds({ owed, account, at }, waiting) {
      if (readers.size === 0 || owed.way !== 'in') return false;
      const reader = readers.get(account as AccountKey);
      const { event, to } = owed;
      if (!reader?.away || !KINDS.has(event.kind) || to.length !== 1 || to[0]?.jid.includes('/')) return false;
      if (event.place.kind !== 'contact' && event.kind !== 'invite') return false;
      if (at <= reader.released || reader.places.has(placeKey(event.place))) return false;
      if (waiting < MOST) return true;
      release(account as AccountKey, reader);
      return false;
    },
    joins({ owed, account, at }) {
      const reader = readers.get(account as AccountKey);
      if (!reader || owed.way !== 'in') return false;
      const { kind, place, from } = owed.event;
      const whole = kind !== 'invite' && KINDS.has(kind) && place.kind === 'contact' && !('self' in from && from.self);
      return whole && at <= releasedOf(reader, place);
    },
    told(account, ids) {
      const last = ids.at(-1);
      if (last === undefined || ids.length < 2) return;
      const others = ids.slice(0, -1);
      told.set(last, others);
      // Where it is not kept, what arrives after a restart is the last of them alone.
      const value = Buffer.from(JSON.stringify(others));
      store
        .unit([store.bridgeState.put(toldAt(account, last), value, { expires: clock.now() + TOLD_TIME })])
        .catch((err: unknown) => log.error({ err }, 'what a digest stands for could not be written'));
    },
    standsFor: (account, target) =>
      told.get(target) ??
      (readers.has(account)
        ? store.bridgeState
            .get(toldAt(account, target))
            .then((found) => (found ? JSON.parse(String(Buffer.from(found))) : NONE))
        : NONE),
    listen: (back) => void listeners.push(back),
  };
}

/** Beside what bridges remember, under a name that none of theirs begins with. */
const toldAt = (account: AccountKey, id: MessageId) => ({
  ...{ transport: splitAccount(account).transport, account },
  key: `digest:${id}`,
});
