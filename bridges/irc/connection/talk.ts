import { type Channels, snapshot } from '#bridges/irc/channels/channel.ts';
import { isChannelCommand, stepChannels } from '#bridges/irc/channels/channel-state.ts';
import { isModeRefusal, learnModes } from '#bridges/irc/channels/learn-modes.ts';
import type { Netsplits } from '#bridges/irc/channels/netsplit.ts';
import { anew } from '#bridges/irc/people/away.ts';
import type { Asks } from '#bridges/irc/questions/asks.ts';
import type { Pending } from '#bridges/irc/questions/pending.ts';
import { ctcp, decode, isSelf, roomOf } from '#bridges/irc/wire/decode.ts';
import { addressOf, invitation, realmNotice } from '#bridges/irc/wire/drafts.ts';
import { emit } from '#bridges/irc/wire/emit.ts';
import { line as makeLine } from '#bridges/irc/wire/encode.ts';
import { stepIsupport } from '#bridges/irc/wire/isupport.ts';
import { isName } from '#bridges/irc/wire/names.ts';
import { refusal } from '#bridges/irc/wire/numerics.ts';
import type { Host } from '#src/bridge.ts';
import type { Draft } from '#src/model/event.ts';
import { type ConnectionState, capabilities } from './connection-state.ts';
import type { LineWriter } from './line-writer.ts';
import { type Motd, openMotd } from './motd.ts';
import { recordOf } from './proven-logins.ts';
import { oursIn, primaryChannel, type Realm } from './realm.ts';
import type { RoundTrips } from './roundtrips.ts';
import type { Line } from './server-view.ts';

/** Channels that a server may be putting us into at a time; others are left at once. */
const FORCED = 20;
/** Messages that are held of a channel for whoever may take the invitation there. */
const HELD = 100;
/** Milliseconds between two answers to CTCP VERSION. */
const VERSION_PACE = 5_000;
const VERSION = 'Isthmus, a gateway between XMPP and IRC';
/** Tokens of our barriers: everything written before has been read when one comes back. */
const BARRIER = /^barrier-(\d{1,15})$/;

export const barrierLine = (seq: number): string => makeLine('PING', [], `barrier-${seq}`);

/** Lines after which another connection of ours may feed a channel. */
const MEMBERSHIP: ReadonlySet<string> = new Set(['366', 'JOIN', 'PART', 'KICK']);

/** What the lines of a connection act upon. */
export type Ground = {
  readonly host: Host;
  readonly realm: Realm;
  readonly view: ConnectionState;
  readonly rooms: Channels;
  readonly pending: Pending;
  readonly trips: RoundTrips;
  readonly asks: Asks;
  readonly splits: Netsplits;
  readonly writer: LineWriter;
  /** Called when the server gave us another nick. */
  readonly renamed: (nick: string) => void;
};

/** Follows the lines of one connection. */
export class Talk {
  readonly #ground: Ground;
  #motd: Motd | undefined;
  /** Channels that a server puts us into instead of the one that was asked for, or when nobody waits for it any more. */
  #forwarded: Set<string> | undefined;
  /** Channels that a server put us into unasked, until it has listed who is there. */
  #forced: Set<string> | undefined;
  #versionAt = Number.NEGATIVE_INFINITY;

  constructor(ground: Ground) {
    this.#ground = ground;
  }

