import { createHash } from 'node:crypto';
import type { Line, ServerView } from '#bridges/irc/connection/server-view.ts';
import type { Draft } from '#src/model/event.ts';
import type { ForeignId } from '#src/model/ids.ts';
import { contactPlace, fromPerson, invitation, realmNotice, roomPlace, type Saying, saying } from './drafts.ts';
import { isName } from './names.ts';
import { REPLY, tag } from './tags.ts';

const CTCP = /^\u0001([^\u0001 ]*)(?: ([^\u0001]*))?\u0001?$/;

/** The CTCP command of a PRIVMSG or NOTICE text and what follows it; `undefined` for plain text. */
export function ctcp(text: string): { command: string; rest: string } | undefined {
  // Most is none, and each line is asked.
  const match = text.startsWith('\u0001') ? CTCP.exec(text) : null;
  return match ? { command: (match[1] ?? '').toUpperCase(), rest: match[2] ?? '' } : undefined;
}

/** The channel that a target means, without a status prefix (`@#chan`, ISUPPORT STATUSMSG); `undefined` for a nick. */
export function roomOf(target: string, { isupport }: ServerView): string | undefined {
  const first = target.charAt(0);
  const second = target.charAt(1);
  if (isupport.statusmsg.includes(first) && isupport.chantypes.includes(second) && second !== '')
    return target.slice(1);
  return first !== '' && isupport.chantypes.includes(first) ? target : undefined;
}

/** Whether a nick is our own. Each line is asked several times. */
export const isSelf = (nick: string, view: ServerView): boolean =>
  nick !== '' && (nick === view.nick || (mayBe(nick, view) && view.fold(nick) === view.fold(view.nick)));

/** Only UTF8ONLY's ways of comparing take names of different lengths for one (ircv3 UTF8ONLY, rfc7613 and rfc8265). */
const mayBe = (nick: string, { nick: own, isupport }: ServerView): boolean =>
  nick.length === own.length || /^rfc[78]/.test(isupport.casemapping);

/** What a line without memory means: messages, notices, and what the server tells. Pure, never throws. */
export function decode(line: Line, view: ServerView): Draft[] {
  if (line.command === 'PRIVMSG' || line.command === 'NOTICE') return message(line, view);
  if (line.command === 'WALLOPS') return realmNotice(view, `${line.nick || line.prefix}: ${line.params.at(-1) ?? ''}`);
  if (line.command === 'INVITE' && isSelf(line.params[0] ?? '', view)) {
    return invitation({ view, room: line.params[1] ?? '', line });
  }
  // RFC 2812 §2.4: the first parameter of a numeric is our nick.
  return /^\d{3}$/.test(line.command) ? realmNotice(view, line.params.slice(1).join(' ')) : [];
}

/** https://ircv3.net/specs/extensions/message-ids: what is told again under the same id is known already. */
export function idOf({ tags: { msgid, time }, nick, params }: Line, view: ServerView): { ids?: readonly ForeignId[] } {
  if (msgid) return { ids: [msgid as ForeignId] };
  // A bouncer plays the same back at each attach, with the time that it had.
  if (!time || !isBouncer(view)) return {};
  const said = createHash('sha256')
    .update(`${nick} ${params.join(' ')}`)
    .digest('base64url');
  return { ids: [`${time} ${said}` as ForeignId] };
}

/**
 * Whether a user may have several clients there, as with a bouncer in between (https://wiki.znc.in/Capability,
 * https://ircv3.net/specs/extensions/read-marker).
 */
export const isBouncer = ({ caps }: Pick<ServerView, 'caps'>): boolean =>
  caps.has('znc.in/self-message') || caps.has('draft/read-marker');

/**
 * What is said to those in a channel who have a status or more (ISUPPORT STATUSMSG) is for our user alone: others who are meant read it on
 * connections of their own. It says so, for an answer goes to all. What is played back of it would stand in an archive that others read.
 */
function partly(drafts: readonly Draft[], status: string, { account }: ServerView): Draft[] {
  return drafts.flatMap((draft) =>
    draft.kind === 'message' && draft.live !== false
      ? { ...draft, text: `[${status}] ${draft.text}`, seenBy: account }
      : [],
  );
}

function inRoom(line: Line, view: ServerView, said: Saying, room: string): Draft[] {
  const [target = ''] = line.params;
  if (room === target) return saying(line, view, said);
  // Told on several connections, it would be a repeat by its id.
  const { ids: _, ...rest } = said;
  return partly(saying(line, view, rest), target.charAt(0), view);
}

/** What a message is about (https://ircv3.net/specs/client-tags/reply), and what it is called itself. */
function about(line: Line, view: ServerView): { ids?: readonly ForeignId[]; replyTo?: ForeignId } {
  const target = tag(line.tags, REPLY);
  return { ...idOf(line, view), ...(target && { replyTo: target as ForeignId }) };
}

function message(line: Line, view: ServerView): Draft[] {
  const target = line.params[0] ?? '';
  const said = line.params.at(-1);
  if (said === undefined || line.params.length === 1) return [];
  const request = ctcp(said);
  if (request && (request.command !== 'ACTION' || line.command === 'NOTICE')) return [];
  const text = request ? request.rest : said;
  const style = request ? 'action' : line.command === 'NOTICE' ? 'notice' : 'plain';
  const room = roomOf(target, view);
  // What our user has said by another client of the bouncer.
  if (room === undefined && isSelf(line.nick, view) && !isSelf(target, view) && isName(target))
    return saying(line, view, { place: contactPlace(target, view), text, style, ...about(line, view) });
  if (room !== undefined)
    return inRoom(line, view, { place: roomPlace(room, view), text, style, ...about(line, view) }, room);
  if (fromPerson(line) && isSelf(target, view)) {
    // What nobody asked for opens no conversation: services greet everybody.
    const place = style !== 'notice' || view.knows(view.fold(line.nick)) ? contactPlace(line.nick, view) : undefined;
    if (place) return saying(line, view, { place, text, style, ...about(line, view) });
    return realmNotice(view, `${line.nick}: ${text}`).map((draft) => ({ ...draft, style }) as Draft);
  }
  return realmNotice(view, text);
}
