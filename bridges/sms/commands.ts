import type { Command, CommandWork, StateWrite, Step } from '#src/bridge.ts';
import { Failure } from '#src/model/failure.ts';
import type { Answer } from '#src/model/form.ts';
import type { AccountKey } from '#src/model/ids.ts';
import type { Words } from '#src/model/language.ts';
import { addresses } from './addresses.ts';
import type { SmsConfig } from './config.ts';
import { reachabilityOf, unreachableReasonOf } from './routing/reachability.ts';
import { openState, type SmsState } from './routing/state.ts';
import { texts } from './texts/catalogue.ts';

const NOTHING_ASKED: readonly Step[] = [];

type Called = { readonly account: AccountKey; readonly their: string; readonly state: SmsState };

async function calledOn({ place, host }: CommandWork<SmsConfig>): Promise<Called> {
  if (place.kind !== 'contact') throw new Failure('bad-request');
  const their = addresses.fold(addresses.parse(place.id)).name;
  return { account: place.account, their, state: await openState(host) };
}

type Change = { readonly why: Words | undefined; readonly write: StateWrite; readonly said: Words };

/** A command on a phone that asks nothing, keeps what it changes, and shows the phone as it now stands. */
const command = (
  node: string,
  title: Words,
  change: (called: Called, work: CommandWork<SmsConfig>) => Promise<Change>,
) =>
  ({
    node,
    title,
    on: 'contact' as const,
    who: 'user' as const,
    async *run(work: CommandWork<SmsConfig>): AsyncGenerator<Step, Words, Answer> {
      yield* NOTHING_ASKED;
      const called = await calledOn(work);
      const { why, write, said } = await change(called, work);
      await work.host.emit([reachabilityOf(work.host, called.account, called.their, why)], [write]);
      return said;
    },
  }) satisfies Command<SmsConfig>;

/** What users can do about one phone. */
export const commands: readonly Command<SmsConfig>[] = [
  command('block', texts.block, async ({ account, their, state }) => ({
    why: texts.blocked,
    write: state.writeBlocked(account, their, true),
    said: texts.blockedNow(their),
  })),
  command('unblock', texts.unblock, async ({ account, their, state }, { host, config }) => ({
    why: await unreachableReasonOf({ host, config, state }, account, their),
    write: state.writeBlocked(account, their, false),
    said: texts.unblockedNow(their),
  })),
];
