/** What a homeserver says, before anybody has looked at it. */
export type Json = Readonly<Record<string, unknown>>;

/** An event of a room as a homeserver tells it (client-server API, §7.3), with what was looked at. */
export type RoomEvent = {
  readonly id: string;
  readonly room: string;
  readonly sender: string;
  readonly type: string;
  readonly stateKey?: string;
  /** Milliseconds since 1970, as its server claims. */
  readonly at: number;
  readonly content: Json;
  /** The content of the state that it has replaced. */
  readonly before?: Json;
  readonly redacts?: string;
  /** The transaction id of ours, where this device has sent it. */
  readonly transaction?: string;
  /** It was redacted later. */
  readonly redacted?: boolean;
};

/** What is sent to a room: an event of a type with its content. */
export type Content = { readonly type: string; readonly content: Json };

/** The object that a value is, or an empty one. */
export const objectOf = (value: unknown): Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : {};

/** Client-server API §10.2: an event has no more bytes than these, whatever a server says. */
const LONGEST_TEXT = 65_536;

/** The text that a value is; nothing for one that is longer than an event can be. */
export const textOf = (value: unknown): string | undefined =>
  typeof value === 'string' && value.length <= LONGEST_TEXT ? value : undefined;

/** The finite number that a value is. */
export const numberOf = (value: unknown): number | undefined =>
  typeof value === 'number' && Number.isFinite(value) ? value : undefined;

/** The list that a value is, or an empty one. */
export const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

/** The texts in the list that a value is. */
export const textsOf = (value: unknown): readonly string[] =>
  listOf(value).filter((one): one is string => typeof one === 'string');

/** Appendices §4.2: no id is longer, whatever a server says. */
const LONGEST = 255;
const isShort = (text: string | undefined): text is string =>
  text !== undefined && text !== '' && text.length <= LONGEST && text.isWellFormed();

/** The id of an event that a value is (Appendices §4.2.4): what it is about may be whatever its sender likes. */
export function eventIdOf(value: unknown): string | undefined {
  const id = textOf(value);
  return isShort(id) && /^\$[^\s\p{Cc}]+$/u.test(id) ? id : undefined;
}

/** The last millisecond that can be written as a date with a year of four digits. */
const LAST_TIME = 253_402_300_799_999;
/** A time that a server claims, in milliseconds since 1970; 0 for what is none. */
const timeOf = (value: unknown): number => {
  const time = Math.floor(numberOf(value) ?? 0);
  return time > 0 && time <= LAST_TIME ? time : 0;
};

/** The event that a value is; nothing where it lacks what every event of a room has. `room` is known where a sync says it. */
export function readEvent(value: unknown, room?: string): RoomEvent | undefined {
  const event = objectOf(value);
  const [id, sender, type] = [textOf(event.event_id), textOf(event.sender), textOf(event.type)];
  const where = room ?? textOf(event.room_id);
  if (!isShort(id) || !isShort(sender) || !isShort(type) || !isShort(where)) return undefined;
  const content = objectOf(event.content);
  const unsigned = objectOf(event.unsigned);
  const stateKey = textOf(event.state_key);
  // Room version 11 has it in the content.
  const redacts = eventIdOf(event.redacts) ?? eventIdOf(content.redacts);
  const before = unsigned.prev_content ?? event.prev_content;
  const transaction = textOf(unsigned.transaction_id);
  return {
    id,
    room: where,
    sender,
    type,
    at: timeOf(event.origin_server_ts),
    content,
    ...(stateKey !== undefined && { stateKey }),
    ...(before !== undefined && { before: objectOf(before) }),
    ...(redacts !== undefined && { redacts }),
    ...(transaction !== undefined && { transaction }),
    ...(unsigned.redacted_because !== undefined && { redacted: true }),
  };
}
