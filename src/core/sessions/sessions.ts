import { peopleTexts as texts } from '#mappings/texts/people.ts';
import type { Bridge, CloseReason, ConnectPace, Credentials, Session, SessionKey, SessionState } from '#src/bridge.ts';
import type { Identities } from '#src/core/identities.ts';
import type { Log } from '#src/lib/log.ts';
import type { Clock } from '#src/lib/time/clock.ts';
import type { LimitedWait } from '#src/lib/time/time-limit.ts';
import { Failure } from '#src/model/failure.ts';
import { type AccountKey, splitAccount } from '#src/model/ids.ts';
import { CLOSED, nothing, openLines, type SessionLine } from './lines.ts';
import { openPacing } from './pacing.ts';
import type { SessionNews } from './session-news.ts';
import { type SessionEffect, type SessionInput, type SessionPhase, step } from './session-state.ts';
import { openWants, type Want } from './wants.ts';

/** What the sessions need of the rest of the core. */
export type SessionParts = {
  readonly clock: Clock;
  readonly log: Log;
  /** Milliseconds to wait before the next attempt, by the number of failures so far. */
  readonly backoff: (attempt: number) => number;
  bridge(transport: string): Bridge;
  readonly identities: Pick<Identities, 'of'>;
  /** What the account logs in with in the realm. Rejects where it cannot be read. */
  credentials(key: SessionKey): Promise<Credentials | undefined>;
  /** Whether the account's sessions outlive what wanted them. */
  staysConnected(account: AccountKey): Promise<boolean>;
  /** Milliseconds between attempts in one realm that nobody has just asked for, and between all where its network wants that. */
  readonly pace: number;
  /** The session is to return after a restart, under that nick, or no longer. Never throws. */
  lasts(key: SessionKey, nick: string | null | false): void;
};

export type Sessions = {
  /**
   * Makes sure that the session exists or is being made. `nick` is what the user would like to be called; `unasked`: it is
   * for their presence alone.
   */
  need(key: SessionKey, nick?: string, unasked?: true): void;
  /** The last run had the session: what is sent waits until `resume`, or until somebody needs it. */
  expect(key: SessionKey, nick: string | undefined, stay: boolean): void;
  /** Makes the expected sessions of a transport that fit, realm by realm one after the other. */
  resume(transport: string, fits: (account: AccountKey) => boolean): void;
  /** Throws a `Failure` where there is no session and none is being made, or not before long. */
  require(key: SessionKey): void;
  status(key: SessionKey, state: SessionState): void;
  /** One more room, or a presence, wants the session to be there and to return; that alone does not make it. */
  want(key: SessionKey, as: Want): void;
  unwant(key: SessionKey, as: Want): void;
  /** Closes the session if nothing wants it, and its account does not stay connected. */
  release(key: SessionKey): void;
  listen(news: SessionNews): void;
  /** The account has chosen to stay connected, or no longer. */
  stay(account: AccountKey, on: boolean): void;
  /** The account acts by another identity from now on: its sessions end, and are made anew where they are wanted. */
  turn(account: AccountKey): void;
  /** Closes the account's sessions, or one, whatever wants them, and refuses what waits. Resolves when all lines are closed. */
  drop(
    account: AccountKey,
    failure: Failure,
    reason?: CloseReason,
    only?: { realm: string; words: string },
  ): Promise<void>;
  /** The session if it is online. */
  get(key: SessionKey): Session | undefined;
  /**
   * Where the session stands, what its network calls the user, and the nick that it was asked for. `waits`: others connect
   * before it, which takes a time that is known. `refused`: why it is not made before long.
   */
  state(key: SessionKey): {
    readonly name: SessionPhase['name'];
    readonly nick?: string;
    readonly wanted?: string;
    readonly waits?: true;
    readonly refused?: Failure;
  };
  /** The sessions of a transport that are there or being made. */
  list(transport: string): readonly SessionKey[];
  /** The realms in which the account has a session. */
  realms(account: AccountKey): readonly string[];
  /** Closes every session because of the stop. Resolves when all lines are closed, or have taken too long for it. */
  close(wait: LimitedWait): Promise<void>;
};

/** How long a session must have lasted for the backoff to start anew, in milliseconds. */
const STABLE = 60_000;
/** The longest that a network may ask to be left alone for, in milliseconds. */
const LONGEST = 3_600_000;

const refusal = ({ phase }: SessionLine): Failure | undefined => (phase.name === 'waiting' ? phase.refused : undefined);

/** The session of somebody for whom the operator acts: it only says whose it is. */
export const standIn = (key: SessionKey): Session => ({ ...key, stands: true, close: () => CLOSED });

