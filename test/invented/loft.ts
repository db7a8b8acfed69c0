import { randomInt, randomUUID } from 'node:crypto';
import { letterHandlers } from './letters.ts';
import type { Answer, Letter, Post, Request } from './pigeon/wire.ts';

/** What the loft says no with. */
export class Refusal extends Error {
  readonly code: string;

  constructor(code: string, text: string) {
    super(text);
    this.code = code;
  }
}

type Occupant = Extract<Letter, { type: 'occupants' }>['list'][number];
export type Person = {
  readonly name: string;
  display: string;
  avatar: Answer['avatar'];
  password: string | undefined;
  code: string | undefined;
  key: string;
  revoked: boolean;
  /** The key that takes the place of the other once it is used: the next login is told of it. */
  nextKey: string | undefined;
  readonly contacts: Set<string>;
  /** Events that were not acknowledged. */
  queue: { readonly n: number; readonly post: Post }[];
  n: number;
  online: ((n: number, post: Post) => void) | undefined;
};
export type Room = {
  readonly id: string;
  name: string;
  /** The space that it lies below. */
  below: string | undefined;
  topic: Extract<Letter, { type: 'topic' }>;
  topicBy: string;
  password: string | undefined;
  readonly members: Map<string, Occupant>;
  readonly affiliations: Map<string, Occupant['affiliation']>;
};

/** `shown`: the room shows it to nobody else. */
type Telling = { readers: Iterable<string>; tag?: string; at?: number; shown?: true };

/** The world of pigeons in memory. Everything that a person asks for goes through `request`. */
export type Loft = {
  readonly epoch: string;
  /** By how many ms its clock is ahead of others. */
  ahead: number;
  readonly people: Map<string, Person>;
  readonly rooms: Map<string, Room>;
  readonly posts: Map<string, Post>;
  /** Whom a post was shown to alone, by its id. */
  readonly shownTo: Map<string, ReadonlySet<string>>;
  /** How many posts of the past are told at a time at most. */
  most: number;
  /** Files as they are kept: hidden. */
  readonly files: Map<string, Buffer>;
  /** Requests to send that were done, by their sender and tag, with the ids of what came of them. */
  readonly done: Map<string, string[]>;
  person(name: string): Person;
  room(id: string): Room;
  /** Makes a post, now or of the time `at`, and tells it to the readers. What is said is kept in the log. */
  tell(by: string, to: string, letter: Letter, options: Telling): Post;
  /** Tells everybody in a room what was said there last, as news. */
  news(room: string): Post;
  /** Answers a request of a person who has logged in. Throws a `Refusal`. */
  request(name: string, request: Request): Answer;
};

export function openLoft(): Loft {
  const loft: Loft = {
    epoch: randomUUID(),
    ahead: 0,
    people: new Map(),
    rooms: new Map(),
    posts: new Map(),
    shownTo: new Map(),
    most: 1000,
    files: new Map(),
    done: new Map(),
    person(name) {
      const found = loft.people.get(name.toLowerCase());
      if (!found) throw new Refusal('unknown', `Nobody is called ${name}.`);
      return found;
    },
    room(id) {
      const found = loft.rooms.get(id.toLowerCase());
      if (!found) throw new Refusal('unknown', `There is no room ${id}.`);
      return found;
    },
    tell(by, to, letter, { readers, tag, at, shown }) {
      const nick = loft.rooms.get(to)?.members.get(by)?.nick;
      const more = { ...(nick !== undefined && { nick }), ...(tag !== undefined && { tag }) };
      const late = at !== undefined && ({ late: true, ...(shown && { shown }) } as const);
      const post: Post = { id: `p${++count}`, at: at ?? Date.now() + loft.ahead, by, to, letter, ...more, ...late };
      if (letter.type === 'message') loft.posts.set(post.id, post);
      if (shown) loft.shownTo.set(post.id, new Set(readers));
      for (const reader of readers) hears(loft.person(reader), post);
      return post;
    },
    news(room) {
      const last = [...loft.posts.values()].findLast(({ to }) => to === room);
      if (!last) throw new Refusal('unknown', `Nobody has said anything in ${room}.`);
      const { late: _, shown: __, ...post } = last;
      loft.shownTo.delete(post.id);
      for (const reader of loft.room(room).members.keys()) hears(loft.person(reader), post);
      return post;
    },
    request(name, request) {
      if (request.do === 'send') return send(loft, name, request);
      if (request.do === 'keep') return { ids: [keep(loft, request)] };
      if (request.do === 'sent') return { sent: loft.done.has(`${name} ${request.of}`) };
      if ('max' in request) return answers[request.do]?.(loft, request, name) ?? {};
      throw new Refusal('busy', 'You have logged in already.');
    },
  };
  let count = 0;
  return loft;
}

