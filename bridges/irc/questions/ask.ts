import { type Channel, occupant } from '#bridges/irc/channels/channel.ts';
import { configForm } from '#bridges/irc/channels/channel-modes.ts';
import type { IrcConnection } from '#bridges/irc/connection/irc-connection.ts';
import { target } from '#bridges/irc/wire/line.ts';
import { isName } from '#bridges/irc/wire/names.ts';
import { Failure } from '#src/model/failure.ts';
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

async function list(channel: Channel, { questions, view }: IrcConnection, wanted: Affiliation): Promise<Reply> {
  const party = (id: string): Party => ({ kind: 'network', id, name: id });
  if (wanted === 'outcast') return { kind: 'list', list: (await questions.ask('bans', channel.name)).map(party) };
  const everybody = [...channel.members.values()].map((member) => occupant(member, view, channel));
  const found = everybody.filter(({ affiliation }) => affiliation === wanted);
  return { kind: 'list', list: found.map(({ id, nick }): Party => ({ kind: 'network', id, name: nick })) };
}
