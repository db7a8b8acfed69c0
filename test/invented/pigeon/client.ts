import { randomUUID } from 'node:crypto';
import type { Socket } from 'node:net';
import type { Delivered, Host, Outcome, Session, SessionKey, Settings, StateWrite, Wish } from '#src/bridge.ts';
import { lanes } from '#src/lib/lanes.ts';
import type { Capabilities } from '#src/model/capabilities.ts';
import type { Draft, Event, FileRef } from '#src/model/event.ts';
import { Failure } from '#src/model/failure.ts';
import { type EventId, type ForeignId, splitAccount } from '#src/model/ids.ts';
import { Sealed } from '#src/model/sealed.ts';
import { account as accountSchema, type PigeonConfig, realm as realmSchema, room as roomSchema } from './config.ts';
import { decode } from './decode.ts';
import { encode } from './encode.ts';
import type { Flock } from './flock.ts';
import { openInbox } from './inbox.ts';
import { openLink } from './link.ts';
import { type Answered, openRequests } from './requests.ts';
import { keepFiles } from './uploads.ts';
import type { View } from './view.ts';
import type { Answer, FromLoft, Letter, Post, Request } from './wire.ts';

const WRITTEN: Delivered = { ids: [], state: 'written' };
const TAKEN: Delivered = { ids: [], state: 'taken' };

/** What is said. */
const SAID: ReadonlySet<Letter['type']> = new Set(['message', 'edit', 'retract', 'react']);

export type Where = {
  readonly host: Host;
  readonly config: PigeonConfig;
  readonly levels: Capabilities;
  readonly flock: Flock;
};

type Query = Extract<Request, { max: number }>;
export type Asked = { readonly do: Query['do'] } & Partial<Omit<Query, 'do' | 'tag'>>;

/** The line of one account to the loft. */
export type Client = {
  readonly session: Session;
  readonly view: View;
  /** Throws a `Failure` for what is refused at once. Behind files that the loft is given it waits, and may reject with one. */
  deliver(event: Event): Delivered | Promise<Delivered>;
  /** Messages as one letter, with a line for each. Resolves with what became of each; never rejects. */
  deliverTogether(events: readonly Event[]): Promise<readonly Outcome[]>;
  /** Rejects with a `Failure`. */
  ask(query: Asked): Promise<Answer>;
  /** Whether the loft has ever taken this request. */
  sent(tag: string): Promise<boolean>;
  withdraw(tag: string): boolean;
  /** The host's time, in milliseconds. */
  now(): number;
  pause(paused: boolean): void;
  /** Reads anew what its user has set for the account. Never rejects. */
  reread(): Promise<void>;
  /** Leaves; what waits fails with `failure`. Never rejects. */
  close(failure: Failure): Promise<void>;
};

type Given = {
  readonly key: SessionKey;
  readonly wish: Wish;
  /** What the account's user has set. */
  readonly set: Settings;
  readonly socket: Socket;
  readonly signal: AbortSignal;
};

