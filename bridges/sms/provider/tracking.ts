import type { Message } from '#bridges/sms/routing/memory.ts';
import { fared } from '#bridges/sms/routing/standing.ts';
import type { Parts } from '#bridges/sms/transport.ts';
import { Failure } from '#src/model/failure.ts';
import type { AccountKey, EventId, ForeignId } from '#src/model/ids.ts';
import type { Listed } from './provider.ts';
import { advance, type StatusNews } from './statuses.ts';

/** How far the clocks of the provider and of this machine may differ. */
const SKEW = 5 * 60_000;

/** How messages of ours fare, whoever tells it: callbacks, the answer to the request, the provider's list. */
export type Tracking = {
  /** Takes news of a message by our reference. Resolves once they are kept and told. */
  news(ref: string, news: StatusNews): Promise<void>;
  /** It is not known whether a message was sent: told to the house unless somebody has said so meanwhile. */
  doubt(ref: string, failure: Failure): Promise<void>;
  /** Looks in the provider's list for a message whose fate is not known. Rejects with a `Failure`, to be asked again. */
  look(ref: string): Promise<'sent' | 'not-sent'>;
  /** Looks for all that has not ended. Never rejects. */
  lookAll(): Promise<void>;
};

export function openTracking(parts: Parts): Tracking {
  const { host, config, memory, provider } = parts;

  const news = (ref: string, what: StatusNews): Promise<void> =>
    parts.alone(`status ${ref}`, async () => {
      const message = await memory.message(ref);
      // Long ago, or never ours.
      if (!message) return;
      const { progress, outcomes, read } = advance(message.progress, what);
      if (progress === message.progress) return;
      for (const outcome of outcomes) await host.settle(ref as EventId, outcome);
      const { our, their } = message;
      await parts.alone(their, async () => {
        const learnt = await fared(parts, { account: message.account as AccountKey, our, their }, outcomes);
        const drafts = read ? [...learnt.drafts, displayed(message, what.sid)] : learnt.drafts;
        await host.emit(drafts, [...memory.writeMessage(ref, { ...message, progress }), ...learnt.writes]);
      });
    });

  // News is told before it is kept: only behind it there is none.
  const doubt = (ref: string, failure: Failure): Promise<void> =>
    parts.alone(`status ${ref}`, async () => {
      const message = await memory.message(ref);
      if (!message || message.progress.rank === 0) await host.settle(ref as EventId, failure);
    });

  const displayed = ({ account, their }: Message, sid: string) =>
    ({
      place: { kind: 'contact', account: account as AccountKey, id: their },
      from: { kind: 'network', id: their },
      kind: 'receipt',
      target: sid as ForeignId,
      state: 'displayed',
    }) as const;

  async function find(ref: string, message: Message): Promise<boolean> {
    return found(ref, message, await listFor(message.their, message.at));
  }

  const listFor = (their: string, at: number): Promise<readonly Listed[]> =>
    provider.list({ direction: 'out', to: bare(their), since: at - SKEW });

  async function found(ref: string, message: Message, listed: readonly Listed[]): Promise<boolean> {
    const entry = await match(ref, message, listed);
    if (entry) await news(ref, newsOf(entry));
    return entry !== undefined;
  }

  /** The entry that is this message: the one known as it, or the first of its words that is no other one. */
  async function match(ref: string, message: Message, listed: readonly Listed[]): Promise<Listed | undefined> {
    const { sid } = message.progress;
    if (sid !== undefined) return listed.find((one) => one.sid === sid);
    for (const one of listed.toSorted((a, b) => a.at - b.at)) {
      if (one.from !== message.our || memory.mac('text', one.text) !== message.text) continue;
      const known = await memory.refOf(one.sid);
      if (known === undefined || known === ref) return one;
    }
    return undefined;
  }

  const until = (time: number): Promise<void> =>
    new Promise((done) => {
      const wait = time - host.clock.now();
      if (wait <= 0 || host.signal.aborted) return done();
      const cancel = host.clock.after(wait, done);
      host.signal.addEventListener('abort', () => {
        cancel();
        done();
      });
    });

  return {
    news,
    doubt,
    async look(ref) {
      const message = await memory.message(ref);
      if (!message) return 'not-sent';
      if (message.progress.rank > 0 || (await find(ref, message))) return 'sent';
      // Until then the work may go on that was not answered.
      await until(message.at + config.unclear);
      if (host.signal.aborted) throw new Failure('stopping', { certain: false });
      const now = await memory.message(ref);
      return (now && now.progress.rank > 0) || (await find(ref, message)) ? 'sent' : 'not-sent';
    },
    async lookAll() {
      for (const [their, open] of await openByPhone()) {
        try {
          const listed = await listFor(their, Math.min(...open.map(([, { at }]) => at)));
          for (const [ref, message] of open) await found(ref, message, listed);
        } catch (error) {
          host.log.warn({ err: error }, 'the provider cannot be asked how messages fare');
        }
      }
    },
  };

  /** What has not ended and is old enough, by phone: one list tells of all that went there. */
  async function openByPhone() {
    const open = new Map<string, [string, Message][]>();
    for (const ref of await memory.open()) {
      const message = await memory.message(ref);
      if (!message || host.clock.now() - message.at < config.unclear) continue;
      open.set(message.their, [...(open.get(message.their) ?? []), [ref, message]]);
    }
    return open;
  }
}

const bare = (their: string): string => their.replace(/%.*$/, '');

const newsOf = ({ sid, status, code }: Listed): StatusNews => ({ sid, status, ...(code !== undefined && { code }) });