function hears(person: Person, post: Post): void {
  person.queue.push({ n: ++person.n, post });
  person.online?.(person.n, post);
}

/** Puts somebody into the loft. Without a password it is a guest. */
export function settle(loft: Loft, name: string, password?: string): Person {
  const fresh = {
    display: name,
    password,
    code: undefined,
    key: randomUUID(),
    nextKey: undefined,
    revoked: false,
    avatar: undefined,
    queue: [],
    n: 0,
    online: undefined,
  };
  const person: Person = { name: name.toLowerCase(), contacts: new Set(), ...fresh };
  loft.people.set(person.name, person);
  return person;
}

export function build(loft: Loft, id: string, password?: string): Room {
  const topic = { type: 'topic', text: '' } as const;
  const parts = {
    name: id.slice(1),
    below: undefined,
    topic,
    topicBy: '',
    password,
    members: new Map(),
    affiliations: new Map(),
  };
  const room: Room = { id: id.toLowerCase(), ...parts };
  loft.rooms.set(room.id, room);
  return room;
}

/** The steps before somebody is somebody. Throws a `Refusal`. */
export function enter(loft: Loft, request: Request): { answer: Answer; person?: Person } {
  if (request.do === 'begin' || request.do === 'key') {
    const person = loft.people.get(request.name.toLowerCase());
    if (person?.password === undefined || person.password !== request.password)
      throw new Refusal('password', 'Wrong name or password.');
    // An old loft gives the key for the password alone.
    if (request.do === 'key') return { answer: { key: person.key } };
    person.code = String(randomInt(1_000_000)).padStart(6, '0');
    return { answer: {} };
  }
  if (request.do === 'code') {
    const person = loft.person(request.name);
    if (person.code === undefined || person.code !== request.code) throw new Refusal('code', 'This is not the code.');
    person.code = undefined;
    return { answer: { key: person.key } };
  }
  if (request.do === 'file') return { answer: fileOf(loft, request) };
  if (request.do === 'revoke') {
    const person = loft.person(request.name);
    if (person.key === request.key) person.key = randomUUID();
    person.revoked = true;
    return { answer: {} };
  }
  if (request.do !== 'login') throw new Refusal('stranger', 'Log in first.');
  return logIn(loft, request);
}

/** Keeps what comes of a file. It gives what that is called. */
function keep({ files }: Loft, { of, data }: Extract<Request, { do: 'keep' }>): string {
  const before = of === undefined ? Buffer.alloc(0) : files.get(of);
  if (!before) throw new Refusal('unknown', 'There is no such file.');
  const id = of ?? `f${files.size + 1}`;
  files.set(id, Buffer.concat([before, Buffer.from(data, 'base64')]));
  return id;
}

function fileOf({ files }: Loft, { of, from, to }: Extract<Request, { do: 'file' }>): Answer {
  const file = files.get(of);
  if (!file) throw new Refusal('unknown', 'There is no such file.');
  return { data: file.subarray(from, to === undefined ? undefined : to + 1).toString('base64'), size: file.length };
}

function logIn(loft: Loft, { name, key }: Extract<Request, { do: 'login' }>): { answer: Answer; person: Person } {
  const person = loft.people.get(name.toLowerCase()) ?? settle(loft, name);
  if (person.nextKey !== undefined && person.nextKey === key) {
    person.key = person.nextKey;
    person.nextKey = undefined;
  }
  if (person.password === undefined ? person.online !== undefined : person.key !== key)
    throw new Refusal(key === undefined ? 'taken' : 'password', 'This name is taken, or the key is wrong.');
  const renewed = person.nextKey !== undefined && { key: person.nextKey };
  const from = person.queue[0]?.n ?? person.n + 1;
  return { person, answer: { name: person.name, epoch: loft.epoch, from, ...renewed } };
}

