import { type Channel, occupant } from '#bridges/irc/channels/channel.ts';
import { configForm } from '#bridges/irc/channels/channel-modes.ts';
import type { Client } from '#bridges/irc/connection/shared.ts';
import { target } from '#bridges/irc/wire/encode.ts';
import { Failure } from '#src/model/failure.ts';
import type { Party } from '#src/model/party.ts';
import type { Query, Reply } from '#src/model/query.ts';

type Asked = Extract<Query, { kind: 'config' | 'list' }>;

/** Answers a question about a channel that the connection is in. Rejects with a `Failure`. */
export async function askChannel(query: Asked, client: Client): Promise<Reply> {
  const room = client.room(client.view.fold(target(query.place, client.view, 'room')));
  if (!room?.joined) throw new Failure('not-joined');
  return query.kind === 'config' ? config(room, client) : list(room, client, query.affiliation);
}

async function config({ name, modes }: Channel, { asks, view }: Client): Promise<Reply> {
  if (!modes.complete) await asks.modes(name);
  // The key is for those who know it.
  const facts = [...modes.set].map(([letter, param]): [string, string] => [letter, letter === 'k' ? '' : param]);
  return { kind: 'config', facts: Object.fromEntries(facts), form: configForm(modes, view.isupport) };
}

async function list(room: Channel, { asks, view }: Client, wanted: Extract<Asked, { kind: 'list' }>['affiliation']) {
  const party = (id: string): Party => ({ kind: 'network', id, name: id });
  if (wanted === 'outcast') return { kind: 'list', list: (await asks.bans(room.name)).map(party) } as const;
  const everybody = [...room.members.values()].map((member) => occupant(member, view, room));
  const found = everybody.filter(({ affiliation }) => affiliation === wanted);
  return { kind: 'list', list: found.map(({ id, nick }): Party => ({ kind: 'network', id, name: nick })) } as const;
}
