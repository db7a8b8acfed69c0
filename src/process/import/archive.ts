import { bodyOf } from '#src/core/rooms/archived.ts';
import type { AccountKey } from '#src/model/ids.ts';
import type { ImportedMessage } from '#src/model/imported.ts';
import { type Place, placeKey, sharedPlace } from '#src/model/place.ts';
import type { Archived } from '#src/store/index.ts';
import type { ImportParts } from './import.ts';
import { stretchesOf } from './stretches.ts';

/** Something that was said once, and who has seen it. */
type Said = {
  readonly message: ImportedMessage;
  readonly place: Place;
  readonly key: string;
  readonly seers: Set<AccountKey>;
};

/** Two users may have been told the same with so many ms between. */
const TOGETHER = 1000;
/** What is written in one unit. */
const WRITTEN = 500;
const NOBODY: ReadonlySet<AccountKey> = new Set();
/** An archive id counts microseconds. */
const PER_MS = 1000;

/**
 * Puts messages into the archive of rooms, in the order of their times. What several users have kept of one room becomes one
 * row, and each sees what was kept for them. `told` hears of each message whether it was there already.
 */
export function importedArchive({ store, transport, dry }: ImportParts, told: (known: boolean) => void) {
  let open: Said[] = [];
  const ready: Said[] = [];

  /** What somebody else has kept of it. One who has it twice was told it twice. */
  const same = (message: ImportedMessage, account: AccountKey) => (said: Said) =>
    said.message.id === message.id &&
    said.message.from.id === message.from.id &&
    said.message.text === message.text &&
    said.message.style === message.style &&
    !said.seers.has(account);

  async function write(): Promise<void> {
    const batch = ready.splice(0, WRITTEN);
    const [first, last] = [batch.at(0), batch.at(-1)];
    if (!first || !last) return;
    const there = await store.archive.between(first.message.at * PER_MS, (last.message.at + TOGETHER) * PER_MS);
    const taken = new Set(there.map(({ id }) => id));
    const known = new Set(there.map(({ place, event }) => `${place} ${event}`));
    const rows: { readonly said: Said; readonly id: number }[] = [];
    for (const said of batch) {
      const isKnown = known.has(`${said.key} ${said.message.uid}`);
      for (const _ of said.seers) told(isKnown);
      if (isKnown) continue;
      let id = said.message.at * PER_MS;
      while (taken.has(id)) id++;
      taken.add(id);
      rows.push({ said, id });
    }
    if (dry || rows.length === 0) return;
    // What was there before was not told to those who come now.
    const others = there.map(({ id, place }) => ({ id, place, seers: NOBODY }));
    const seen = rows.map(({ said, id }) => ({ id, place: said.key, seers: said.seers }));
    await store.unit([
      ...store.archive.append(rows.map(rowOf)),
      ...stretchesOf([...others, ...seen]).map(({ account, place, from, to }) =>
        store.visibility.cover(account, place, from, to),
      ),
    ]);
  }

  return {
    async add(message: ImportedMessage, account: AccountKey): Promise<void> {
      const closed = open.findIndex((said) => said.message.at + TOGETHER >= message.at);
      ready.push(...open.splice(0, closed < 0 ? open.length : closed));
      const twin = open.find(same(message, account));
      if (twin) twin.seers.add(account);
      else {
        const place = sharedPlace(transport.domain, message.id);
        open.push({ message, place, key: placeKey(place), seers: new Set([account]) });
      }
      while (ready.length >= WRITTEN) await write();
    },
    async end(): Promise<void> {
      ready.push(...open);
      open = [];
      while (ready.length > 0) await write();
    },
  };
}

function rowOf({ said: { message, place, key }, id }: { readonly said: Said; readonly id: number }): Archived {
  const { uid, at, from, text, style } = message;
  const event = { id: uid, at, place, from: { kind: 'network', ...from }, kind: 'message', text, style } as const;
  return {
    ...{ id, place: key, at: Math.floor(id / PER_MS), fromId: from.id, fromName: from.name, kind: 'message' },
    ...{ body: bodyOf({ ...event, live: false }), event: uid, xmpp: null, foreign: null, about: null },
  };
}
