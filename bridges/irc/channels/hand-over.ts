// Another connection of ours tells of a channel from now on, or shows it once more to whoever is in it already.

import type { IrcConnection } from '#bridges/irc/connection/irc-connection.ts';
import { oursIn, primaryChannel } from '#bridges/irc/connection/realm.ts';
import { decodeMissed } from '#bridges/irc/wire/duplicates.ts';
import { emit } from '#bridges/irc/wire/emit.ts';
import { type Channel, occupant, snapshot } from './channel.ts';
import { learnModes } from './channel-lines.ts';
import type { Takeover } from './primary.ts';

/**
 * What the lost connection had not told is told now; the list tells the difference for all else, once both have read the
 * same.
 */
function takeOver(takeovers: readonly Takeover[], connection: IrcConnection): void {
  const { host, realm, view } = connection;
  for (const takeover of takeovers) emit(host, decodeMissed(realm.primaries.takeOver(takeover, view), view));
  const channels = takeovers.map(({ channel }) => channel);
  const behind = channels.filter((channel) => realm.primaries.behind(channel, view));
  for (const channel of channels) if (!behind.includes(channel)) describe(channel, connection);
  if (behind.length === 0) return;
  const listAll = () => {
    for (const channel of behind) describe(channel, connection);
  };
  // The server answers behind everything that it has sent before.
  connection.ping().then(listAll, listAll);
}

/** Our user has left a channel and the line was gone before the server could say so: others of ours there hear it all the same. */
export function tellUnheardLeaves({ host, view, channels, pending }: IrcConnection): void {
  const from = { kind: 'network', id: view.id(view.nick), name: view.nick } as const;
  for (const [name, room] of channels) {
    const self = room.joined ? room.members.get(view.fold(view.nick)) : undefined;
    if (!self || !pending.has('leave', name)) continue;
    emit(host, [{ kind: 'occupant', place: room.place, from, change: 'leave', who: occupant(self, view, room) }]);
  }
}

/** The line of a connection is gone: others tell of its channels from now on. */
export function leaveRealm(connection: IrcConnection): void {
  const { realm, view } = connection;
  const { account } = view;
  view.forget();
  if (realm.clients.get(account) === connection) realm.clients.delete(account);
  connection.netsplits.stop();
  const takeovers = realm.primaries.lost(view);
  for (const other of realm.clients.values()) other.disown(account);
  const heirs = Map.groupBy(takeovers, ({ channel }) => realm.primaries.senior(channel)?.account);
  for (const [account, all] of heirs) {
    const heir = account === undefined ? undefined : realm.clients.get(account);
    if (heir) takeOver(all, heir);
  }
}

function describe(channel: string, connection: IrcConnection): void {
  const { host, realm, view } = connection;
  const room = connection.channels.get(channel);
  realm.primaries.caughtUp(channel, view);
  if (room && realm.primaries.isPrimary(channel, view)) emit(host, snapshot(room, view, oursIn(realm, channel)));
  learnModes(channel, connection);
}

/** Shows a channel (folded name) to whoever has asked to enter it and is in it. */
export function enterAgain(
  room: Channel,
  name: string,
  { host, realm, view, pending, unaskedJoins }: IrcConnection,
): void {
  unaskedJoins.wanted(name);
  const known = primaryChannel(realm, name) ?? room;
  // Where others of ours are, what was held has been told to them, or was before their time.
  const held = realm.primaries.members(name).length < 2 ? (room.held ?? []) : [];
  delete room.held;
  if (pending.has('join', name)) emit(host, [...snapshot(known, view, oursIn(realm, name)), ...held]);
  pending.done('join', name);
}
