// Copies of a room's mails that one of several is to get later: each person has a queue of their own, and nobody waits for another.

import { z } from 'zod';
import type { EmailTransport } from '#bridges/email/transport.ts';
import { email } from '#mappings/email.ts';
import type { StateWrite } from '#src/bridge.ts';
import { backoff } from '#src/lib/time/backoff.ts';
import { Failure } from '#src/model/failure.ts';
import type { AccountKey } from '#src/model/ids.ts';

const copySchema = z.object({
  room: z.string(),
  /** Whose copy it is, and its token; `mail` is the token of what all of them get. */
  address: z.string(),
  token: z.string(),
  mail: z.string(),
  /** The last event in it, which its sender knows it by, and when it was said (ms since 1970). */
  event: z.string(),
  at: z.number(),
  /** It goes from a mailbox of the user's own. */
  own: z.boolean(),
  /** Tries, when the next is due, whether one is in doubt, and whether the user knows that it waits. */
  tries: z.number().default(1),
  next: z.number(),
  doubted: z.boolean().default(false),
  told: z.boolean().default(false),
});
/** A copy that waits for its recipient's server. */
export type WaitingCopy = z.infer<typeof copySchema>;
type NewCopy = Pick<WaitingCopy, 'room' | 'address' | 'token' | 'mail' | 'event' | 'at' | 'own'>;

type WaitingParts = {
  /** Tries a copy. Rejects with a `Failure`. */
  send(account: AccountKey, copy: WaitingCopy, mail: Buffer): Promise<void>;
  /** It has not reached its recipient, and is not tried any more. */
  lost(account: AccountKey, copy: WaitingCopy, failure: Failure): Promise<void>;
  /** It has waited for so long that its user is told. */
  late(account: AccountKey, copy: WaitingCopy): Promise<void>;
};

type Line = {
  readonly account: AccountKey;
  readonly copies: { key: string; copy: WaitingCopy }[];
  cancel(): void;
  busy: boolean;
};

const DAY = 86_400_000;
/** How long a copy is tried, how long it is kept, and how many wait for one person of a room. */
const TRIED_FOR = 4 * DAY;
const KEPT_FOR = 5 * DAY;
const MOST = 100;
const { retry = { min: 300_000, max: 3_600_000 }, told: TOLD_AFTER = 14_400_000 } = email.facts.delivery ?? {};
const nextWait = backoff({ ...retry, random: Math.random });

export type WaitingCopies = ReturnType<typeof openWaitingCopies>;

