import type { Command, CommandWork, StateWrite, Step } from '#src/bridge.ts';
import { Failure } from '#src/model/failure.ts';
import type { Answer } from '#src/model/form.ts';
import type { AccountKey } from '#src/model/ids.ts';
import { addresses } from './addresses.ts';
import type { SmsConfig } from './config.ts';
import { type Memory, openMemory } from './routing/memory.ts';
import { BLOCKED, learntOf, standing } from './routing/standing.ts';

const NOTHING_ASKED: readonly Step[] = [];

type Called = { readonly account: AccountKey; readonly their: string; readonly memory: Memory };

async function calledOn({ place, host }: CommandWork<SmsConfig>): Promise<Called> {
  if (place.kind !== 'contact') throw new Failure('bad-request');
  const their = addresses.fold(addresses.parse(place.id)).name;
  return { account: place.account, their, memory: await openMemory(host) };
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
      await work.host.emit([standing(called.account, called.their, why)], [write]);
      return said;
    },
  }) satisfies Command<SmsConfig>;

/** What users can do about one phone. */
export const commands: readonly Command<SmsConfig>[] = [
  command('block', 'No more texts from you to this number', async ({ account, their, memory }) => ({
    why: BLOCKED,
    write: memory.writeBlocked(account, their, true),
    said: `Nothing more is sent from you to ${their}, until they write START or you "unblock ${their}".`,
  })),
  command('unblock', 'Texts from you to this number again', async ({ account, their, memory }, { host, config }) => ({
    why: await learntOf({ host, config, memory }, account, their),
    write: memory.writeBlocked(account, their, false),
    said: `Your texts go to ${their} again, unless they have answered STOP.`,
  })),
];
