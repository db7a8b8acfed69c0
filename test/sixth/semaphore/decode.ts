import type { Draft } from '#src/model/event.ts';
import type { AccountKey, ForeignId } from '#src/model/ids.ts';
import type { Occupant } from '#src/model/party.ts';
import type { Place } from '#src/model/place.ts';
import { isRoom } from './addresses.ts';
import type { Told } from './wire.ts';

/** What `decode` may know of a line. */
export type View = {
  readonly transport: string;
  readonly account: AccountKey;
  /** Whose line of ours has this name. */
  ours(name: string): AccountKey | undefined;
};

/** What the tower has told; nothing where our own users read each other, whom the core has shown already. Pure. */
export function decode(told: Told, view: View): Draft[] {
  if (told[0] === 'beat') return [];
  if (told[0] === 'flag') return message(told, view);
  const [what, , room, names] = told;
  const place: Place = { kind: 'shared', transport: view.transport, id: room };
  const list = names.split(',').map((name) => occupant(name, view));
  const head = { place, from: network(what === 'there' ? room : names) };
  if (what === 'there') return [{ ...head, kind: 'occupants', list }];
  return list.map((who) => ({ ...head, kind: 'occupant', change: what === 'came' ? 'join' : 'leave', who }));
}

function message([, , id, at, by, to, text]: Extract<Told, readonly ['flag', ...unknown[]]>, view: View): Draft[] {
  const { transport, account } = view;
  if (isRoom(to) && view.ours(by)) return [];
  const place: Place = isRoom(to) ? { kind: 'shared', transport, id: to } : { kind: 'contact', account, id: by };
  return [{ ids: [id as ForeignId], at, place, from: network(by), kind: 'message', text, style: 'plain' }];
}

const network = (id: string) => ({ kind: 'network', id, name: id }) as const;

function occupant(name: string, { ours }: View): Occupant {
  const account = ours(name);
  return { id: name, nick: name, affiliation: 'none', role: 'participant', ...(account && { account }) };
}
