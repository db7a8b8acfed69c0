import type { ServerView } from '#bridges/irc/connection/server-view.ts';
import { line, shorten, target, type Wire } from '#bridges/irc/wire/line.ts';
import { accountMask, isMask } from '#bridges/irc/wire/masks.ts';
import { type ModeChange, modeParams, standing } from '#bridges/irc/wire/modes.ts';
import { isName } from '#bridges/irc/wire/names.ts';
import { letterOfAffiliation, letterOfRole } from '#mappings/roles.ts';
import type { EventOf } from '#src/model/event.ts';
import { Failure } from '#src/model/failure.ts';
import type { Affiliation } from '#src/model/party.ts';
import type { Channel, ChannelMember } from './channel.ts';
import { configChanges, hasInvites, hasQuiets, newChannelModes, quietsOn } from './channel-modes.ts';

/** A reason is cut at so many bytes. */
const REASON = 300;

/** KICK (RFC 2812 §3.2.8). Throws a `Failure` for what is no nick. Pure. */
function kick(event: EventOf<'occupant'>, view: ServerView): Wire {
  const room = target(event.place, view, 'room');
  const nick = nickOf(event.who.nick || view.spelled(event.who.id));
  const reason = shorten(event.reason ?? '', REASON);
  return {
    line: line('KICK', [room, nick], reason === '' ? undefined : reason),
    kind: 'kick',
    target: view.fold(room),
    text: view.fold(nick),
  };
}

/** A ban, and then the kick: where the ban is refused nobody is kicked. */
function ban(event: EventOf<'occupant'>, view: ServerView): Wire {
  const room = target(event.place, view, 'room');
  const nick = nickOf(event.who.nick || view.spelled(event.who.id));
  const banned = changeModes(
    room,
    [{ set: true, mode: 'b', param: banMask(nick, memberOf(room, nick, view), view) }],
    view,
  );
  return { ...banned, text: view.fold(nick), next: kick(event, view) };
}

/** Changes of an occupant by somebody else: kick, ban and role (XEP-0045 §8.2 to §9.1). Pure. */
export function occupantWire(event: EventOf<'occupant'>, view: ServerView): Wire {
  if (event.change === 'kick') return kick(event, view);
  if (event.change === 'ban') return ban(event, view);
  if (event.change !== 'role') throw new Failure('not-supported');
  const room = target(event.place, view, 'room');
  const nick = nickOf(event.who.nick || view.spelled(event.who.id));
  const { role } = event.who;
  const letter = letterOfRole(role, view.isupport.prefixModes);
  if (role === 'visitor' && hasQuiets(view.isupport)) return quiet(room, nick, view);
  if (letter === '' && role !== 'visitor') throw new Failure('not-supported');
  const member = memberOf(room, nick, view);
  // Whoever moderates already keeps what they have.
  const modes = member?.modes ?? '';
  const lifted = quietsOn(view.room(view.fold(room))?.modes, member ?? { nick }, view.isupport);
  if (role === 'participant' && lifted.length > 0) {
    const changes = lifted.map((param): ModeChange => ({ set: false, mode: 'q', param }));
    return { ...changeModes(room, changes, view), text: view.fold(nick) };
  }
  const enough = role === 'moderator' && standing(modes, view.isupport, false).role === 'moderator';
  return {
    ...changeModes(room, enough ? [{ set: true, mode: letter, param: nick }] : give(nick, modes, letter, view), view),
    text: view.fold(nick),
  };
}

/** Who may not speak any more loses what lets them, and is on the list of those who may not. */
function quiet(room: string, nick: string, view: ServerView): Wire {
  const member = memberOf(room, nick, view);
  const higher = [...view.isupport.prefixModes].filter((mode) => member?.modes.includes(mode));
  const changes = higher.map((mode): ModeChange => ({ set: false, mode, param: nick }));
  const mask = { set: true, mode: 'q', param: banMask(nick, member, view) };
  return { ...changeModes(room, [...changes, mask], view), text: view.fold(nick) };
}

/** Affiliations as modes, bans and their removal, in one MODE. Pure. */
export function affiliationWire({ changes, place }: EventOf<'affiliation'>, view: ServerView): Wire {
  const room = target(place, view, 'room');
  const modes = changes.flatMap(({ id: address, affiliation }): ModeChange[] => {
    const channel = view.room(view.fold(room));
    const id = (channel && listedAs(address, channel, view)) ?? view.spelled(address);
    if (!isName(id)) throw new Failure('item-not-found');
    const member = memberOf(room, id, view);
    const listed = member ? undefined : invited(id, affiliation, channel, view);
    if (listed) return listed;
    if (affiliation === 'outcast') return [{ set: true, mode: 'b', param: banMask(id, member, view) }];
    // Who is not there has nothing to lose but a ban.
    if (!member && affiliation === 'none') return [{ set: false, mode: 'b', param: banMask(id, member, view) }];
    const letter = letterOfAffiliation(affiliation, view.isupport.prefixModes);
    if (letter === '' && affiliation !== 'none') throw new Failure('not-supported');
    return give(member?.nick ?? id, member?.modes ?? '', letter, view);
  });
  return { ...changeModes(room, modes, view), text: view.fold(view.spelled(changes[0]?.id ?? '')) };
}

