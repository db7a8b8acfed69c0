import type { Session, SessionKey } from '#src/bridge.ts';
import type { Clock } from '#src/lib/time/clock.ts';
import { Failure } from '#src/model/failure.ts';
import { splitAccount } from '#src/model/ids.ts';
import type { Sessions } from './sessions.ts';

/** Milliseconds that a session stays that was made for a question, after the last one. */
const STAY = 60_000;

/** Sessions that nothing wants but a question. */
export type Visits = {
  /** The session of the key, which is made where there is none. Rejects with the `Failure` of the attempt. */
  enter(key: SessionKey): Promise<Session | undefined>;
  stop(): void;
};

type VisitParts = {
  readonly sessions: Pick<Sessions, 'get' | 'listen' | 'need' | 'release' | 'unwant' | 'want'>;
  readonly clock: Clock;
};

type Waiting = { readonly key: SessionKey; end(failure?: Failure): void };

export function openVisits({ sessions, clock }: VisitParts): Visits {
  const leaving = new Map<string, () => void>();
  const waiting = new Set<Waiting>();

  function tell({ account, realm }: SessionKey, failure?: Failure): void {
    for (const one of waiting) if (one.key.account === account && one.key.realm === realm) one.end(failure);
  }
  sessions.listen({
    online: (key) => tell(key),
    changed: () => undefined,
    released: (key) => tell(key, new Failure('recipient-unavailable')),
    refused: tell,
    abandoned: tell,
  });

  function arrival(key: SessionKey): Promise<void> {
    return new Promise((resolve, reject) => {
      const one: Waiting = {
        key,
        end(failure) {
          waiting.delete(one);
          if (failure) reject(failure);
          else resolve();
        },
      };
      waiting.add(one);
    });
  }

  /** From now on the visit lasts for a while, and no longer if nothing else wants the session by then. */
  function linger(key: SessionKey, name: string): void {
    leaving.get(name)?.();
    const cancel = clock.after(STAY, () => {
      leaving.delete(name);
      sessions.unwant(key, 'room');
      sessions.release(key);
    });
    leaving.set(name, cancel);
  }

  return {
    async enter(key) {
      const name = `${key.account} ${key.realm}`;
      const known = sessions.get(key);
      if (!known || leaving.has(name)) {
        if (!leaving.has(name)) sessions.want(key, 'room');
        linger(key, name);
      }
      if (known) return known;
      const there = arrival(key);
      const { user } = splitAccount(key.account);
      sessions.need(key, user.slice(0, user.indexOf('@')), true);
      await there;
      return sessions.get(key);
    },
    stop() {
      for (const cancel of leaving.values()) cancel();
      leaving.clear();
    },
  };
}
