import type { Host } from '#src/bridge.ts';
import type { Draft } from '#src/model/event.ts';
import type { Asks } from './asks.ts';
import { anew } from './away.ts';
import { ctcp, decode, isSelf, roomOf } from './decode.ts';
import { invitation, realmNotice } from './drafts.ts';
import { line as makeLine } from './encode.ts';
import type { Peer } from './feed.ts';
import { stepIsupport } from './isupport.ts';
import { openMotd } from './motd.ts';
import { foldName, isName } from './names.ts';
import type { Netsplits } from './netsplit.ts';
import { refusal } from './numerics.ts';
import type { Pending } from './pending.ts';
import type { Writer } from './queue.ts';
import { oursIn, type Realm } from './realm.ts';
import { isRoomCommand, stepRooms } from './rooms.ts';
import { type Rooms, snapshot } from './roster.ts';
import type { RoundTrips } from './roundtrips.ts';
import type { Line, View } from './view.ts';

/** Channels that a server may be putting us into at a time; others are left at once. */
const FORCED = 20;
/** Milliseconds between two answers to CTCP VERSION. */
const VERSION_PACE = 5_000;
const VERSION = 'Isthmus, a gateway between XMPP and IRC';
/** Tokens of our barriers: everything written before has been read when one comes back. */
const BARRIER = /^barrier-(\d{1,15})$/;

export const barrierLine = (seq: number): string => makeLine('PING', [], `barrier-${seq}`);

/** A view that its connection keeps up to date. */
export type OwnView = { -readonly [K in keyof View]: View[K] } & { caps: ReadonlySet<string> };

/** What the lines of a connection act upon. */
export type Ground = {
  readonly host: Host;
  readonly realm: Realm;
  readonly peer: Peer;
  readonly view: OwnView;
  readonly rooms: Rooms;
  readonly pending: Pending;
  readonly trips: RoundTrips;
  readonly asks: Asks;
  readonly splits: Netsplits;
  readonly writer: Writer;
  /** Called when the server gave us another nick. */
  readonly renamed: (nick: string) => void;
};

/** Hands drafts on; what goes wrong with them later is the log's. */
export function emit(host: Host, drafts: readonly Draft[]): void {
  if (drafts.length === 0) return;
  host.emit(drafts)?.catch((error: unknown) => host.log.error({ err: error }, 'events from IRC were not taken'));
}

