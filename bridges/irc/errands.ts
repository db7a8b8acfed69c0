import type { Delivered, Host } from '#src/bridge.ts';
import type { Event } from '#src/model/event.ts';
import { Failure } from '#src/model/failure.ts';
import type { Query, Reply } from '#src/model/query.ts';
import { type Absence, openAbsence } from './absence.ts';
import { isSelf } from './decode.ts';
import { type Directory, openDirectory } from './directory.ts';
import { contactPlace } from './drafts.ts';
import { target } from './encode.ts';
import { type Inquiries, openInquiries } from './inquiries.ts';
import { foldName } from './names.ts';
import type { Pending } from './pending.ts';
import type { Writer } from './queue.ts';
import { openRegain } from './regain.ts';
import { openSpelling } from './spelling.ts';
import { emit, type OwnView } from './talk.ts';
import type { Line } from './view.ts';
import { openWatch, type Seen, type Watch } from './watch.ts';

export type ErrandParts = {
  readonly host: Host;
  readonly view: OwnView;
  readonly pending: Pending;
  readonly writer: Writer;
};

/** What one connection does beside talk and rooms: it watches people, is away, gets its nick back, asks. */
export type Errands = {
  /** Logged in; `wanted` is the nick that was asked for first. */
  begin(wanted: string): void;
  /** The nick to ask for at the next login. */
  readonly wanted: string;
  /** What becomes of an event that is an errand; `undefined` for all others. Throws a `Failure`. */
  deliver(event: Event): Delivered | undefined;
  /** Rejects with a `Failure`. */
  ask(query: Query): Promise<Reply>;
  /** Takes a line in; true if nobody else needs it. */
  take(line: Line): boolean;
  /** A name of an address as the server writes it. Throws a `Failure` where it could mean two. */
  spelled(name: string): string;
  /** Whether there is a conversation with a folded nick, or it is a contact. */
  knows(folded: string): boolean;
  stop(failure: Failure): void;
};

/** Conversations that one connection remembers. */
const TALKS = 1000;

const TAKEN: Delivered = { ids: [], state: 'taken' };

export function openErrands({ host, view, pending, writer }: ErrandParts): Errands {
  const { clock } = host;
  const send = (line: string): void => writer.send(line);

  // What can wait for another time is not worth an error.
  function say(line: string): boolean {
    try {
      writer.send(line);
      return true;
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      host.log.debug({ err: error }, 'a line of our own waits for another time');
      return false;
    }
  }

  function tell({ nick, show, status }: Seen): void {
    const from = { kind: 'network', id: foldName(nick), name: nick } as const;
    const place = contactPlace(nick, view);
    emit(host, [{ kind: 'presence', place, from, show, ...(status !== undefined && { status }) }]);
  }

  // Most connections never need these, and there are many connections: each is made when it is asked for first.
  let watch: Watch | undefined;
  let absence: Absence | undefined;
  let directory: Directory | undefined;
  let inquiries: Inquiries | undefined;
  const watched: Pick<Watch, 'add' | 'drop'> = {
    add(nick, why) {
      watch ??= openWatch({ view, caps: () => view.caps, clock, say, tell, free: regain.free });
      watch.add(nick, why);
    },
    drop: (nick, why) => watch?.drop(nick, why),
  };
  const inquire = (): Inquiries => (inquiries ??= openInquiries({ clock, send }));
  const regain = openRegain({ view, clock, watch: watched, say, asked: () => pending.has('nick', '') });
  const spelling = openSpelling(view);
  const talks = new Set<string>();

  function talked(folded: string): void {
    const [oldest] = talks;
    if (talks.size >= TALKS && oldest !== undefined) talks.delete(oldest);
    talks.add(folded);
  }

  return {
    begin: regain.begin,
    get wanted() {
      return regain.wanted;
    },
    deliver(event) {
      if (event.kind === 'presence') (absence ??= openAbsence(clock, say)).take(event);
      else if (event.kind !== 'contact') {
        if (event.kind === 'message' && event.place.kind === 'contact') talked(foldName(target(event.place, view)));
        return undefined;
      }
      // IRC has no subscriptions: whoever wants to see somebody just looks.
      else if (event.action === 'subscribe') watched.add(target(event.place, view, 'contact'), 'contact');
      else if (event.action === 'unsubscribe') watched.drop(target(event.place, view, 'contact'), 'contact');
      return TAKEN;
    },
    async ask(query) {
      switch (query.kind) {
        case 'rooms':
          return (directory ??= openDirectory({ view, clock, send })).page(query.page, query.match);
        case 'ping':
          return inquire().ping(spelling.of(query.who ?? ''));
        case 'version':
          return inquire().version(spelling.of(query.who));
        case 'profile':
          return inquire().profile(spelling.of(query.who));
        default:
          throw new Failure('not-supported');
      }
    },
    take(line) {
      spelling.note(line);
      if (line.command === 'PRIVMSG' && isSelf(line.params[0] ?? '', view)) talked(foldName(line.nick));
      const answers = [regain, watch, directory, inquiries].map((one) => one?.take(line));
      return answers.includes(true);
    },
    spelled: spelling.of,
    knows: (folded) => talks.has(folded) || (watch?.has(folded, 'contact') ?? false),
    stop(failure) {
      regain.stop();
      absence?.stop();
      watch?.stop();
      directory?.fail(failure);
      inquiries?.fail(failure);
    },
  };
}
