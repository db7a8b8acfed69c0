import type { Bounce } from '#src/core/index.ts';
import type { Settling } from '#src/core/way/settle.ts';
import type { Log } from '#src/lib/log.ts';
import { openRecent } from '#src/lib/recent.ts';
import type { Clock } from '#src/lib/time/clock.ts';
import { Failure } from '#src/model/failure.ts';
import { type AccountKey, type EventId, splitAccount } from '#src/model/ids.ts';
import type { Store } from '#src/store/index.ts';
import type { RunningTime } from './running.ts';
import type { Rows } from './shelf.ts';

export type FarServersParts = {
  readonly clock: Clock;
  /** Whether a domain is of our own XMPP server, which answers for itself at once. */
  isHome(domain: string): boolean;
  /** Milliseconds until the next try, by the number of tries that have failed. */
  wait(attempts: number): number;
  /** Whether the server answers a question over the link of a transport. Never rejects. */
  answers(transport: string, domain: string): Promise<boolean>;
  /** What is owed to users of the server may be tried: one of it, or all of it. */
  wake(domain: string): void;
  /** The server cannot be reached any more, or can be again. */
  changed(domain: string, reached: boolean): void;
};

/** Servers of other domains that cannot be reached. What is owed to one of them is tried one row at a time. */
export type FarServers = {
  /** Whether a row for that domain may go now. Where the server cannot be reached, one may when it is time: it is the try. */
  may(domain: string, event: EventId): boolean;
  /** A row that was let go has been written. */
  tried(domain: string, event: EventId, transport: string): void;
  /** An error is there for a row, which is not looked up yet: where it was written of late, nothing follows it any more. */
  heard(domain: string, event: EventId, why: Bounce | 'receipt'): void;
  /** A row has come back. */
  failed(domain: string, event: EventId): void;
  /** A row has arrived. */
  arrived(domain: string): void;
  /** Whether another server stands between a user of that domain and ours. */
  isFar(domain: string): boolean;
  isDown(domain: string): boolean;
  stop(): void;
};

type Down = { attempts: number; probe: EventId | undefined; due: boolean; cancel(): void };

/** Ms after which a try that nothing was heard of has got through: errors come within 92 s. */
const SILENCE = 120_000;
/** Ms after which a row that may go and has not been written, for it is gone or its link is, is no try. */
const UNWRITTEN = 10_000;
/** Ms between two questions to a server whose try has neither come back nor arrived. */
const ASK_AGAIN = 10_000;
/** Rows that are remembered as written. */
const WRITTEN = 1000;
const nothing = (): void => undefined;

/** All servers are taken to be reached at the beginning. */
export function openFarServers({ clock, isHome, wait, answers, wake, changed }: FarServersParts): FarServers {
  const downs = new Map<string, Down>();
  /** Whether nothing was heard yet of what was written of late. */
  const written = openRecent<boolean>(WRITTEN);

  function schedule(domain: string, down: Down): void {
    down.cancel();
    down.probe = undefined;
    down.due = false;
    down.cancel = clock.after(wait(down.attempts), () => {
      down.due = true;
      wake(domain);
    });
  }

  function up(domain: string): void {
    const down = downs.get(domain);
    if (!down) return;
    down.cancel();
    downs.delete(domain);
    wake(domain);
    changed(domain, true);
  }

  function failed(domain: string, event: EventId): void {
    const known = downs.get(domain);
    if (known && known.probe !== event) return;
    const down = known ?? { attempts: 0, probe: undefined, due: false, cancel: nothing };
    down.attempts++;
    downs.set(domain, down);
    schedule(domain, down);
    if (!known) changed(domain, false);
  }

  return {
    may(domain, event) {
      const down = downs.get(domain);
      if (!down || down.probe === event) return true;
      if (!down.due || down.probe !== undefined) return false;
      down.probe = event;
      // Its row may be gone before it is written: then another one is the try.
      down.cancel = clock.after(UNWRITTEN, () => {
        down.probe = undefined;
        wake(domain);
      });
      return true;
    },
    tried(domain, event, transport) {
      written.set(event, true);
      const down = downs.get(domain);
      if (down?.probe !== event) return;
      down.cancel();
      const silent = clock.after(SILENCE, () => up(domain));
      down.cancel = silent;
      const isOpen = (): boolean => downs.get(domain) === down && down.probe === event;
      // One that was frozen may answer neither the first question nor the second, and then all of them.
      const ask = (): void =>
        void answers(transport, domain).then((there) => {
          if (!isOpen()) return;
          if (there) return up(domain);
          const again = clock.after(ASK_AGAIN, () => isOpen() && ask());
          down.cancel = () => {
            silent();
            again();
          };
        });
      ask();
    },
    heard(domain, event, why) {
      if (!written.get(event)) return;
      written.set(event, false);
      if (why === 'unreachable') failed(domain, event);
    },
    failed,
    arrived: up,
    isFar: (domain) => !isHome(domain),
    isDown: (domain) => downs.has(domain),
    stop() {
      for (const { cancel } of downs.values()) cancel();
      downs.clear();
    },
  };
}

export type ReturnsParts = {
  readonly store: Pick<Store, 'journal' | 'unit'>;
  readonly rows: Pick<Rows, 'owner' | 'unheard'>;
  readonly settling: Pick<Settling, 'settle'>;
  readonly time: RunningTime;
  readonly clock: Clock;
  readonly log: Log;
  /** How long a message may come back, in ms. */
  readonly returns: number;
};

/** The most ms between two looks at what may not come back any more, and rows that end in one unit. */
const LOOK = 30_000;
const CHUNK = 500;

/** What the servers of others have not told to be lost. */
export type Returns = {
  /** A link has ended: what was written there of late is owed again, for nobody hears if it comes back. Never rejects. */
  lost(transport: string): Promise<void>;
  stop(): void;
};

/** Ends as delivered what has not come back in its time. */
export function openReturns({ store, rows, settling, time, clock, log, returns }: ReturnsParts): Returns {
  const pause = Math.min(LOOK, returns);
  let stopped = false;
  async function look(): Promise<void> {
    if (stopped) return;
    await rows.owner();
    for (let changed = CHUNK; changed === CHUNK && !stopped; ) {
      const [ended] = await store.unit([store.journal.arrived(time.now(), clock.now(), CHUNK)]);
      changed = ended?.changed ?? 0;
    }
  }
  function tick(): void {
    look().catch((err: unknown) => log.debug({ err }, 'what has arrived could not be looked up'));
    cancel = clock.after(pause, tick);
  }
  let cancel = clock.after(pause, tick);
  async function reopen(transport: string): Promise<void> {
    await rows.owner();
    const since = rows.unheard();
    for (let [after, full] = [0, true]; full; ) {
      const page = await store.journal.unproven(since, after, CHUNK);
      for (const { event, account } of page)
        if (splitAccount(account as AccountKey).transport === transport)
          await settling.settle(event, new Failure('recipient-unavailable'));
      [after, full] = [page.at(-1)?.id ?? after, page.length === CHUNK];
    }
  }
  return {
    lost: (transport) =>
      reopen(transport).catch((err: unknown) => log.error({ err }, 'what may have been lost could not be looked up')),
    stop() {
      stopped = true;
      cancel();
    },
  };
}