/** Follows the lines of one connection. The returned function may throw: the line is dropped then. */
export function openTalk(ground: Ground): (line: Line) => void {
  const { host, view, rooms, pending, asks, writer } = ground;
  const motd = openMotd();
  // Channels that a server put us into instead of the one that was asked for.
  const forwarded = new Set<string>();
  // Channels that a server put us into unasked, until it has listed who is there.
  const forced = new Set<string>();
  let versionAt = Number.NEGATIVE_INFINITY;

  const routes: Readonly<Record<string, (line: Line) => void>> = {
    PING: (line) => writer.urgent(makeLine('PONG', [], line.params.at(-1) ?? '')),
    PONG: pong,
    PRIVMSG: said,
    NOTICE: said,
    CAP: (line) => {
      if (line.params[1] !== 'DEL') return;
      const gone = new Set((line.params.at(-1) ?? '').split(' '));
      view.caps = new Set([...view.caps].filter((capability) => !gone.has(capability)));
    },
    '005': (line) => void (view.isupport = stepIsupport(view.isupport, line.params)),
    '372': collectMotd,
    '375': collectMotd,
    '376': collectMotd,
    // The host name that others see now; some servers put user@host here.
    '341': (line) => void pending.done('invite', foldName(line.params[2] ?? ''), foldName(line.params[1] ?? '')),
    // InspIRCd: the mask is on the list already, which is what was wanted.
    '697': (line) => void pending.done('mode', foldName(line.params[1] ?? '')),
    '396': (line) => {
      const host = line.params[1] ?? '';
      const [user = ''] = (view.mask ?? '').split('@');
      if (isName(host)) view.mask = host.includes('@') ? host : user === '' ? undefined : `${user}@${host}`;
    },
  };

  function collectMotd(line: Line): void {
    const text = motd.take(line);
    if (text !== undefined) emit(host, realmNotice(view, text));
  }

  function pong(line: Line): void {
    const token = line.params.at(-1) ?? '';
    const barrier = BARRIER.exec(token)?.[1];
    if (barrier !== undefined) pending.proven(Number(barrier));
    else ground.trips.pong(token);
  }

  function said(line: Line): void {
    const target = line.params[0] ?? '';
    if (isSelf(line.nick, view)) {
      if (pending.echoed(target, line.params.at(-1) ?? '', line.tags.msgid) || !isSelf(target, view)) return;
    }
    const channel = roomOf(target, view);
    if (channel !== undefined) {
      // Copies of other connections have been dropped before: `isCopy`. Only lines to a part of the channel are left.
      const room = rooms.get(foldName(channel));
      if (!room?.joined || !ground.realm.feed.feeds(foldName(channel), ground.peer)) return;
      const sender = foldName(line.nick);
      if (room.members.get(sender)?.account ?? view.ours(sender)) return;
    } else if (line.command === 'PRIVMSG') version(line);
    emit(host, decode(line, view));
  }

  function version(line: Line): void {
    if (ctcp(line.params.at(-1) ?? '')?.command !== 'VERSION' || !isName(line.nick)) return;
    const now = host.clock.now();
    if (now - versionAt < VERSION_PACE) return;
    versionAt = now;
    writer.send(makeLine('NOTICE', [line.nick], `\u0001VERSION ${VERSION}\u0001`));
  }

  function stepped(line: Line): void {
    const self = isSelf(line.nick, view);
    const step = stepRooms(rooms, line, view);
    const given = line.params[0] ?? '';
    if (line.command === 'NICK' && self && isName(given)) ground.renamed(given);
    const drafts = ground.splits.sift(line, step.drafts);
    emit(host, step.self?.change === 'joined' ? welcome(step.self.room, drafts) : drafts);
    if (step.self?.change === 'entering') entering(line, step.self.room);
    if (step.self?.change === 'joined') {
      ground.realm.feed.joined(step.self.room, ground.peer);
      emit(host, invited(step.self.room));
      pending.done('join', step.self.room);
    }
    if (step.self?.change === 'left') {
      ground.realm.feed.left(step.self.room, ground.peer);
      pending.done('leave', step.self.room);
    }
    if (self) done(line);
  }

  // Our own change came back to us.
  function done({ command, params: [name = '', about = ''] }: Line): void {
    if (command === 'KICK') pending.done('kick', foldName(name), foldName(about));
    if (command === 'MODE') pending.done('mode', foldName(name));
    if (command === 'TOPIC') pending.done('topic', foldName(name));
    if (command === 'NICK') pending.done('nick', '');
  }

  // Where another connection of ours feeds the room already, its list is the one that counts: ours may be older or newer.
  function welcome(channel: string, drafts: readonly Draft[]): readonly Draft[] {
    const [senior] = ground.realm.feed.members(channel);
    const known = senior && ground.realm.clients.get(senior.account)?.room(channel);
    const self = rooms.get(channel)?.members.get(foldName(view.nick));
    return known
      ? snapshot(known, view, [...oursIn(ground.realm, channel), ...(self ? [self] : [])])
      : anew(drafts, view);
  }

  function entering(line: Line, room: string): void {
    if (line.ident !== '' && line.hostname !== '') view.mask = `${line.ident}@${line.hostname}`;
    if (pending.has('join', room)) return void forwarded.delete(room);
    if (!forwarded.delete(room) && forced.size < FORCED) return void forced.add(room);
    writer.send(makeLine('PART', [line.params[0] ?? room]));
  }

  // Nobody of ours asked for it: the user is invited to where the server has put them already.
  function invited(room: string): readonly Draft[] {
    if (!forced.delete(room) || pending.has('join', room)) return [];
    return invitation({
      view,
      room: rooms.get(room)?.name ?? room,
      reason: 'The server has put you into this channel.',
    });
  }

  function refused(line: Line): boolean {
    const elsewhere = line.command === '470' && isName(line.params[2] ?? '') ? (line.params[2] ?? '') : undefined;
    const address =
      elsewhere && view.addresses.format(view.addresses.fold({ kind: 'room', realm: view.realm, name: elsewhere }));
    const failure = refusal(line, address);
    if (!failure) return false;
    if (!pending.refused(line, failure)) return asks.refused(line.params[1] ?? '', failure);
    if (elsewhere && forwarded.size < 20) forwarded.add(foldName(elsewhere));
    return true;
  }

  return (line) => {
    const route = Object.hasOwn(routes, line.command) ? routes[line.command] : undefined;
    const asked = asks.take(line);
    if (route) route(line);
    else if (isRoomCommand(line.command)) stepped(line);
    else if (!asked && !refused(line)) emit(host, decode(line, view));
  };
}
