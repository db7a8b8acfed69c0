import { setTimeout as delay } from 'node:timers/promises';
import { type FakeHomeserver, HS_TOKEN } from '../../test/fakes/homeserver.ts';
import { between, type Random } from '../random.ts';
import { DOMAIN } from './names.ts';

/** What a homeserver sends to the gateway: one transaction after the other, each again until it is taken (application service API §4.1.2). */
export type Transactions = {
  /** Events that the gateway has not taken. */
  readonly open: number;
  /** Runs when a transaction has been sent off. */
  onSent: (() => void) | undefined;
  readonly figures: Readonly<Record<'taken' | 'again' | 'repeated' | 'overtaken', number>>;
  begin(): void;
  end(): void;
};

type Transaction = { readonly id: string; readonly events: readonly unknown[] };

/** Ms until one that was not taken is sent again. */
const AGAIN = 60;
/** Ms between two looks for news. */
const LOOK = 10;
/** Events that go together at most. */
const MOST = 8;
/** One in so many is sent once more at once, and one in so many long after others have overtaken it. */
const REPEATED = 10;
const OVERTAKEN = 15;

export function openTransactions(
  { sent }: Pick<FakeHomeserver, 'sent'>,
  port: number,
  random: Random,
  violate: (sentence: string) => void,
): Transactions {
  const url = `http://127.0.0.1:${port}/hooks/${DOMAIN}/_matrix/app/v1/transactions`;
  const figures = { taken: 0, again: 0, repeated: 0, overtaken: 0 };
  const known: Transaction[] = [];
  let at = 0;
  let running = false;
  let ended = false;

  async function isTaken({ id, events }: Transaction): Promise<boolean> {
    const headers = { Authorization: `Bearer ${HS_TOKEN}`, 'Content-Type': 'application/json' };
    const answer = fetch(`${url}/${id}`, { method: 'PUT', headers, body: JSON.stringify({ events }) });
    transactions.onSent?.();
    const status = await answer.then(
      async (response) => {
        await response.arrayBuffer();
        return response.status;
      },
      () => 0,
    );
    if (status >= 400 && status < 500) violate(`a transaction was answered ${status}`);
    return status === 200;
  }

  async function deliver(one: Transaction): Promise<void> {
    while (!ended && !(await isTaken(one))) {
      figures.again++;
      await delay(AGAIN);
    }
  }

  async function work(): Promise<void> {
    for (let count = 0; !ended; ) {
      const batch = sent.slice(at, at + between(random, 1, MOST));
      if (batch.length === 0) {
        await delay(LOOK);
        continue;
      }
      const one = { id: `c${++count}`, events: batch.flatMap(({ body }) => body.events as unknown[]) };
      await deliver(one);
      known.push(one);
      at += batch.length;
      figures.taken++;
      if (between(random, 1, REPEATED) === 1) {
        figures.repeated++;
        await deliver(one);
      }
      const old = known[between(random, 0, known.length - 1)];
      if (old && between(random, 1, OVERTAKEN) === 1) {
        figures.overtaken++;
        await deliver(old);
      }
    }
  }

  const transactions: Transactions = {
    get open() {
      return sent.length - at;
    },
    onSent: undefined,
    figures,
    begin() {
      if (!running) void work();
      running = true;
    },
    end() {
      ended = true;
    },
  };
  return transactions;
}
