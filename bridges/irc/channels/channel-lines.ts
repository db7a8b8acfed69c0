// What becomes of a line that changes channels, beside the change itself (`channel-state.ts`).

import type { IrcConnection } from '#bridges/irc/connection/irc-connection.ts';
import type { LineReading } from '#bridges/irc/connection/line-table.ts';
import { oursIn, primaryChannel } from '#bridges/irc/connection/realm.ts';
import type { Line } from '#bridges/irc/connection/server-view.ts';
import { restoredPresence } from '#bridges/irc/people/away.ts';
import { subjectOf } from '#bridges/irc/questions/question-table.ts';
import { texts } from '#bridges/irc/texts.ts';
import { isSelf } from '#bridges/irc/wire/decode.ts';
import { addressOf, invitation } from '#bridges/irc/wire/drafts.ts';
import { emit } from '#bridges/irc/wire/emit.ts';
import { line as makeLine } from '#bridges/irc/wire/line.ts';
import { splitNamesEntry } from '#bridges/irc/wire/modes.ts';
import { isName, maskOf } from '#bridges/irc/wire/names.ts';
import type { Draft } from '#src/model/event.ts';
import { Failure } from '#src/model/failure.ts';
import { wordsIn } from '#src/model/language.ts';
import { RELIST, snapshot } from './channel.ts';
import { type ChannelStep, STEPS, type StepChannels, seenMembers } from './channel-state.ts';
import { catchUp, noteAbsence } from './past.ts';

/** A line by which channels change. */
export const changes =
  (step: StepChannels): LineReading =>
  (line, connection) => {
    follow(step(connection.channels, line, connection.view), line, connection);
    return false;
  };

/** The server's word on a channel. While the connection is entering that, it is the answer to its JOIN. */
export const describes =
  (step: StepChannels): LineReading =>
  (line, connection) => {
    const { channels, view } = connection;
    if (line.command === '353') begins(line, connection);
    const channel = channels.get(view.fold(subjectOf(line)));
    const entering = channel !== undefined && !channel.joined;
    follow(step(channels, line, view), line, connection);
    return entering;
  };

/** Bouncers list who is in a channel without a JOIN where the connection is in it already. */
function begins(line: Line, connection: IrcConnection): void {
  const { channels, view, pending } = connection;
  const name = line.params.at(-2) ?? '';
  if (channels.has(view.fold(name)) || !pending.has('join', view.fold(name))) return;
  const self = (line.params.at(-1) ?? '')
    .split(' ')
    .some((one) => isSelf(splitNamesEntry(one, view.isupport).nick, view));
  const joins = { ...line, nick: view.nick, ident: '', hostname: '', command: 'JOIN', params: [name] };
  if (self) follow(STEPS.JOIN(channels, joins, view), joins, connection);
}

function follow(step: ChannelStep, line: Line, connection: IrcConnection): void {
  const { host, realm, view, pending, netsplits } = connection;
  const given = line.params[0] ?? '';
  const renamed = line.command === 'NICK' && isSelf(line.nick, view) && isName(given);
  if (renamed) connection.renamed(given);
  const drafts = netsplits.sift(line, step.drafts, connection.batches.of(line)?.type);
  const channel = step.self?.room ?? '';
  emit(host, step.self?.change === 'joined' ? welcome(channel, drafts, connection) : drafts);
  if (step.self?.change === 'entering') entering(line, channel, connection);
  if (step.self?.change === 'joined') {
    realm.primaries.joined(channel, view);
    invite(channel, connection);
    pending.entered(channel);
    learnModes(channel, connection);
    learnMembers(channel, connection);
    learnHidden(channel, connection);
    void catchUp(connection.channels.get(channel)?.name ?? channel, connection);
  }
  if (step.self?.change === 'left') {
    noteAbsence(channel, connection);
    realm.primaries.left(channel, view);
    if (realm.invited.get(invitedKey(channel, view))) realm.invited.set(invitedKey(channel, view), false);
    connection.unaskedJoins.left(channel);
    pending.done('leave', channel);
  }
  if (renamed) pending.renamed(given);
  if (step.relist !== undefined) relist(step.relist, connection);
}

/** Soon tells who is in a channel (folded name), however often that is asked for in the meantime. */
function relist(channel: string, { host, realm, view, channels }: IrcConnection): void {
  const room = channels.get(channel);
  if (!room || room.relisting) return;
  room.relisting = true;
  host.clock.after(RELIST, () => {
    room.relisting = false;
    if (channels.get(channel) === room && room.joined && view.isPrimary(channel))
      emit(host, snapshot(room, view, oursIn(realm, channel)));
  });
}

/**
 * Finds out which of ours in a channel the server does not show to this one (auditoriums, delayed joins). Whose JOIN it has
 * read before a ping is read by then.
 */
function learnHidden(channel: string, connection: IrcConnection): void {
  const { realm, view, channels } = connection;
  const unseen = () =>
    realm.primaries
      .members(channel)
      .flatMap(({ account }) => (account === view.account || view.sees(channel, account) ? [] : account));
  const before = new Set(unseen());
  if (before.size === 0) return;
  const learn = (): void => {
    const room = channels.get(channel);
    if (!room) return;
    room.hidden = new Set(unseen().filter((account) => before.has(account)));
    room.appearances = (room.appearances ?? 0) + 1;
  };
  connection.ping().then(learn, unanswered);
}