/** The mask that an address stands for, of those that are known to be on a list. */
const listedAs = (address: string, { modes }: Channel, view: ServerView): string | undefined =>
  [...modes.bans, ...modes.invites].find((mask) => view.id(mask) === address);

/** Who is not there and may come in is on a list of the server's (INVEX): put there, or taken away; else nothing. */
function invited(
  id: string,
  affiliation: Affiliation,
  channel: Channel | undefined,
  { isupport }: ServerView,
): ModeChange[] | undefined {
  if (!channel || !hasInvites(isupport)) return undefined;
  const param = isMask(id) ? id : `${id}!*@*`;
  if (affiliation === 'member') return [{ set: true, mode: 'I', param }];
  if (affiliation !== 'none' || !channel.modes.invites.has(param)) return undefined;
  const banned = channel.modes.bans.has(param);
  return [{ set: false, mode: 'I', param }, ...(banned ? [{ set: false, mode: 'b', param }] : [])];
}

/** INVITE (RFC 2812 §3.2.7): the place is the person. Pure. */
export function inviteWire({ place, room: id }: EventOf<'invite'>, view: ServerView): Wire {
  const nick = target(place, view, 'contact');
  const room = target({ kind: 'shared', transport: view.transport, id }, view, 'room');
  return { line: line('INVITE', [nick, room]), kind: 'invite', target: view.fold(room), text: view.fold(nick) };
}

/** The settings of a channel. Where nothing is to be changed the modes are asked for. Pure. */
export function configWire({ place, change, answer = {} }: EventOf<'room'>, view: ServerView): Wire {
  if (change !== 'config') throw new Failure('not-supported');
  const room = target(place, view, 'room');
  const modes = view.room(view.fold(room))?.modes ?? newChannelModes();
  return changeModes(room, configChanges(answer, modes, view.isupport), view);
}

/** One MODE that removes what is higher than the wanted letter and sets that. `''` wants none at all. */
function give(nick: string, modes: string, letter: string, { isupport }: ServerView): ModeChange[] {
  const order = isupport.prefixModes;
  const kept = letter === '' ? order.length : order.indexOf(letter);
  const higher = [...order].filter((one, index) => index < kept && modes.includes(one));
  const changes: ModeChange[] = higher.map((mode) => ({ set: false, mode, param: nick }));
  if (letter !== '') return [...changes, { set: true, mode: letter, param: nick }];
  if (changes.length > 0) return changes;
  // Nothing is there to be taken: the server says so, or whether we could have.
  const lowest = order.at(-1);
  if (lowest === undefined) throw new Failure('not-supported');
  return [{ set: false, mode: lowest, param: nick }];
}

/** One MODE, or as many as the server needs, each once the one before it is done. */
function changeModes(room: string, changes: readonly ModeChange[], view: ServerView): Wire {
  const wire = (params: readonly string[]): Wire => ({
    ...{ line: line('MODE', [room, ...params]), kind: 'mode', target: view.fold(room), text: '' },
  });
  const [first = [], ...rest] = modeParams(changes, view.isupport);
  const next = rest.reduceRight<Wire | undefined>(
    (after, one) => ({ ...wire(one), ...(after && { next: after }) }),
    undefined,
  );
  return { ...wire(first), ...(next && { next }) };
}

const memberOf = (room: string, nick: string, view: ServerView): ChannelMember | undefined =>
  view.room(view.fold(room))?.members.get(view.fold(nick));

/**
 * The mask that bans somebody: a mask as it is, the host where it is known, else the account, else the nick. Our own users share a host,
 * so theirs has the user too.
 */
function banMask(id: string, member: ChannelMember | undefined, view: ServerView): string {
  if (isMask(id)) return id;
  const [user, host] = (member?.mask ?? '').split('@');
  if (!user || !host) return accountMask(member?.login, view.isupport) ?? `${member?.nick ?? id}!*@*`;
  const shared = member?.account !== undefined || host === view.mask?.split('@')[1];
  return shared ? `*!${user}@${host}` : `*!*@${host}`;
}

function nickOf(nick: string): string {
  if (!isName(nick)) throw new Failure('item-not-found');
  return nick;
}
