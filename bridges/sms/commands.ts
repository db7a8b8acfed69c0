import type { Command, CommandWork, StateWrite, Step } from '#src/bridge.ts';
import { Failure } from '#src/model/failure.ts';
import type { Answer } from '#src/model/form.ts';
import type { AccountKey } from '#src/model/ids.ts';
import { addresses } from './addresses.ts';
import type { SmsConfig } from './config.ts';
import { BLOCKED_REASON, reachabilityOf, unreachableReasonOf } from './routing/reachability.ts';
import { openState, type SmsState } from './routing/state.ts';

const NOTHING_ASKED: readonly Step[] = [];

type Called = { readonly account: AccountKey; readonly their: string; readonly state: SmsState };

async function calledOn({ place, host }: CommandWork<SmsConfig>): Promise<Called> {
  if (place.kind !== 'contact') throw new Failure('bad-request');
  const their = addresses.fold(addresses.parse(place.id)).name;
  return { account: place.account, their, state: await openState(host) };
}

type Change = { readonly why: string | undefined; readonly write: StateWrite; readonly said: string };

/** A command on a phone that asks nothing, keeps what it changes, and shows the phone as it now stands. */
const command = (
  node: string,
  title: string,
  change: (called: Called, work: CommandWork<SmsConfig>) => Promise<Change>,
) =>
  ({
    node,
    title,
    on: 'contact' as const,
    who: 'user' as const,
    async *run(work: CommandWork<SmsConfig>): AsyncGenerator<Step, string, Answer> {
      yield* NOTHING_ASKED;
      const called = await calledOn(work);
      const { why, write, said } = await change(called, work);
      await work.host.emit([reachabilityOf(called.account, called.their, why)], [write]);
      return said;
    },
  }) satisfies Command<SmsConfig>;

/** What users can do about one phone. */
export const commands: readonly Command<SmsConfig>[] = [
  command('block', 'No more texts from you to this number', async ({ account, their, state }) => ({
    why: BLOCKED_REASON,
    write: state.writeBlocked(account, their, true),
    said: `Nothing more is sent from you to ${their}, until they write START or you "unblock ${their}".`,
  })),
  command('unblock', 'Texts from you to this number again', async ({ account, their, state }, { host, config }) => ({
    why: await unreachableReasonOf({ host, config, state }, account, their),
    write: state.writeBlocked(account, their, false),
    said: `Your texts go to ${their} again, unless they have answered STOP.`,
  })),
];