/** Opens the queues, with what an earlier run has left in them. */
export function openWaitingCopies({ host, state }: EmailTransport, parts: WaitingParts) {
  const lines = new Map<string, Line>();
  const running = new Set<Promise<void>>();
  let [closed, count] = [false, 0];

  const nameOf = (account: AccountKey, room: string, address: string): string => `${account} ${room} ${address}`;
  const lineOf = (account: AccountKey, { room, address }: Pick<WaitingCopy, 'room' | 'address'>): Line => {
    const name = nameOf(account, room, address);
    const line = lines.get(name) ?? { account, copies: [], cancel: () => undefined, busy: false };
    lines.set(name, line);
    return line;
  };
  const until = (at: number) => ({ seal: true, expires: at + KEPT_FOR });
  const bytesKey = (mail: string): string => `waiting-mail/${mail}`;
  const written = (account: AccountKey, key: string, copy: WaitingCopy): StateWrite => ({
    ...{ account, key, value: JSON.stringify(copy), ...until(copy.at) },
  });

  /** In the order of their coming, over restarts, too. */
  const nextKey = (copy: NewCopy): string =>
    `waiting/${String(host.clock.now()).padStart(15, '0')}.${String(count++).padStart(6, '0')}.${state.mac('waiting', copy.token)}`;

  async function load(): Promise<void> {
    for (const { key: index } of await host.state.list({ prefix: 'waits/' })) {
      const account = index.slice('waits/'.length) as AccountKey;
      for (const { key, value } of await host.state.list({ account, prefix: 'waiting/' })) {
        const copy = copySchema.parse(JSON.parse(value));
        lineOf(account, copy).copies.push({ key, copy });
      }
    }
    for (const line of lines.values()) schedule(line);
  }

  function schedule(line: Line): void {
    line.cancel();
    const first = line.copies[0];
    if (!first || closed || line.busy) return;
    line.cancel = host.clock.after(Math.max(first.copy.next - host.clock.now(), 0), () => run(line));
  }

  function run(line: Line): void {
    if (line.busy || closed) return;
    line.busy = true;
    const work = goOn(line)
      .catch((error: unknown) => {
        host.log.error({ err: error }, 'a mail to one of several could not be tried again');
        for (const { copy } of line.copies.slice(0, 1)) copy.next = Math.max(copy.next, host.clock.now() + retry.min);
      })
      .finally(() => {
        running.delete(work);
        line.busy = false;
        if (line.copies.length === 0) return lines.delete(nameOfLine(line));
        schedule(line);
      });
    running.add(work);
  }

  const nameOfLine = (line: Line): string => [...lines].find(([, one]) => one === line)?.[0] ?? '';

  /** Sends what is due, one after the other, as long as it is taken. */
  async function goOn(line: Line): Promise<void> {
    const { account, copies } = line;
    for (let first = copies[0]; first && !closed; first = copies[0]) {
      const failure = await tried(account, first.copy);
      if (closed && failure) return;
      const { copy } = first;
      const doubtful = failure !== undefined && !failure.certain;
      const over =
        failure && (!failure.row.retry || (doubtful && copy.doubted) || host.clock.now() - copy.at > TRIED_FOR);
      if (failure && !over) {
        copy.next = host.clock.now() + nextWait(copy.tries++);
        copy.doubted ||= doubtful;
        return waitOn(account, first.key, copy);
      }
      if (failure) await parts.lost(account, copy, failure);
      copies.shift();
      await host.emit([], ended(account, first.key, copy));
    }
  }

  async function tried(account: AccountKey, copy: WaitingCopy): Promise<Failure | undefined> {
    try {
      const mail = await host.state.bytes({ account, key: bytesKey(copy.mail) });
      if (!mail) return new Failure('gone');
      await parts.send(account, copy, Buffer.from(mail));
      return undefined;
    } catch (error) {
      return error instanceof Failure ? error : new Failure('internal', { cause: error });
    }
  }

  async function waitOn(account: AccountKey, key: string, copy: WaitingCopy): Promise<void> {
    if (!copy.told && host.clock.now() - copy.at >= TOLD_AFTER) {
      copy.told = true;
      await parts.late(account, copy);
    }
    await host.emit([], [written(account, key, copy)]);
  }

  /** What all get goes with the last copy of it. */
  function ended(account: AccountKey, key: string, { mail }: WaitingCopy): StateWrite[] {
    const left = [...lines.values()].filter((line) => line.account === account).flatMap(({ copies }) => copies);
    return [
      { account, key, value: null },
      ...(left.some(({ copy }) => copy.mail === mail) ? [] : [{ account, key: bytesKey(mail), value: null }]),
      ...(left.length > 0 ? [] : [{ key: `waits/${account}`, value: null }]),
    ];
  }

  const loaded = load().catch((error: unknown) => host.log.error({ err: error }, 'mails that wait could not be read'));

  return {
    /** Resolves once it is known what waits. */
    loaded,
    /** Whether something waits for somebody, which all that follows comes behind. Rejects with a `Failure` for too much. */
    async waitsFor(account: AccountKey, room: string, address: string): Promise<boolean> {
      await loaded;
      const waiting = lines.get(nameOf(account, room, address))?.copies.length ?? 0;
      if (waiting >= MOST) throw new Failure('queue-full');
      return waiting > 0;
    },
    /** Has copies of a mail wait, with other writes in the same unit. Resolves once that is durable. */
    async add(
      account: AccountKey,
      copies: readonly NewCopy[],
      mail: Buffer,
      writes: readonly StateWrite[],
    ): Promise<void> {
      // What is sent once more after a kill waits already.
      const known = (one: NewCopy) => lineOf(account, one).copies.some(({ copy }) => copy.token === one.token);
      const fresh = copies
        .filter((one) => !known(one))
        .map((one) => ({
          key: nextKey(one),
          copy: copySchema.parse({ ...one, next: host.clock.now() + nextWait(0) }),
        }));
      const [first] = fresh;
      if (!first) return;
      await host.emit(
        [],
        [
          ...writes,
          { account, key: bytesKey(first.copy.mail), value: mail, ...until(first.copy.at) },
          { key: `waits/${account}`, value: '1', ...until(first.copy.at) },
          ...fresh.map(({ key, copy }) => written(account, key, copy)),
        ],
      );
      for (const one of fresh) {
        const line = lineOf(account, one.copy);
        line.copies.push(one);
        if (line.copies.length === 1) schedule(line);
      }
    },
    /** Nothing of an account is tried any more. */
    forget(account: AccountKey): void {
      for (const [name, line] of [...lines])
        if (line.account === account) {
          line.cancel();
          line.copies.splice(0);
          lines.delete(name);
        }
    },
    /** Tries nothing more. Resolves when nothing is on its way. */
    async close(): Promise<void> {
      closed = true;
      for (const line of lines.values()) line.cancel();
      await loaded;
      await Promise.all(running);
    },
  };
}