/** Another connection of ours may be the primary of a channel now. */
export const primaryMayChange: LineReading = ({ params: [name = ''] }, connection) => {
  learnModes(connection.view.fold(name), connection);
  learnMembers(connection.view.fold(name), connection);
  return false;
};

/** https://ircv3.net/specs/extensions/chghost: we have another user name and host now. */
export const hostChange: LineReading = ({ nick, params: [user = '', host = ''] }, { view }) => {
  if (isSelf(nick, view) && isName(user) && isName(host)) view.mask = maskOf(user, host) ?? view.mask;
  return false;
};

// Our own changes come back to us: they are done.

export const kickDone: LineReading = ({ nick, params: [name = '', who = ''] }, { pending, view }) => {
  if (isSelf(nick, view)) pending.done('kick', view.fold(name), view.fold(who));
  return false;
};

export const modeDone: LineReading = ({ nick, params: [name = ''] }, { pending, view }) => {
  if (isSelf(nick, view)) pending.done('mode', view.fold(name));
  return false;
};

export const topicDone: LineReading = ({ nick, params: [name = ''] }, { pending, view }) => {
  if (isSelf(nick, view)) pending.done('topic', view.fold(name));
  return false;
};

// Where another connection of ours is the primary already, its list is the one that counts: ours may be older or newer.
function welcome(channel: string, drafts: readonly Draft[], { realm, channels, view }: IrcConnection) {
  const known = primaryChannel(realm, channel);
  const self = channels.get(channel)?.members.get(view.fold(view.nick));
  return known
    ? snapshot(known, view, [...oursIn(realm, channel), ...(self ? [self] : [])])
    : restoredPresence(drafts, view);
}

function entering(line: Line, channel: string, { view, pending, writer, unaskedJoins }: IrcConnection): void {
  const name = line.params[0] ?? channel;
  view.learnClock(line);
  view.mask = maskOf(line.ident, line.hostname) ?? view.mask;
  const other = pending.has('join', channel) ? undefined : pending.joining(channel);
  if (other)
    pending.refuse(
      other,
      new Failure('gone', { text: texts.calledThere(name), address: addressOf('room', name, view) }),
    );
  if (pending.has('join', channel)) unaskedJoins.wanted(channel);
  else if (!unaskedJoins.enter(channel)) writer.send(makeLine('PART', [name]));
}

const invitedKey = (channel: string, { account }: IrcConnection['view']): string => `${account} ${channel}`;

/**
 * Nobody of ours asked for it: the user is invited to where the server has put them already, once. Behind a bouncer
 * somebody may be about to ask for it, so that it is told after a round trip to the server.
 */
function invite(channel: string, connection: IrcConnection): void {
  const { host, realm, view, channels, pending, unaskedJoins } = connection;
  const entered = channels.get(channel);
  if (!unaskedJoins.entered(channel) || pending.has('join', channel) || !entered) return;
  entered.held = [];
  if (realm.invited.get(invitedKey(channel, view))) return;
  const tell = (): void => {
    if (channels.get(channel) !== entered || !entered.held) return;
    realm.invited.set(invitedKey(channel, view), true);
    emit(host, invitation({ view, room: entered.name, reason: wordsIn(texts.forced, host.language(view.account)) }));
  };
  connection.ping().then(tell, tell);
}

/** Nobody waits any more for a channel (folded name): whoever is let in later, or half in already, leaves. */
export function joinOverdue(channel: string, { channels, writer, unaskedJoins }: IrcConnection): void {
  const known = channels.get(channel);
  if (known) writer.urgent(makeLine('PART', [known.name]));
  else unaskedJoins.expect(channel);
}

/**
 * Sees to it that the primary connection of a channel (folded name) knows its modes: nobody may change one for days.
 * Called when the connection may have become the primary, or be in it beside that. Each channel is asked for once, when
 * nothing else is to be sent.
 */
export function learnModes(channel: string, { realm, view, channels, questions }: IrcConnection): void {
  const known = channels.get(channel);
  if (!known?.joined || known.modes.complete || known.modes.asked) return;
  if (realm.primaries.isPrimary(channel, view)) {
    known.modes.asked = true;
    questions.ask('modes', known.name, { idle: true }).catch(unanswered);
  } else if (known.modes.set.size === 0) {
    // It may be about to change over there: good enough until this one is the primary itself.
    for (const [letter, param] of primaryChannel(realm, channel)?.modes.set ?? []) known.modes.set.set(letter, param);
  }
}

/** Members of channels of which a server is asked who they are: for those of more it would be much. */
const ASKED_MEMBERS = 500;

/** Asks once, when nothing else is to be sent, who is in a channel that the connection speaks for: accounts, who is away, and bots. */
function learnMembers(channel: string, { host, realm, view, channels, questions }: IrcConnection): void {
  const known = channels.get(channel);
  if (!known?.joined || known.whoAsked || !view.isupport.whox || known.members.size > ASKED_MEMBERS) return;
  // What is not told of later would soon be wrong.
  if (!view.caps.has('account-notify') && !view.caps.has('away-notify')) return;
  if (!realm.primaries.isPrimary(channel, view)) return;
  known.whoAsked = true;
  questions.ask('members', known.name, { idle: true }).then((rows) => {
    if (channels.get(channel) === known) emit(host, seenMembers(known, rows, view));
  }, unanswered);
}

/** Who may not know the modes does without: nobody has asked. */
const unanswered = (): void => {};