type Sending = Extract<Request, { do: 'send' }>;

// The sender's tag makes a second try harmless.
function send(loft: Loft, name: string, { to, letter, tag, also = [] }: Sending): Answer {
  const key = `${name} ${tag}`;
  const ids = loft.done.get(key) ?? letterHandlers(loft, name, to.toLowerCase(), tag)(letter);
  loft.done.set(key, ids);
  for (const one of also) loft.done.set(`${name} ${one}`, ids);
  return { ids };
}

type Asking = Extract<Request, { max: number }>;

/** The part of a list that a page is. Pages go forwards from `after`, or backwards from `before` or the end. */
function page<T>(all: readonly T[], { max, after, before }: Asking, id: (item: T) => string, newest = false) {
  const start = after === undefined ? 0 : all.findIndex((item) => id(item) === after) + 1;
  const end = before === undefined || before === '' ? all.length : all.findIndex((item) => id(item) === before);
  const backwards = before !== undefined || (newest && after === undefined);
  const from = backwards ? Math.max(start, end - max) : start;
  const list = all.slice(from, backwards ? end : Math.min(end, from + max));
  return { list, complete: backwards ? from === 0 : from + list.length >= end, count: all.length };
}

/** A page of history begins at a time where no post is named, or none that is known. */
function from(posts: readonly Post[], { near, ...asking }: Asking): Asking {
  const { before, after } = asking;
  if (near === undefined || posts.some(({ id }) => id === (before ?? after))) return asking;
  if (after !== undefined) return { ...asking, after: posts.findLast(({ at }) => at <= near)?.id ?? '' };
  return { ...asking, before: posts.find(({ at }) => at >= near)?.id ?? '' };
}

const answers: Readonly<Partial<Record<Asking['do'], (loft: Loft, asking: Asking, name: string) => Answer>>> = {
  people(loft, asking) {
    const all = [...loft.people.values()].filter(({ name }) => name.includes(asking.match ?? ''));
    const { list, count } = page(all, asking, ({ name }) => name);
    return { people: list.map(({ name, display }) => ({ id: name, name: display })), count };
  },
  rooms(loft, asking) {
    const isSpace = (id: string): boolean => [...loft.rooms.values()].some(({ below }) => below === id);
    const all = [...loft.rooms.values()].filter(
      ({ id, below }) => id.includes(asking.match ?? '') && (asking.below === undefined || below === asking.below),
    );
    const { list, count } = page(all, asking, ({ id }) => id);
    return {
      rooms: list.map(({ id, name, topic, members }) => ({
        id,
        name,
        topic: topic.text,
        users: members.size,
        ...(isSpace(id) && { space: true }),
      })),
      count,
    };
  },
  occupants(loft, asking) {
    const { list, count } = page([...loft.room(asking.of ?? '').members.values()], asking, ({ id }) => id);
    return { occupants: list, count };
  },
  history(loft, asking, name) {
    const of = (asking.of ?? '').toLowerCase();
    const within = ({ id, by, to }: Post) =>
      (to === of || (to === name && by === of)) && (loft.shownTo.get(id)?.has(name) ?? true);
    const posts = [...loft.posts.values()].filter(within).toSorted((one, other) => one.at - other.at);
    const max = Math.min(asking.max, loft.most);
    const { list, complete } = page(posts, { ...from(posts, asking), max }, ({ id }) => id, true);
    return { posts: list, complete };
  },
  room(loft, { of = '' }) {
    const { name, topic, members, password } = loft.room(of);
    const closed = password === undefined ? 'no' : 'yes';
    return { facts: { name, topic: topic.text, occupants: String(members.size), closed } };
  },
  profile(loft, { of = '' }) {
    const { display: name, avatar } = loft.person(of);
    return { name, ...(avatar && { avatar }), facts: { name } };
  },
  list(loft, { of = '', match }) {
    const listed = [...loft.room(of).affiliations].filter(([, affiliation]) => affiliation === match);
    return { people: listed.map(([id]) => ({ id, name: loft.person(id).display })) };
  },
};
