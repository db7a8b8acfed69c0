import type { DeviceKeys } from '#bridges/matrix/crypto/machine.ts';
import { texts } from '#bridges/matrix/texts.ts';
import { type Json, objectOf, type RoomEvent, readEvent, textOf } from '#bridges/matrix/wire/event.ts';
import type { Host, StateWrite } from '#src/bridge.ts';
import type { Draft, EventBody } from '#src/model/event.ts';
import type { AccountKey } from '#src/model/ids.ts';
import { wordsIn } from '#src/model/language.ts';

/** How the events of a timeline are told: as news, or as the past. */
export type Tense = 'news' | 'past';

export type EncryptedParts = {
  readonly host: Host;
  readonly account: AccountKey;
  readonly keys: DeviceKeys | undefined;
  draftsOf(event: RoomEvent, bodies: readonly EventBody[]): readonly Draft[];
  /** Takes in what has become readable. */
  take(event: RoomEvent, tense: Tense): Promise<void>;
  /** What cannot be taken in holds up nothing else. */
  within(work: () => Promise<void>): Promise<void>;
};

/** Milliseconds for which a key is waited for before its message is told as unreadable, and is looked for at all. */
const KEY_PATIENCE = 60_000;
const KEY_KEPT = 14 * 24 * 3_600_000;
const WAITING = 'waiting ';

/** Reads encrypted messages, also those whose key comes late. */
export function openEncrypted({ host, account, keys, draftsOf, take, within }: EncryptedParts) {
  /** Rooms of which it was said that nothing there can be read. */
  const closed = new Set<string>();

  /** The event in plain; nothing where it cannot be read now, which is told where it stays so. */
  async function opened(event: RoomEvent, raw: Json, tense: Tense): Promise<RoomEvent | undefined> {
    if (event.redacted) return undefined;
    const plain = keys ? await keys.decrypt(event.room, { ...raw, room_id: event.room }) : 'unreadable';
    if (plain === 'missing') {
      await host.emit([], [rowOf(event, { raw, tense })]);
      if (tense === 'news') expect(event);
      return undefined;
    }
    if (plain === 'unreadable') {
      await tellUnreadable(event, tense);
      return undefined;
    }
    const content = objectOf(plain.content);
    const relation = content['m.relates_to'] ?? event.content['m.relates_to'];
    const type = textOf(plain.type) ?? '';
    return { ...event, type, content: { ...content, ...(relation !== undefined && { 'm.relates_to': relation }) } };
  }

  const keyOf = ({ room, id }: Pick<RoomEvent, 'room' | 'id'>): string => `${WAITING}${room} ${id}`;

  /** What waits for its key. `told`: as unreadable. */
  const rowOf = (event: RoomEvent, waiting: { raw: unknown; tense: Tense; told?: true }): StateWrite => ({
    ...{ account, key: keyOf(event), value: JSON.stringify(waiting), seal: true },
    expires: host.clock.now() + KEY_KEPT,
  });

  const expect = (event: RoomEvent): void => void host.clock.after(KEY_PATIENCE, () => void unread(event).catch(log));

  const log = (err: unknown): void => host.log.error({ err }, 'an encrypted message was lost');
  const unreadable = (): EventBody => ({
    kind: 'message',
    text: wordsIn(texts.undecryptable, host.language(account)),
    style: 'notice',
  });

  /** Where nothing can be decrypted that is said once in a room. */
  async function tellUnreadable(event: RoomEvent, tense: Tense): Promise<void> {
    if (tense === 'past' || (!keys && closed.has(event.room))) return;
    closed.add(event.room);
    await host.emit(draftsOf(event, [unreadable()]));
  }

  /** The key of a message has not come for some time. It is looked at again when it does. */
  async function unread(event: RoomEvent): Promise<void> {
    if (host.signal.aborted) return;
    const waiting = await host.state.get({ account, key: keyOf(event) });
    const { raw, told } = objectOf(waiting === undefined ? undefined : JSON.parse(waiting));
    if (raw === undefined || told === true) return;
    // The message itself may yet come under its id.
    const drafts = draftsOf(event, [unreadable()]).map(({ ids: _, ...nameless }) => nameless);
    await host.emit(drafts, [rowOf(event, { raw, tense: 'news', told: true })]);
  }

  /** What waits since an earlier run is told as unreadable in its time, too. */
  async function begin(): Promise<void> {
    for (const { key, value } of await host.state.list({ account, prefix: WAITING })) {
      const [id = ''] = key.slice(WAITING.length).split(' ');
      const { raw, tense, told } = objectOf(JSON.parse(value));
      const event = readEvent(raw, id);
      if (event && tense === 'news' && told !== true) expect(event);
    }
  }

  /** What was taken back is not told, whenever its key comes. */
  async function forget(room: string, id: string): Promise<void> {
    const key = keyOf({ room, id });
    if (keys && (await host.state.get({ account, key })) !== undefined)
      await host.emit([], [{ account, key, value: null }]);
  }

  /** Reads what has waited for keys that may have come. */
  async function retry(): Promise<void> {
    for (const { key, value } of await host.state.list({ account, prefix: WAITING })) {
      const [id = ''] = key.slice(WAITING.length).split(' ');
      await within(() => again(id, key, value));
    }
  }

  async function again(id: string, key: string, value: string): Promise<void> {
    const { raw: kept, tense } = objectOf(JSON.parse(value));
    const raw = objectOf(kept);
    const event = readEvent(raw, id);
    if (!keys || !event || (await keys.decrypt(id, { ...raw, room_id: id })) === 'missing') return;
    const when = tense === 'past' ? 'past' : 'news';
    const said = await opened(event, raw, when);
    if (said) await take(said, when);
    await host.emit([], [{ account, key, value: null }]);
  }

  return { begin, opened, forget, retry };
}
