import { afterOutcomes } from '#bridges/sms/routing/reachability.ts';
import type { MessageRecord } from '#bridges/sms/routing/state.ts';
import type { SmsTransport } from '#bridges/sms/transport.ts';
import { Failure } from '#src/model/failure.ts';
import type { AccountKey, EventId, ForeignId } from '#src/model/ids.ts';
import type { ListedText } from './provider.ts';
import { advance, type StatusUpdate } from './statuses.ts';

/** How far the clocks of the provider and of this machine may differ. */
const SKEW = 5 * 60_000;

/** How messages of ours fare, whoever tells it: callbacks, the answer to the request, the provider's list. */
export type DeliveryTracking = {
  /** Takes news of a message by our reference. Resolves once they are kept and told. */
  news(ref: string, news: StatusUpdate): Promise<void>;
  /** It is not known whether a message was sent: told to the house unless somebody has said so meanwhile. */
  doubt(ref: string, failure: Failure): Promise<void>;
  /** Looks in the provider's list for a message whose fate is not known. Rejects with a `Failure`, to be asked again. */
  look(ref: string): Promise<'sent' | 'not-sent'>;
  /** Looks for all that has not ended. Never rejects. */
  lookAll(): Promise<void>;
};

export function openTracking(transport: SmsTransport): DeliveryTracking {
  const { host, config, state, provider } = transport;

  const news = (ref: string, what: StatusUpdate): Promise<void> =>
    transport.alone(`status ${ref}`, async () => {
      const message = await state.message(ref);
      // Long ago, or never ours.
      if (!message) return;
      const { messageState, outcomes, read } = advance(message.messageState, what);
      if (messageState === message.messageState) return;
      if (messageState.failed) await claim(ref, message, what.sid);
      for (const outcome of outcomes) await host.settle(ref as EventId, outcome);
      const { our, their } = message;
      await transport.alone(their, async () => {
        const learnt = await afterOutcomes(transport, { account: message.account as AccountKey, our, their }, outcomes);
        const drafts = read ? [...learnt.drafts, displayed(message, what.sid)] : learnt.drafts;
        await host.emit(drafts, [...state.writeMessage(ref, { ...message, messageState }), ...learnt.writes]);
      });
    });

  /** Keeps whose message it is before its failure is told: what is sent again after that must not be taken for it. */
  async function claim(ref: string, message: MessageRecord, sid: string): Promise<void> {
    if (message.messageState.sid !== undefined) return;
    await host.emit([], state.writeMessage(ref, { ...message, messageState: { ...message.messageState, sid } }));
  }

  // News is told before it is kept: only behind it there is none.
  const doubt = (ref: string, failure: Failure): Promise<void> =>
    transport.alone(`status ${ref}`, async () => {
      const message = await state.message(ref);
      if (!message || message.messageState.rank === 0) await host.settle(ref as EventId, failure);
    });

  const displayed = ({ account, their }: MessageRecord, sid: string) =>
    ({
      place: { kind: 'contact', account: account as AccountKey, id: their },
      from: { kind: 'network', id: their },
      kind: 'receipt',
      target: sid as ForeignId,
      state: 'displayed',
    }) as const;

  async function find(ref: string, message: MessageRecord): Promise<boolean> {
    return found(ref, message, await listFor(message.their, message.at));
  }

  const listFor = (their: string, at: number): Promise<readonly ListedText[]> =>
    provider.list({ direction: 'out', to: bare(their), since: at - SKEW });

  async function found(ref: string, message: MessageRecord, listed: readonly ListedText[]): Promise<boolean> {
    const entry = await match(ref, message, listed);
    if (entry) await news(ref, newsOf(entry));
    return entry !== undefined;
  }

  /** The entry that is this message: the one known as it, or the first of its words that is no other one. */
  async function match(
    ref: string,
    message: MessageRecord,
    listed: readonly ListedText[],
  ): Promise<ListedText | undefined> {
    const { sid } = message.messageState;
    if (sid !== undefined) return listed.find((one) => one.sid === sid);
    for (const one of listed.toSorted((a, b) => a.at - b.at)) {
      if (one.from !== message.our || state.mac('text', one.text) !== message.text) continue;
      const known = await state.refOf(one.sid);
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
      const message = await state.message(ref);
      if (!message) return 'not-sent';
      if (message.messageState.rank > 0 || (await find(ref, message))) return 'sent';
      // Until then the work may go on that was not answered.
      await until(message.at + config.unclear);
      if (host.signal.aborted) throw new Failure('stopping', { certain: false });
      const now = await state.message(ref);
      return (now && now.messageState.rank > 0) || (await find(ref, message)) ? 'sent' : 'not-sent';
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
    const open = new Map<string, [string, MessageRecord][]>();
    for (const ref of await state.open()) {
      const message = await state.message(ref);
      if (!message || host.clock.now() - message.at < config.unclear) continue;
      open.set(message.their, [...(open.get(message.their) ?? []), [ref, message]]);
    }
    return open;
  }
}

const bare = (their: string): string => their.replace(/%.*$/, '');

const newsOf = ({ sid, status, code }: ListedText): StatusUpdate => ({
  sid,
  status,
  ...(code !== undefined && { code }),
});