  /** May throw: the line is dropped then. */
  take(line: Line): void {
    const { host, asks, view } = this.#ground;
    const route = Object.hasOwn(Talk.#routes, line.command) ? Talk.#routes[line.command] : undefined;
    const asked = asks.take(line);
    if (route) route(this, line);
    else if (isChannelCommand(line.command)) this.#stepped(line);
    else if (!asked && !this.#refused(line)) emit(host, decode(line, view));
  }

  /** Nobody waits any more for a channel (folded name): whoever is let in later, or half in already, leaves. */
  overdue(channel: string): void {
    const { rooms, writer } = this.#ground;
    const room = rooms.get(channel);
    if (room) writer.urgent(makeLine('PART', [room.name]));
    else this.#unwanted(channel);
  }

  /** One table for all connections. */
  static readonly #routes: Readonly<Record<string, (talk: Talk, line: Line) => void>> = {
    PING: (talk, line) => talk.#ground.writer.urgent(makeLine('PONG', [], line.params.at(-1) ?? '')),
    PONG: (talk, line) => talk.#pong(line),
    PRIVMSG: (talk, line) => talk.#said(line),
    NOTICE: (talk, line) => talk.#said(line),
    CAP: (talk, line) => talk.#capabilities(line),
    '005': (talk, { params }) => {
      const { view } = talk.#ground;
      view.learn(stepIsupport(view.isupport, params));
    },
    '372': (talk, line) => talk.#collectMotd(line),
    '375': (talk, line) => talk.#collectMotd(line),
    '376': (talk, line) => talk.#collectMotd(line),
    '341': (talk, { params }) => talk.#did('invite', params[2], params[1]),
    // InspIRCd: the mask is on the list already, which is what was wanted.
    '697': (talk, { params }) => talk.#did('mode', params[1]),
    '396': (talk, line) => talk.#masked(line),
    '900': (talk, line) => talk.#loggedIn(line.params[2] ?? ''),
    '901': (talk) => talk.#loggedIn(undefined),
  };

  #capabilities({ params }: Line): void {
    if (params[1] !== 'DEL') return;
    const { view } = this.#ground;
    const gone = new Set((params.at(-1) ?? '').split(' '));
    view.caps = capabilities([...view.caps].filter((capability) => !gone.has(capability)));
  }

