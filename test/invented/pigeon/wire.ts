import { z } from 'zod';

/** A line is one JSON object. The longest that is read, in characters. */
export const LINE_CAP = 64 * 1024;

const text = z.string();
const id = z.string().min(1).max(100);
/** A file is somewhere in the world, or in the loft, under an id and hidden by a key. */
const file = z.object({
  url: z.url({ protocol: /^https?$/ }).exactOptional(),
  kept: z.object({ id, key: z.number().int().min(0).max(255) }).exactOptional(),
  name: text.exactOptional(),
  type: text.exactOptional(),
  size: z.number().int().nonnegative().exactOptional(),
  width: z.number().exactOptional(),
  height: z.number().exactOptional(),
  duration: z.number().exactOptional(),
  sha256: text.exactOptional(),
});
const avatar = z.union([
  z.object({ sha1: text, type: text, data: text }),
  z.object({ url: z.url({ protocol: /^https?$/ }), type: text.exactOptional() }),
]);
const affiliation = z.enum(['owner', 'admin', 'member', 'none', 'outcast']);
const occupant = z.object({
  id,
  nick: text,
  affiliation,
  role: z.enum(['moderator', 'participant', 'visitor', 'none']),
  avatar: avatar.exactOptional(),
  hats: z.array(z.object({ id: text, title: text })).exactOptional(),
});

/** What pigeons carry: one form for what is asked of the loft and for what it tells. `of` is the id of a message. */
export const letter = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('message'),
    text,
    style: z.enum(['plain', 'action', 'notice']).default('plain'),
    files: z.array(file).max(10).exactOptional(),
    of: id.exactOptional(),
    subject: text.exactOptional(),
    thread: text.exactOptional(),
    mentions: z.array(text).exactOptional(),
    spoiler: text.exactOptional(),
  }),
  z.object({ type: z.literal('edit'), of: id, text }),
  /** `moderated`: by somebody who has not written it, as the loft says. */
  z.object({
    type: z.literal('retract'),
    of: id,
    reason: text.exactOptional(),
    moderated: z.literal(true).exactOptional(),
  }),
  z.object({ type: z.literal('react'), of: id, emoji: z.array(text) }),
  z.object({
    type: z.literal('receipt'),
    of: id,
    state: z.enum(['delivered', 'displayed', 'failed']),
    upTo: z.boolean().exactOptional(),
  }),
  z.object({ type: z.literal('typing'), active: z.boolean() }),
  z.object({ type: z.literal('ring') }),
  z.object({ type: z.literal('call') }),
  z.object({
    type: z.literal('presence'),
    show: z.enum(['available', 'chat', 'away', 'xa', 'dnd', 'offline']),
    status: text.exactOptional(),
    idle: z.number().nonnegative().exactOptional(),
  }),
  z.object({ type: z.literal('profile'), name: text.exactOptional(), avatar: avatar.nullable().exactOptional() }),
  z.object({
    type: z.literal('contact'),
    action: z.enum(['subscribe', 'subscribed', 'unsubscribe', 'unsubscribed']),
    name: text.exactOptional(),
    groups: z.array(text).exactOptional(),
  }),
  z.object({ type: z.literal('nick'), nick: text }),
  z.object({
    type: z.literal('occupant'),
    change: z.enum(['join', 'leave', 'kick', 'ban', 'rename', 'role']),
    who: occupant,
    nick: text.exactOptional(),
    reason: text.exactOptional(),
    password: text.exactOptional(),
    because: z.enum(['affiliation', 'members-only']).exactOptional(),
    forGood: z.boolean().exactOptional(),
  }),
  z.object({ type: z.literal('occupants'), list: z.array(occupant) }),
  z.object({
    type: z.literal('affiliation'),
    changes: z.array(z.object({ id, affiliation, reason: text.exactOptional() })),
  }),
  z.object({ type: z.literal('topic'), text, setAt: z.number().exactOptional() }),
  z.object({
    type: z.literal('invite'),
    room: id,
    reason: text.exactOptional(),
    declined: z.boolean().exactOptional(),
  }),
  z.object({
    type: z.literal('room'),
    change: z.enum(['destroyed', 'renamed', 'avatar', 'config', 'listed', 'left']),
    text: text.exactOptional(),
    avatar: avatar.exactOptional(),
    alternate: id.exactOptional(),
    unread: z.number().int().nonnegative().exactOptional(),
    below: id.exactOptional(),
  }),
]);
export type Letter = z.output<typeof letter>;

