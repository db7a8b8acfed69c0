// What the server says of itself and of us.

import { texts } from '#bridges/irc/texts.ts';
import { capabilities } from '#bridges/irc/wire/capabilities.ts';
import { isSelf } from '#bridges/irc/wire/decode.ts';
import { realmNotice } from '#bridges/irc/wire/drafts.ts';
import { emit } from '#bridges/irc/wire/emit.ts';
import { stepIsupport } from '#bridges/irc/wire/isupport.ts';
import { line as makeLine } from '#bridges/irc/wire/line.ts';
import { standing } from '#bridges/irc/wire/modes.ts';
import { isName } from '#bridges/irc/wire/names.ts';
import type { IrcConnection } from './irc-connection.ts';
import type { LineReading } from './line-table.ts';
import { isKnown, requests, valued, wanted } from './registration/negotiation.ts';
import { recordOf } from './registration/proven-logins.ts';
import type { Line } from './server-view.ts';
import { hearPolicy } from './transport-security.ts';

/** Rows of a message of the day that are read, and milliseconds until it is told as far as it has come. */
const MOTD_ROWS = 500;
const MOTD_PATIENCE = 30_000;

/** Tokens of our barriers: everything written before has been read when one comes back. */
const BARRIER = /^barrier-(\d{1,15})$/;

export const barrierLine = (seq: number): string => makeLine('PING', [], `barrier-${seq}`);

export const ping: LineReading = ({ params }, { writer }) => {
  writer.urgent(makeLine('PONG', [], params.at(-1) ?? ''));
  return true;
};

/** RFC 2812 §3.7.3: what we asked for with a PING. */
export const pong: LineReading = (line, { pending, questions, view }) => {
  view.learnClock(line);
  const token = line.params.at(-1) ?? '';
  const barrier = BARRIER.exec(token)?.[1];
  if (barrier === undefined) return questions.end('roundtrip', token, line);
  pending.proven(Number(barrier));
  questions.proven(Number(barrier));
  return true;
};

/** https://ircv3.net/specs/extensions/capability-negotiation: what the server has from now on, or takes back. */
export const capability: LineReading = ({ params: [, verb, ...rest] }, connection) => {
  const { view, writer, relogin } = connection;
  const names = (rest.at(-1) ?? '').split(' ').filter(Boolean);
  if (verb === 'NEW') {
    const fresh = new Map(valued(names).filter(([name]) => isKnown(name)));
    view.offered = capabilities(new Map([...view.offered, ...fresh]));
    for (const request of requests(wanted(fresh.keys()))) writer.urgent(makeLine('CAP', ['REQ'], request.join(' ')));
    const sts = fresh.get('sts');
    if (sts !== undefined) hearPolicy(sts, connection);
    if (fresh.has('sasl')) relogin?.offered();
  }
  if (verb === 'ACK')
    view.caps = capabilities(
      new Map([...view.caps, ...wanted(names).map((name) => [name, view.offered.get(name) ?? ''] as const)]),
    );
  if (verb === 'DEL') {
    // https://ircv3.net/specs/extensions/sts: that is taken back by a duration of 0, and not by this.
    const stays = ([name]: readonly [string, string]): boolean => name === 'sts' || !names.includes(name);
    if (names.includes('sasl')) relogin?.withdrawn();
    view.offered = capabilities([...view.offered].filter(stays));
    view.caps = capabilities([...view.caps].filter(stays));
  }
  return true;
};

export const isupport: LineReading = ({ params }, { view }) => {
  view.learn(stepIsupport(view.isupport, params));
  return false;
};

/** 396: the host name that others see now; some servers put user@host here. */
export const visibleHost: LineReading = ({ params }, { view }) => {
  const host = params[1] ?? '';
  const [user = ''] = (view.mask ?? '').split('@');
  if (isName(host)) view.mask = host.includes('@') ? host : user === '' ? undefined : `${user}@${host}`;
  return true;
};

/** RFC 2812 §5.1: the message of the day (375, 372 …, 376) is told as one, to who has asked, or when it is new. Each row is written ":- <text>". */
export const motd: LineReading = ({ command, params }, connection) => {
  if (command === '375') dropMotd(connection);
  connection.motd ??= {
    ...{ rows: [], asked: connection.questions.told('motd') },
    stop: connection.clock.after(MOTD_PATIENCE, () => tellMotd(connection)),
  };
  const { rows } = connection.motd;
  if (command === '372' && rows.length < MOTD_ROWS) rows.push((params.at(-1) ?? '').replace(/^- ?/, ''));
  if (command === '376') tellMotd(connection);
  return true;
};

function tellMotd(connection: IrcConnection): void {
  const { rows = [], asked = false } = connection.motd ?? {};
  dropMotd(connection);
  connection.remembered.motd(rows.join('\n'), asked);
}

/** A message of the day that is being read is told no more. */
export function dropMotd(connection: Pick<IrcConnection, 'motd'>): void {
  connection.motd?.stop();
  connection.motd = undefined;
}

/** https://ircv3.net/specs/extensions/sasl-3.1: 900 names the account after nick and mask, also for NickServ's IDENTIFY. */
export const loggedIn: LineReading = (line, connection) => loggedInAs(line.params[2] ?? '', connection);
export const loggedOut: LineReading = (_line, connection) => loggedInAs(undefined, connection);

/** https://ircv3.net/specs/extensions/account-notify: our own account is another now, or none. */
export const accountChange: LineReading = ({ nick, params: [name = ''] }, connection) => {
  if (isSelf(nick, connection.view) && name !== '') loggedInAs(name === '*' ? undefined : name, connection);
  return false;
};

function loggedInAs(name: string | undefined, { host, realm, view }: IrcConnection): true {
  const record = recordOf(realm.logins, view.account);
  if (name === record.as || (name !== undefined && !isName(name))) return true;
  record.as = name;
  emit(
    host,
    realmNotice(view, name === undefined ? texts.loggedOut : texts.loggedIn(name), host.language(view.account)),
  );
  return true;
}

/** 341: the invitation has gone out, which whoever has invited is told. */
export const inviting: LineReading = ({ params: [, nick = '', channel = ''] }, { host, pending, questions, view }) => {
  const sent = pending.done('invite', view.fold(channel), view.fold(nick));
  if (questions.told('invite') || sent)
    emit(host, realmNotice(view, texts.invited(nick, channel), host.language(view.account)));
  return true;
};

/** https://ircv3.net/specs/extensions/invite-notify: others who are invited are told of to those who keep order there. */
export const othersInvited: LineReading = (
  { nick, prefix, params: [who = '', name = ''] },
  { host, view, channels },
) => {
  if (isSelf(who, view)) return false;
  const channel = channels.get(view.fold(name));
  const own = channel?.members.get(view.fold(view.nick));
  const keepsOrder = own !== undefined && standing(own.modes, view.isupport, false).role === 'moderator';
  // Of our own the answer (341) tells.
  if (!channel?.joined || !keepsOrder || !isName(who) || isSelf(nick, view)) return true;
  const told = texts.invitedBy(nick || prefix, who, channel.name);
  emit(host, realmNotice(view, told, host.language(view.account)));
  return true;
};

/** InspIRCd's 697: the mask is on the list already, which is what was wanted. */
export const alreadyListed: LineReading = ({ params: [, channel = ''] }, { pending, view }) => {
  pending.done('mode', view.fold(channel));
  return true;
};

/** Learns how names are written. */
export const noteNames: LineReading = (line: Line, { view }) => {
  view.note(line);
  return false;
};