  // The host name that others see now; some servers put user@host here.
  #masked({ params }: Line): void {
    const { view } = this.#ground;
    const host = params[1] ?? '';
    const [user = ''] = (view.mask ?? '').split('@');
    if (isName(host)) view.mask = host.includes('@') ? host : user === '' ? undefined : `${user}@${host}`;
  }

  #collectMotd(line: Line): void {
    const { host, view } = this.#ground;
    const text = (this.#motd ??= openMotd()).take(line);
    if (text === undefined) return;
    this.#motd = undefined;
    emit(host, realmNotice(view, text));
  }

  // https://ircv3.net/specs/extensions/sasl-3.1: 900 names the account after nick and mask, also for NickServ's IDENTIFY.
  #loggedIn(name: string | undefined): void {
    const { host, realm, view } = this.#ground;
    const standing = recordOf(realm.logins, view.account);
    if (name === standing.as || (name !== undefined && !isName(name))) return;
    standing.as = name;
    emit(host, realmNotice(view, name === undefined ? 'You are logged out.' : `You are logged in as ${name}.`));
  }

  #pong(line: Line): void {
    const { pending, trips } = this.#ground;
    const token = line.params.at(-1) ?? '';
    const barrier = BARRIER.exec(token)?.[1];
    if (barrier !== undefined) pending.proven(Number(barrier));
    else trips.pong(token);
  }

  #said(line: Line): void {
    const { host, realm, view, rooms, pending } = this.#ground;
    const target = line.params[0] ?? '';
    if (isSelf(line.nick, view)) {
      if (pending.echoed(target, line.params.at(-1) ?? '', line.tags.msgid) || !isSelf(target, view)) return;
    }
    const channel = roomOf(target, view);
    if (channel !== undefined) {
      this.#ground.splits.spoke(line.nick);
      // Copies of other connections have been dropped before: `isDuplicate`. Only lines to a part of the channel are left.
      const room = rooms.get(view.fold(channel));
      if (!room?.joined || !realm.primaries.isPrimary(view.fold(channel), view)) return;
      const sender = view.fold(line.nick);
      if (room.members.get(sender)?.account ?? view.ours(sender)) return;
      if (room.held && realm.primaries.members(view.fold(channel)).length < 2)
        return this.#hold(room.held, decode(line, view));
    } else if (line.command === 'PRIVMSG') this.#version(line);
    emit(host, decode(line, view));
  }

  #hold(held: Draft[], drafts: readonly Draft[]): void {
    const now = this.#ground.host.clock.now();
    held.push(...drafts.map((draft) => ({ ...draft, at: draft.at ?? now })));
    if (held.length > HELD) held.shift();
  }

  #version(line: Line): void {
    const { host, writer } = this.#ground;
    if (ctcp(line.params.at(-1) ?? '')?.command !== 'VERSION' || !isName(line.nick)) return;
    const now = host.clock.now();
    if (now - this.#versionAt < VERSION_PACE) return;
    this.#versionAt = now;
    writer.send(makeLine('NOTICE', [line.nick], `\u0001VERSION ${VERSION}\u0001`));
  }

  #stepped(line: Line): void {
    const { host, realm, view, pending, splits, rooms, renamed } = this.#ground;
    const self = isSelf(line.nick, view);
    const step = stepChannels(rooms, line, view);
    const given = line.params[0] ?? '';
    if (line.command === 'NICK' && self && isName(given)) renamed(given);
    const drafts = splits.sift(line, step.drafts);
    emit(host, step.self?.change === 'joined' ? this.#welcome(step.self.room, drafts) : drafts);
    if (step.self?.change === 'entering') this.#entering(line, step.self.room);
    if (step.self?.change === 'joined') {
      realm.primaries.joined(step.self.room, view);
      emit(host, this.#invited(step.self.room));
      pending.done('join', step.self.room);
    }
    if (step.self?.change === 'left') {
      realm.primaries.left(step.self.room, view);
      pending.done('leave', step.self.room);
    }
    if (MEMBERSHIP.has(line.command))
      learnModes(view.fold(line.command === '366' ? (line.params[1] ?? '') : given), this.#ground);
    if (self) this.#done(line);
  }

  // Our own change came back to us.
  #done({ command, params: [name = '', about = ''] }: Line): void {
    if (command === 'KICK') this.#did('kick', name, about);
    if (command === 'MODE') this.#did('mode', name);
    if (command === 'TOPIC') this.#did('topic', name);
    if (command === 'NICK') this.#ground.pending.renamed(name);
  }

  #did(kind: 'kick' | 'mode' | 'topic' | 'invite', name = '', about?: string): void {
    const { pending, view } = this.#ground;
    pending.done(kind, view.fold(name), about === undefined ? undefined : view.fold(about));
  }

  // Where another connection of ours feeds the room already, its list is the one that counts: ours may be older or newer.
  #welcome(channel: string, drafts: readonly Draft[]): readonly Draft[] {
    const { realm, rooms, view } = this.#ground;
    const known = primaryChannel(realm, channel);
    const self = rooms.get(channel)?.members.get(view.fold(view.nick));
    return known ? snapshot(known, view, [...oursIn(realm, channel), ...(self ? [self] : [])]) : anew(drafts, view);
  }

  #entering(line: Line, room: string): void {
    const { view, pending, writer } = this.#ground;
    if (line.ident !== '' && line.hostname !== '') view.mask = `${line.ident}@${line.hostname}`;
    if (pending.has('join', room)) return void this.#forwarded?.delete(room);
    this.#forced ??= new Set();
    if (!this.#forwarded?.delete(room) && this.#forced.size < FORCED) return void this.#forced.add(room);
    writer.send(makeLine('PART', [line.params[0] ?? room]));
  }

  // Nobody of ours asked for it: the user is invited to where the server has put them already.
  #invited(room: string): readonly Draft[] {
    const { view, rooms, pending } = this.#ground;
    if (!this.#forced?.delete(room) || pending.has('join', room)) return [];
    const entered = rooms.get(room);
    if (entered) entered.held = [];
    return invitation({
      view,
      room: entered?.name ?? room,
      reason: 'The server has put you into this channel.',
    });
  }

  #refused(line: Line): boolean {
    const { view, pending, asks, rooms } = this.#ground;
    const elsewhere = line.command === '470' && isName(line.params[2] ?? '') ? (line.params[2] ?? '') : undefined;
    const address = elsewhere && addressOf('room', elsewhere, view);
    const failure = refusal(line, address);
    if (!failure) return false;
    if (!pending.refused(line, failure))
      return asks.refused(line.params[1] ?? '', failure) || isModeRefusal(line, rooms, view);
    if (elsewhere) this.#unwanted(view.fold(elsewhere));
    return true;
  }

  #unwanted(channel: string): void {
    this.#forwarded ??= new Set();
    if (this.#forwarded.size < FORCED) this.#forwarded.add(channel);
  }
}