/**
 * A letter as it stands in a log: `to` is a room (`~name`), a person, or empty for everybody who knows the sender.
 * `nick` is what the sender is called in that room, `tag` the request that it came by.
 */
export const post = z.object({
  id,
  at: z.number(),
  by: id,
  nick: text.exactOptional(),
  to: z.string().max(100),
  letter,
  tag: id.exactOptional(),
  /** It is no news: it was said at `at`. */
  late: z.literal(true).exactOptional(),
  /** Of old, and shown to whoever reads it alone. */
  shown: z.literal(true).exactOptional(),
});
export type Post = z.output<typeof post>;

const named = z.object({ id, name: text });
/** What a request is answered with beside `re`. */
export const answer = z.object({
  key: text.exactOptional(),
  epoch: text.exactOptional(),
  from: z.number().exactOptional(),
  name: text.exactOptional(),
  ids: z.array(id).exactOptional(),
  posts: z.array(post).exactOptional(),
  people: z.array(named).exactOptional(),
  rooms: z.array(named.extend({ topic: text, users: z.number(), space: z.boolean().exactOptional() })).exactOptional(),
  occupants: z.array(occupant).exactOptional(),
  facts: z.record(z.string(), text).exactOptional(),
  count: z.number().exactOptional(),
  complete: z.boolean().exactOptional(),
  avatar: avatar.exactOptional(),
  /** Bytes in base64, and how many there are in all. */
  data: text.exactOptional(),
  size: z.number().exactOptional(),
  sent: z.boolean().exactOptional(),
  /** Who did not get a letter that went to several. */
  lost: z.array(z.object({ to: id, text })).exactOptional(),
});
export type Answer = z.output<typeof answer>;

/**
 * What the loft sends: the answer to a request, a numbered event, a question whether all before it was read, or a notice for
 * those who run the other side.
 */
export const fromLoft = z.union([
  z.object({ re: id, ok: answer }),
  z.object({ re: id, no: text, text }),
  z.object({ n: z.number().int().positive(), post }),
  /** The answer takes its time: it comes all the same. */
  z.object({ re: id, later: z.literal(true) }),
  z.object({ ping: z.number() }),
  z.object({ notice: text }),
]);
export type FromLoft = z.output<typeof fromLoft>;

/** What a client sends: a request, an acknowledgement of all events up to one, or the answer to a `ping`. */
export const toLoft = z.union([
  z.object({ ack: z.number() }),
  z.object({ pong: z.number() }),
  z.discriminatedUnion('do', [
    z.object({ do: z.literal('begin'), tag: id, name: id, password: text }),
    z.object({ do: z.literal('key'), tag: id, name: id, password: text }),
    z.object({ do: z.literal('revoke'), tag: id, name: id, key: text }),
    z.object({
      do: z.literal('file'),
      tag: id,
      of: id,
      from: z.number().int().nonnegative(),
      to: z.number().exactOptional(),
    }),
    /** More of the file `of`, or the first of a new one. */
    z.object({ do: z.literal('keep'), tag: id, of: id.exactOptional(), data: text }),
    z.object({ do: z.literal('code'), tag: id, name: id, code: text }),
    z.object({ do: z.literal('login'), tag: id, name: id, key: text.exactOptional() }),
    /** `also`: the tags of what would have been letters of their own. */
    z.object({ do: z.literal('send'), tag: id, also: z.array(id).exactOptional(), to: text, letter }),
    z.object({ do: z.literal('sent'), tag: id, of: id }),
    z.object({
      do: z.enum(['people', 'rooms', 'occupants', 'history', 'room', 'profile', 'list', 'hello']),
      tag: id,
      of: text.exactOptional(),
      match: text.exactOptional(),
      below: text.exactOptional(),
      max: z.number().int().min(1).max(1000).default(100),
      after: text.exactOptional(),
      before: text.exactOptional(),
      near: z.number().exactOptional(),
    }),
  ]),
]);
export type ToLoft = z.output<typeof toLoft>;
export type Request = Extract<ToLoft, { do: string }>;

/** Cuts what a socket reads into lines. Throws a `RangeError` once a line is too long. */
export function lineCutter(onLine: (line: string) => void): (chunk: string) => void {
  let rest = '';
  return (chunk) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > LINE_CAP) throw new RangeError('a line is too long');
    for (const line of lines) if (line !== '') onLine(line);
  };
}
