import { setTimeout as delay } from 'node:timers/promises';
import type { FakeMessage } from '../../test/fakes/twilio-messages.ts';
import { statusOf } from '../../test/fakes/twilio-webhooks.ts';
import { between, oneOf, type Random } from '../random.ts';
import type { Calls } from './calls.ts';

type Step = readonly [status: string, code?: number];

/** How a text fares, in the order in which it does. Each is as likely as any other. */
const fates: readonly (readonly Step[])[] = [
  ...Array.from({ length: 9 }, () => [['sent'], ['delivered']] as const),
  [['sending'], ['sent'], ['delivered']],
  [['delivered']],
  [['sent'], ['undelivered', 30005]],
  [['failed', 30003]],
];

export const FAILED: ReadonlySet<string> = new Set(['failed', 'undelivered']);

/** Milliseconds from one step to the next, and until it is told: what is told may come in another order. */
const STEP = 200;
const TOLD = 300;
/** Of a hundred callbacks so many are lost, so many come twice, and so many texts fare before their request is answered. */
const LOST = 20;
const DOUBLED = 10;
const EARLY = 10;

/** What becomes of the provider's messages, and who is told of it. */
export type Fates = {
  /** A message was made. What this resolves with comes before the answer to its request. */
  begin(message: FakeMessage): Promise<void>;
  /** How many have not come to their end. */
  readonly open: number;
};

export function openFates(random: Random, calls: Calls): Fates {
  let open = 0;
  const often = (percent: number): boolean => between(random, 1, 100) <= percent;

  function become(message: FakeMessage, [status, code]: Step): FakeMessage {
    message.status = status;
    message.error = code ?? null;
    return { ...message };
  }

  async function tell(message: FakeMessage): Promise<void> {
    if (often(LOST)) return;
    const again = often(DOUBLED);
    await calls.status(message.callback, statusOf(message));
    if (again) await calls.status(message.callback, statusOf(message));
  }

  async function fare(message: FakeMessage, steps: readonly Step[]): Promise<void> {
    for (const step of steps) {
      await delay(between(random, 0, STEP));
      const seen = become(message, step);
      void delay(between(random, 0, TOLD)).then(() => tell(seen));
    }
    open--;
  }

  return {
    async begin(message) {
      open++;
      const steps = oneOf(random, fates);
      const early = often(EARLY) ? between(random, 1, steps.length) : 0;
      for (const step of steps.slice(0, early)) await tell(become(message, step));
      void fare(message, steps.slice(early));
    },
    get open() {
      return open;
    },
  };
}
