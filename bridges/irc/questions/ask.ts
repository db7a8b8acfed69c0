import { type Channel, occupant } from '#bridges/irc/channels/channel.ts';
import { configForm, hasInvites } from '#bridges/irc/channels/channel-modes.ts';
import { readPast } from '#bridges/irc/channels/past.ts';
import type { IrcConnection } from '#bridges/irc/connection/irc-connection.ts';
import { target } from '#bridges/irc/wire/line.ts';
import { isName } from '#bridges/irc/wire/names.ts';
import { Failure, type FailureCode } from '#src/model/failure.ts';
import type { Party } from '#src/model/party.ts';
import type { Query, Reply } from '#src/model/query.ts';

type Affiliation = Extract<Query, { kind: 'list' }>['affiliation'];

/** Answers what a server, the people on it and the channels that the connection is in are asked. Rejects with a `Failure`. */
export async function ask(query: Query, connection: IrcConnection): Promise<Reply> {
  const { questions } = connection;
  switch (query.kind) {
    case 'config':
      return config(joinedChannel(query.place, connection), connection);
    case 'list':
      return list(joinedChannel(query.place, connection), connection, query.affiliation);
    case 'history':
      return readPast(query, joinedChannel(query.place, connection).name, connection);
    case 'rooms':
      return connection.channelList().page(query.page, query.match);
    case 'ping':
      return {
        kind: 'ping',
        ms:
          query.who === undefined
            ? await connection.ping()
            : await questions.ask('ping', nickOf(query.who, connection)),
      };
    case 'version':
      return { kind: 'version', ...(await questions.ask('version', nickOf(query.who, connection))) };
    case 'profile':
      return { kind: 'profile', ...(await questions.ask('whois', nickOf(query.who, connection))) };
    default:
      throw new Failure('not-supported');
  }
}

function nickOf(id: string, { view }: IrcConnection): string {
  const nick = view.spelled(id);
  if (!isName(nick)) throw new Failure('jid-malformed');
  return nick;
}

function joinedChannel(place: Parameters<typeof target>[0], { view }: IrcConnection): Channel {
  const channel = view.room(view.fold(target(place, view, 'room')));
  if (!channel?.joined) throw new Failure('not-joined');
  return channel;
}

async function config({ name, modes }: Channel, { questions, view }: IrcConnection): Promise<Reply> {
  if (!modes.complete) await questions.ask('modes', name);
  // The key is for those who know it.
  const facts = [...modes.set].map(([letter, param]): [string, string] => [letter, letter === 'k' ? '' : param]);
  return { kind: 'config', facts: Object.fromEntries(facts), form: configForm(modes, view.isupport) };
}

/** A list of masks, each by the address that lifts it; it is remembered, for an address tells no capital letters apart. */
async function masksOf(
  kind: 'bans' | 'invites',
  channel: Channel,
  { questions, view }: IrcConnection,
): Promise<Party[]> {
  const masks = await questions.ask(kind, channel.name);
  channel.modes[kind].clear();
  for (const mask of masks) channel.modes[kind].add(mask);
  return masks.map((mask): Party => ({ kind: 'network', id: view.id(mask), name: mask }));
}

/** Who is let in where only the invited are. Servers that tell operators alone have no list for others. */
async function invitesOf(channel: Channel, connection: IrcConnection): Promise<Party[]> {
  if (!hasInvites(connection.view.isupport)) return [];
  return await masksOf('invites', channel, connection).catch((error: unknown) => {
    if (error instanceof Failure && REFUSED.has(error.code)) return [];
    throw error;
  });
}

const REFUSED: ReadonlySet<FailureCode> = new Set(['not-permitted', 'not-supported', 'remote-server-timeout']);

async function list(channel: Channel, connection: IrcConnection, wanted: Affiliation): Promise<Reply> {
  const { view } = connection;
  if (wanted === 'outcast') return { kind: 'list', list: await masksOf('bans', channel, connection) };
  const invites = wanted === 'member' ? await invitesOf(channel, connection) : [];
  const everybody = [...channel.members.values()].map((member) => occupant(member, view, channel));
  const found = everybody.filter(({ affiliation }) => affiliation === wanted);
  const there = found.map(({ id, nick }): Party => ({ kind: 'network', id, name: nick }));
  return { kind: 'list', list: [...there, ...invites] };
}