/** Logs in over an open socket, which is owned here from now on. Rejects with a `Failure`. */
export async function openClient({ host, config, levels, flock }: Where, given: Given): Promise<Client> {
  const { key, wish, set, socket, signal } = given;
  const { account } = key;
  const { file_size: maxBytes } = config;
  let settings = accountSchema.parse(set.account ?? {});
  let phase: 'login' | 'online' | 'closing' | 'closed' = 'login';
  let name = '';

  const link = openLink({ socket, host, onMessage: take, onClosed: closed });
  const requests = openRequests({
    clock: host.clock,
    window: config.window,
    timeout: config.answer_time,
    write: link.send,
  });
  const inbox = openInbox({
    ...{ host, account, tell, ack: (n) => link.send({ ack: n }) },
    // What its user has written elsewhere may be an echo of what is under way.
    waits: ({ by, letter }) => by === name && SAID.has(letter.type),
    yields: ({ letter }) => SAID.has(letter.type),
    broken: link.broken,
  });
  const ask = (request: Request): Promise<Answer> =>
    new Promise((done, fail) => {
      if (phase === 'closing' || phase === 'closed') throw new Failure('recipient-unavailable');
      requests.start(request, (outcome) => (outcome instanceof Failure ? fail(outcome) : done(outcome)));
    });
  const order = lanes((err) => host.log.error({ err }, 'a letter was lost'));
  const over = new AbortController();
  const giveUp = () => link.fail(new Failure('recipient-unavailable', { text: 'The attempt was given up.' }));
  signal.addEventListener('abort', giveUp);
  if (signal.aborted) giveUp();

  function take(message: FromLoft): void | Promise<void> {
    if ('later' in message) return host.settle(message.re as EventId, { ids: [], state: 'delayed' });
    if ('re' in message) return answered(message);
    if ('n' in message) return inbox.take(message);
    if ('notice' in message) return host.tellAdmins(message.notice);
    link.send({ pong: message.ping });
  }

  function answered(message: Answered): void | Promise<void> {
    if (phase !== 'login' || 'no' in message) return requests.answered(message);
    // The events that follow are numbered on from what this says, and are for who it says we are.
    return inbox.begin(message.ok).then(async () => {
      await renewed(message.ok);
      name = message.ok.name ?? '';
      online();
      requests.answered(message);
    });
  }

  /** The loft has a new key for us, and takes the old one until the new one was used. */
  async function renewed({ key: fresh }: Answer): Promise<void> {
    if (fresh === undefined || !wish.credentials) return;
    const next = { ...wish.credentials, key: new Sealed(fresh) };
    if (!(await host.credentials(key, wish.credentials, next))) host.log.info('a newer login is kept than this one');
  }

  async function tell(post: Post, writes: readonly StateWrite[]): Promise<void> {
    const [draft] = decode(post, client.view);
    const keep = async (drafts: readonly Draft[]): Promise<void> => void (await host.emit(drafts, writes));
    if (!draft || (await isUnwanted(draft))) return keep([]);
    if (draft.place.kind !== 'shared') return keep([draft]);
    if (flock.isOurs(post)) return keep([]);
    // What is shown to one alone another may be shown, too, and all be told.
    const telling = draft.seenBy === undefined ? post.id : `${post.id} ${draft.seenBy}`;
    return flock.once(telling, () => keep([draft]));
  }

  async function isUnwanted({ kind, place }: Draft): Promise<boolean> {
    return kind === 'typing' && roomSchema.parse((await host.settings(place, account)).room ?? {}).quiet;
  }

  function closed(ours: Failure | undefined): void {
    const before = phase;
    phase = 'closed';
    over.abort();
    signal.removeEventListener('abort', giveUp);
    flock.left(client);
    const failure = ours ?? new Failure('recipient-unavailable', { text: 'The loft closed the line.' });
    requests.fail(before === 'closing' ? reason : failure);
    if (before === 'online') host.status(key, { kind: 'lost', failure });
  }

  function deliver(event: Event): Delivered | Promise<Delivered> {
    if (phase !== 'online') throw new Failure('recipient-unavailable');
    const { to, letter } = encode(event, client.view);
    if (letter.type === 'receipt' && letter.state === 'displayed' && !settings.receipts) return TAKEN;
    const files =
      letter.type === 'message' && event.kind === 'message' && maxBytes !== undefined ? event.files : undefined;
    const line = { media: host.media, maxBytes: maxBytes ?? 0, signal: over.signal, account, ask };
    const work = order.within(to, () =>
      files
        ? keepFiles(line, files).then((kept) => send(event, to, { ...letter, files: kept } as Letter))
        : send(event, to, letter),
    );
    return work ? work.then(() => WRITTEN) : WRITTEN;
  }

  function send(event: Event, to: string, letter: Letter): void {
    if (phase !== 'online') throw new Failure('recipient-unavailable');
    flock.sends(event.id);
    requests.start({ do: 'send', tag: event.id, to, letter }, (outcome) => {
      // It is none of its sender's fault.
      if (outcome instanceof Failure && outcome.foreign === 'standing') host.alarm('standing', outcome.message);
      // Nothing waits here for an acknowledgement that would have to be kept back.
      host
        .settle(event.id, outcome instanceof Failure ? outcome : takenOf(outcome))
        ?.catch((err: unknown) => host.log.warn({ err }, 'what became of a letter is not kept'));
    });
  }

  async function deliverTogether(events: readonly Event[]): Promise<readonly Outcome[]> {
    if (phase !== 'online') throw new Failure('recipient-unavailable');
    const letters = events.map((event) => letterOf(event, client.view));
    const [first, ...more] = letters.flatMap((one) => (one instanceof Failure ? [] : one));
    if (!first) return letters as Failure[];
    for (const { tag } of [first, ...more]) flock.sends(tag);
    const text = [first, ...more].map(({ letter }) => letter.text).join('\n');
    const request = { ...first, letter: { ...first.letter, text }, also: more.map(({ tag }) => tag) };
    const { promise, resolve } = Promise.withResolvers<Outcome>();
    await order.within(request.to, () =>
      requests.start({ do: 'send', ...request }, (answered) =>
        resolve(answered instanceof Failure ? answered : takenOf(answered)),
      ),
    );
    const outcome = await promise;
    return letters.map((one) => (one instanceof Failure ? one : outcome));
  }

  let reason = new Failure('recipient-unavailable');
  const client: Client = {
    session: { account, realm: key.realm, close: () => client.close(reason) },
    view: {
      transport: host.transport,
      account,
      levels,
      ours: flock.ours,
      lend: (reference, meta) => lent(host, reference, { ...meta, ...(levels.rooms === 'shared' ? {} : { account }) }),
      get name() {
        return name;
      },
    },
    deliver,
    deliverTogether,
    ask: (query) => ask({ max: 100, ...query, tag: randomUUID() }),
    sent: async (of) => (await ask({ do: 'sent', tag: randomUUID(), of })).sent ?? false,
    withdraw: requests.withdraw,
    now: host.clock.now,
    pause: link.pause,
    async reread() {
      try {
        const changed = await host.settings({ kind: 'realm', account, realm: key.realm });
        settings = accountSchema.parse(changed.account ?? {});
      } catch (err) {
        host.log.error({ err }, 'settings could not be read');
      }
    },
    close(failure) {
      if (phase !== 'closed') phase = 'closing';
      reason = failure;
      return link.end();
    },
  };

  function online(): void {
    signal.removeEventListener('abort', giveUp);
    if (phase !== 'login') return;
    phase = 'online';
    flock.joined(client);
    host.status(key, { kind: 'online', nick: name });
    const { status } = realmSchema.parse(set.realm ?? {});
    const letter = { type: 'presence', show: 'available', status } as const;
    if (status !== '') requests.start({ do: 'send', tag: randomUUID(), to: '', letter }, () => undefined);
  }

  try {
    await ask(loginOf(wish, account));
    return client;
  } catch (error) {
    await link.end();
    throw error;
  }
}

const takenOf = ({ ids = [], lost }: Answer): Delivered => ({
  ids: ids as ForeignId[],
  state: 'taken',
  ...(lost && { lost: lost.map(({ to, text }) => ({ to, failure: new Failure('item-not-found', { text }) })) }),
});

/** What one of several messages is, or why it is none of them. */
function letterOf(event: Event, view: View) {
  try {
    const { to, letter } = encode(event, view);
    if (letter.type !== 'message') throw new Failure('bad-request');
    return { tag: event.id, to, letter };
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
}

/** A gateway without a public address has no links. */
function lent({ media }: Host, reference: string, meta: Omit<FileRef, 'url'>): FileRef | undefined {
  try {
    return media.lend(reference, meta);
  } catch (error) {
    if (error instanceof Failure) return undefined;
    throw error;
  }
}

function loginOf({ credentials, nick }: Wish, account: SessionKey['account']): Request {
  const { name: known, key } = credentials ?? {};
  const user = splitAccount(account).user;
  const name = known?.open() ?? nick ?? user.slice(0, user.indexOf('@'));
  return { do: 'login', tag: randomUUID(), name, ...(key && { key: key.open() }) };
}
