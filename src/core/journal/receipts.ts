import type { Origin } from '#src/core/index.ts';
import type { Event } from '#src/model/event.ts';
import type { Failure } from '#src/model/failure.ts';
import type { EventId } from '#src/model/ids.ts';
import { splitAccount } from '#src/model/ids.ts';
import type { Place } from '#src/model/place.ts';
import { type FreshRow, inwardId, type Journey, noteOf, type Owed } from './owed.ts';

/** XEP-0184 §5.3: asked for, and never for what many read. */
export const wantsReceipt = ({ receipt, stanza, type }: Origin): boolean =>
  receipt === true && stanza === 'message' && type !== 'groupchat';

/** Makes a row towards XMPP. */
export type MakeRow = (event: EventId, place: Place, owed: Owed, key: string) => FreshRow;

/**
 * What the sender of a stanza is told, as rows: an answer that is owed outlives a restart, and is given once. Their keys
 * are names that ascend, which costs an index less than hashes do; those of stanzas are hashes, without a space.
 */
export const receiptRow = (make: MakeRow, event: Event, { origin, group }: Journey): FreshRow | undefined => {
  const name = `receipt ${group}`;
  return wantsReceipt(origin)
    ? make(inwardId(name), event.place, { way: 'receipt', place: event.place, origin }, name)
    : undefined;
};

/** Under which event a stanza's error is owed. */
export const errorId = (group: string): EventId => inwardId(`error ${group}`);

/** The stanza error: one for all pieces of a stanza. */
export const errorRow = (make: MakeRow, event: Event, { origin, group }: Journey, failure: Failure): FreshRow => {
  const name = `error ${group}`;
  return make(
    errorId(group),
    event.place,
    { way: 'error', place: event.place, origin, failure: noteOf(failure) },
    name,
  );
};

/** A word from whom was written to that the message waits. Only between two people: a room has other readers. */
export const delayedRow = (make: MakeRow, event: Event, { group }: Journey, now: number): FreshRow | undefined => {
  if (event.place.kind !== 'contact') return undefined;
  const name = `delayed ${group}`;
  const { account, id } = event.place;
  const since = new Date(event.at).toISOString().slice(11, 16);
  const told: Event = {
    id: `${group}.delayed` as EventId,
    at: now,
    place: event.place,
    from: { kind: 'network', id },
    live: true,
    kind: 'message',
    text: `[notice] Your message is delayed since ${since} UTC. It is still being tried.`,
    style: 'plain',
  };
  const owed: Owed = { way: 'in', event: told, to: [{ jid: splitAccount(account).user }] };
  return make(inwardId(name), event.place, owed, name);
};
