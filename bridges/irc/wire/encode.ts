import { affiliationWire, configWire, inviteWire, occupantWire } from '#bridges/irc/channels/moderation.ts';
import type { ServerView } from '#bridges/irc/connection/server-view.ts';
import { texts } from '#bridges/irc/texts.ts';
import type { Event, EventOf } from '#src/model/event.ts';
import { Failure } from '#src/model/failure.ts';
import { utf8Length } from '#src/model/text.ts';
import { LINE_LIMIT, line, shorten, target, unfit, type Wire } from './line.ts';
import { multiline, multilineOf } from './multiline.ts';
import { cleanNick, isName } from './names.ts';
import { raw } from './raw.ts';
import { REACT, REPLY, tagged, UNREACT } from './tags.ts';

/** What CTCP ACTION takes beside the text: `^AACTION ` and `^A`. */
const ACTION_FRAME = 9;
/** Host names are cut at 63 bytes by servers (RFC 2812 §2.3.1); user names rarely pass 10, with a tilde. */
const LONGEST_MASK = 11 + 1 + 63;

/** The wire form of an event. Throws `Failure` for what cannot be said on IRC. Pure. */
export function encode(event: Event, view: ServerView): Wire {
  switch (event.kind) {
    case 'message':
      return event.place.kind === 'realm' ? asked(raw(event.text), view) : message(event, view);
    case 'topic':
      return topic(event.text, target(event.place, view, 'room'), view);
    case 'nick': {
      const nick = cleanNick(event.wanted, view.isupport.nicklen);
      return asked({ line: line('NICK', [nick]), kind: 'nick', target: '', text: nick }, view);
    }
    case 'occupant':
      if (event.change === 'join') return join(target(event.place, view, 'room'), view, event.password?.open());
      if (event.change === 'leave') return leave(target(event.place, view, 'room'), view, event.reason ?? '');
      return occupantWire(event, view);
    case 'affiliation':
      return affiliationWire(event, view);
    case 'retract':
      return redaction(event, view);
    case 'invite':
      return inviteWire(event, view);
    case 'room':
      return configWire(event, view);
  }
  throw new Failure('not-supported');
}

// A server says nothing to whoever asks for the nick that they have.
const asked = (wire: Wire, { nick }: ServerView): Wire =>
  wire.kind === 'nick' && wire.text === nick ? { ...wire, kind: 'raw', target: 'NICK' } : wire;

/** Controls but the tab and the codes by which a text switches looks (modern.ircdocs.horse/formatting). */
const UNFIT = /[\u0000\u0001\u0003-\u0008\u000a-\u0010\u0012-\u001c\u001f]/;

function message({ text, style, place, replyTo }: EventOf<'message'>, view: ServerView): Wire {
  const to = target(place, view);
  const most = multilineOf(view.caps);
  if (text === '' || UNFIT.test(most ? text.replaceAll('\n', '') : text)) throw unfit();
  if (most && style !== 'action') {
    const command = style === 'notice' ? 'NOTICE' : 'PRIVMSG';
    const tags = replyTo === undefined ? {} : { [REPLY[0]]: replyTo };
    const lines = multiline(text, { command, to, size: textSize(to, view), most, tags });
    if (lines) return { line: lines[0] ?? '', lines, kind: 'message', target: view.fold(to), text };
  }
  const room = style === 'action' ? ACTION_FRAME : 0;
  if (utf8Length(text) > textSize(to, view) + ACTION_FRAME - room) throw new Failure('too-large');
  const payload = style === 'action' ? `\u0001ACTION ${text}\u0001` : text;
  const sent = line(style === 'notice' ? 'NOTICE' : 'PRIVMSG', [to], payload);
  const whole = replyTo === undefined ? sent : tagged(sent, { [REPLY[0]]: replyTo });
  return { line: whole, kind: 'message', target: view.fold(to), text: payload };
}

// https://ircv3.net/specs/extensions/message-redaction
function redaction({ place, target: id, reason }: EventOf<'retract'>, view: ServerView): Wire {
  const to = target(place, view);
  const said = shorten(reason ?? '', 300);
  return {
    line: line('REDACT', [to, id], said === '' ? undefined : said),
    ...{ kind: 'redact', target: view.fold(to), text: id },
  };
}

/** Reactions that are new and that are gone, one behind the other; `undefined` where none is. Pure. */
export function reactionWire(
  { place, target: id }: EventOf<'reaction'>,
  { added, gone }: { readonly added: readonly string[]; readonly gone: readonly string[] },
  view: ServerView,
): Wire | undefined {
  const to = target(place, view);
  const tags = [...gone.map((one) => [UNREACT[0], one] as const), ...added.map((one) => [REACT[0], one] as const)];
  return tags.reduceRight<Wire | undefined>(
    (next, [name, emoji]) => ({
      line: tagged(line('TAGMSG', [to]), { [name]: emoji, [REPLY[0]]: id }),
      ...{ kind: 'tags', target: view.fold(to), text: '' },
      ...(next && { next }),
    }),
    undefined,
  );
}

// A subject of several lines becomes one.
function topic(text: string, room: string, view: ServerView): Wire {
  const { isupport } = view;
  const one = text.replace(/[\r\n]+/g, ' ').trim();
  if (isupport.topiclen !== undefined && utf8Length(one) > isupport.topiclen) {
    throw new Failure('too-large', { text: texts.longTopic(isupport.topiclen) });
  }
  return { line: line('TOPIC', [room], one), kind: 'topic', target: view.fold(room), text: one };
}

// RFC 2812 §3.2.1: JOIN <channel> <key>; a comma would begin a list.
function join(room: string, view: ServerView, key: string | undefined): Wire {
  if (key !== undefined && !isName(key)) throw new Failure('not-acceptable', { text: texts.badKey });
  return {
    line: line('JOIN', key === undefined ? [room] : [room, key]),
    kind: 'join',
    target: view.fold(room),
    text: '',
  };
}

function leave(room: string, view: ServerView, reason: string): Wire {
  const said = shorten(reason, 300);
  return {
    line: line('PART', [room], said === '' ? undefined : said),
    kind: 'leave',
    target: view.fold(room),
    text: said,
  };
}

/** QUIT with as much of the reason as fits. */
export const quit = (reason: string): string => line('QUIT', [], shorten(reason, 300));

/** What a line has beside prefix, target and text. */
const PRIVMSG_FRAME = ' PRIVMSG  :'.length;

/** How many bytes a text may have on its way to a target, so that no receiver's copy is cut. */
export function textSize(to: string, { nick, mask }: ServerView): number {
  const prefix = 1 + utf8Length(nick) + 1 + (mask === undefined ? LONGEST_MASK : utf8Length(mask));
  return Math.max(LINE_LIMIT - prefix - PRIVMSG_FRAME - utf8Length(to) - ACTION_FRAME, 1);
}