/** The sessions of all accounts: one per (account, realm), connected while it is wanted. */
export function openSessions(parts: SessionParts): Sessions {
  const lines = openLines();
  const wants = openWants();
  const listeners: SessionNews[] = [];
  const { clock } = parts;
  const pacing = openPacing(clock);

  function input(line: SessionLine, what: SessionInput): void {
    const [phase, ...effects] = step(line.phase, what);
    const before = line.phase.name;
    line.phase = phase;
    for (const effect of effects) run(line, effect);
    if (line.phase.name === 'idle') lines.remove(line);
    if (phase.name !== before) for (const news of listeners) news.changed(line.key);
  }

  function run(line: SessionLine, effect: SessionEffect): void {
    switch (effect.kind) {
      case 'connect':
        return connectPaced(line);
      case 'wait': {
        if (line.throttled) return again(line);
        const ms = Math.max(parts.backoff(effect.attempt), asked(effect));
        parts.log.info({ realm: line.key.realm, ms, reason: effect.failure.code }, 'session lost, trying again');
        line.cancel = clock.after(ms, () => again(line));
        return refuse(line);
      }
      case 'flush':
        for (const news of listeners) news.online(line.key);
        return;
      case 'abandon':
        if (line.stay) parts.lasts(line.key, false);
        return abandon(line, effect.failure);
      case 'cancel':
        line.cancel();
        for (const news of listeners) news.released(line.key);
        return;
      case 'close':
        line.closed = close(line, line.removed ? 'removed' : 'left');
    }
  }

  function refuse(line: SessionLine): void {
    const why = refusal(line);
    if (why) for (const news of listeners) news.refused(line.key, why);
  }

  function again(line: SessionLine): void {
    // Whoever was sent away at their first attempt waits for the next.
    line.unasked = line.throttled ? line.unasked : true;
    line.again = true;
    input(line, { kind: 'retry' });
  }

  function lasts(line: SessionLine, on: boolean): void {
    parts.lasts(line.key, on && (line.nick ?? null));
  }

  const networkOf = ({ account, realm }: SessionKey): string => `${splitAccount(account).transport} ${realm}`;

  /** Connects when its network may be asked for it. */
  function connectPaced(line: SessionLine): void {
    const { account, realm } = line.key;
    const forAll = parts.bridge(splitAccount(account).transport).connectPace?.(realm);
    // Whoever comes does not wait where networks do not mind.
    if (!forAll && !line.again) return connect(line);
    const again = line.throttled;
    line.throttled = false;
    let gone = false;
    const go = (): void => {
      gone = true;
      line.paced = undefined;
      connect(line, forAll);
    };
    const { gap = parts.pace, waits } = forAll ?? {};
    const paced = pacing.take(networkOf(line.key), {
      ...{ gap, asked: !line.unasked, again, go },
      waits: (ms, throttled) => line.unasked || waits?.(account, ms, throttled),
    });
    if (gone) return;
    line.paced = paced;
    line.cancel = () => {
      paced.cancel();
      line.paced = undefined;
    };
  }

  /** Somebody asks for what waits unasked. */
  function hurry(line: SessionLine): void {
    if (!line.paced || !line.unasked) return;
    line.cancel();
    line.unasked = undefined;
    line.again = false;
    connectPaced(line);
  }

  function connect(line: SessionLine, forAll?: ConnectPace): void {
    const attempt = new AbortController();
    line.cancel = () => attempt.abort();
    [line.lost, line.removed, line.words] = [undefined, false, undefined];
    const at = clock.now();
    if (parts.identities.of(line.key.account) === 'operator')
      return void CLOSED.then(() => attempt.signal.aborted || connected(line, standIn(line.key)));
    const { transport } = splitAccount(line.key.account);
    const { nick, unasked } = line;
    Promise.all([parts.credentials(line.key), parts.staysConnected(line.key.account)])
      .then(([credentials, stay]) => {
        attempt.signal.throwIfAborted();
        line.stay = stay;
        if (stay) lasts(line, true);
        const wish = {
          ...(nick !== undefined && { nick }),
          ...(credentials && { credentials }),
          ...(unasked && { unasked }),
        };
        return parts.bridge(transport).connect?.(line.key, wish, attempt.signal) ?? standIn(line.key);
      })
      .then(
        (session) => {
          // Released in the meantime: nobody wants what was just made.
          if (attempt.signal.aborted) return void session.close('left');
          connected(line, session);
        },
        (error: unknown) => {
          if (attempt.signal.aborted) return;
          const failure = asFailure(error);
          line.throttled = failure.code === 'too-fast' && failure.retryAfter !== undefined && forAll !== undefined;
          if (line.throttled) pacing.throttled(networkOf(line.key), failure.retryAfter ?? 0, at);
          const again = wasUp(line) || line.throttled || (failure.row.retry && wants.isForPresence(line.key));
          input(line, { kind: 'failed', failure, keep: kept(line) && again });
        },
      );
  }

  function connected(line: SessionLine, session: Session): void {
    pacing.admitted(networkOf(line.key));
    line.session = session;
    line.cancel = nothing;
    line.since = clock.now();
    input(line, { kind: 'connected' });
    if (line.lost) lost(line, line.lost);
  }

  function lost(line: SessionLine, failure: Failure): void {
    line.session = undefined;
    input(line, { kind: 'lost', failure, keep: kept(line), stable: clock.now() - line.since >= STABLE });
  }

  const kept = (line: SessionLine): boolean => line.stay || wants.has(line.key);

  function abandon({ key }: SessionLine, failure: Failure): void {
    for (const news of listeners) news.abandoned(key, failure);
  }

  /** Only what was up before is worth a retry: a first attempt's failure is the user's answer. */
  const wasUp = (line: SessionLine): boolean => line.since > 0;

  function required(key: SessionKey): SessionLine {
    const line = lines.get(key);
    const why = line && refusal(line);
    if (why) throw why;
    if (line && line.phase.name !== 'closing') return line;
    // A network of one realm has no name for that.
    throw new Failure('recipient-unavailable', key.realm === '' ? {} : { text: texts.notConnected(key.realm) });
  }

  async function close(line: SessionLine, reason: CloseReason): Promise<void> {
    const { session } = line;
    line.session = undefined;
    await session?.close(reason, line.words);
    input(line, { kind: 'closed' });
  }

  return {
    need(key, nick, unasked) {
      const line = lines.of(key);
      const starts = line.phase.name === 'idle' || line.phase.name === 'closing';
      if (nick !== undefined && starts) line.nick = nick;
      if (!unasked && !starts) hurry(line);
      if (starts || line.expected) {
        line.unasked = unasked;
        line.again = false;
      }
      if (!line.expected) return input(line, { kind: 'need' });
      // Whoever asks does not wait until others have come back.
      line.expected = false;
      line.cancel();
      input(line, { kind: 'retry' });
    },
    expect(key, nick, stay) {
      const line = lines.of(key);
      line.nick ??= nick;
      line.stay ||= stay;
      line.expected = true;
      // It was up before: a failure is no answer to anybody.
      line.since = clock.now();
      input(line, { kind: 'expect' });
    },
    resume(transport, fits) {
      for (const line of lines.all()) {
        const { account } = line.key;
        if (!line.expected || splitAccount(account).transport !== transport || !fits(account)) continue;
        line.expected = false;
        again(line);
      }
    },
    require: (key) => void required(key),
    status(key, state) {
      const line = lines.get(key);
      if (line && state.kind === 'online') line.called = state.nick;
      if (line?.phase.name === 'connecting' && state.kind === 'lost') line.lost = state.failure;
      if (line?.phase.name !== 'online') return;
      if (state.kind === 'lost') return lost(line, state.failure);
      line.nick = state.wanted ?? state.nick ?? line.nick;
      if (line.stay) lasts(line, true);
    },
    want: (key, as) => wants.count(key, as, 1),
    unwant: (key, as) => wants.count(key, as, -1),
    listen: (news) => void listeners.push(news),
    release(key) {
      const line = lines.get(key);
      if (line && !kept(line)) input(line, { kind: 'release' });
    },
    stay(account, on) {
      for (const line of lines.ofAccount(account)) {
        line.stay = on;
        lasts(line, on);
        if (!kept(line)) input(line, { kind: 'release' });
      }
    },
    turn(account) {
      for (const line of lines.ofAccount(account)) {
        input(line, { kind: 'release' });
        if (kept(line)) input(lines.of(line.key), { kind: 'need' });
      }
    },
    async drop(account, failure, reason = 'removed', only) {
      const own = lines.ofAccount(account).filter(({ key }) => !only || key.realm === only.realm);
      for (const line of own) {
        line.removed = reason === 'removed';
        line.words = only?.words;
        if (line.stay) lasts(line, false);
        input(line, { kind: 'release' });
        abandon(line, failure);
      }
      await Promise.all(own.map(({ closed }) => closed));
    },
    get: (key) => lines.get(key)?.session,
    state(key) {
      const line = lines.get(key);
      if (!line) return { name: 'idle' };
      const { phase, called, nick, paced } = line;
      const refused = refusal(line);
      return {
        name: phase.name,
        ...(paced && !paced.throttled && { waits: true as const }),
        ...(called !== undefined && { nick: called }),
        ...(nick !== undefined && { wanted: nick }),
        ...(refused && { refused }),
      };
    },
    list: (transport) =>
      lines.all().flatMap(({ key }) => (splitAccount(key.account).transport === transport ? [key] : [])),
    realms: (account) => lines.ofAccount(account).map(({ key }) => key.realm),
    async close(wait) {
      const closing = lines.all().map((line) => {
        line.cancel();
        return line.session?.close('stopped');
      });
      // What is owed is noted all the same.
      await wait('lines to close', Promise.all(closing));
      lines.clear();
    },
  };
}

/** What a network wants to be left alone for, in milliseconds: twice as long each time that it has to say so. */
const asked = ({ failure: { retryAfter = 0 }, attempt }: { failure: Failure; attempt: number }): number =>
  Math.min(retryAfter * 2 ** Math.min(attempt, 20), LONGEST);

function asFailure(error: unknown): Failure {
  return error instanceof Failure ? error : new Failure('internal', { cause: error });
}
