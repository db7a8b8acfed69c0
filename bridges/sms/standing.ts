import type { Outcome, StateWrite } from '#src/bridge.ts';
import type { Draft } from '#src/model/event.ts';
import { Failure } from '#src/model/failure.ts';
import type { AccountKey } from '#src/model/ids.ts';
import { isOfPhone } from './failures.ts';
import { accountOf, type Parts } from './parts.ts';

/** As the table has it for everybody of whom nothing else is known. */
const USUAL = 'SMS, no presence';
export const OUT = 'They answered STOP: no more texts may be sent to them from here.';

/** An account and a phone that it writes to from a number of ours. */
export type Between = { readonly account: AccountKey; readonly our: string; readonly their: string };

/** What is told and kept together. */
export type News = { readonly drafts: readonly Draft[]; readonly writes: readonly StateWrite[] };
const NOTHING: News = { drafts: [], writes: [] };

/** What an account is shown of a phone, `why` no text gets there: nothing of what other accounts have learnt. Pure. */
export const standing = (account: AccountKey, their: string, why?: string): Draft => ({
  place: { kind: 'contact', account, id: their },
  from: { kind: 'network', id: their },
  kind: 'presence',
  show: why === undefined ? 'available' : 'xa',
  status: why ?? USUAL,
});

/** Why nothing is sent to a phone from a number of ours. */
const outOf = async ({ memory }: Parts, { our, their }: Between): Promise<string | undefined> =>
  (await memory.optedOut(our, their)) ? OUT : undefined;

/** Tells an account that begins to look at a phone, if it has learnt that no text gets there. */
export async function tellStanding(parts: Parts, account: AccountKey, their: string): Promise<void> {
  const { host, config, memory } = parts;
  const own = Object.keys(config.owners).find((our) => accountOf(parts, config.owners[our]?.user ?? '') === account);
  const our = (await memory.choice(account, their)) ?? own;
  const out = our === undefined ? undefined : await outOf(parts, { account, our, their });
  const why = out ?? (await memory.unreachable(account, their));
  if (why !== undefined) await host.emit([standing(account, their, why)]);
}

/** What an account learns of a phone by how a text to it fared. */
export async function fared(parts: Parts, between: Between, outcomes: readonly Outcome[]): Promise<News> {
  const { account, their } = between;
  const last = outcomes.at(-1);
  if (last === undefined) return NOTHING;
  if (!(last instanceof Failure)) return last.state === 'delivered' ? reached(parts, between) : NOTHING;
  if (!isOfPhone(last) || (await parts.memory.unreachable(account, their)) === last.message) return NOTHING;
  const why = (await outOf(parts, between)) ?? last.message;
  return {
    drafts: [standing(account, their, why)],
    writes: [parts.memory.writeUnreachable(account, their, last.message)],
  };
}

/** The phone is there after all: it got a text of the account, or has sent it one. */
export async function reached(parts: Parts, between: Between): Promise<News> {
  const { account, their } = between;
  if ((await parts.memory.unreachable(account, their)) === undefined) return NOTHING;
  return {
    drafts: [standing(account, their, await outOf(parts, between))],
    writes: [parts.memory.writeUnreachable(account, their, null)],
  };
}
