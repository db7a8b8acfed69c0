import { isOfPhone } from '#bridges/sms/provider/failures.ts';
import { accountOf, type Parts } from '#bridges/sms/transport.ts';
import type { Outcome, StateWrite } from '#src/bridge.ts';
import type { Draft } from '#src/model/event.ts';
import { Failure } from '#src/model/failure.ts';
import type { AccountKey } from '#src/model/ids.ts';

/** As the table has it for everybody of whom nothing else is known. */
const USUAL = 'SMS, no presence';
export const OUT = 'They answered STOP: no more texts may be sent to them from here.';

export const BLOCKED = 'You have ended your texts to this number. "unblock", written to the gateway, undoes it.';

/** An account and a phone that it writes to from a number of ours. */
export type Between = { readonly account: AccountKey; readonly our: string; readonly their: string };

/** What is told and kept together. */
export type News = { readonly drafts: readonly Draft[]; readonly writes: readonly StateWrite[] };

type Known = Pick<Parts, 'host' | 'config' | 'memory'>;

const NOTHING: News = { drafts: [], writes: [] };

/** What an account is shown of a phone, `why` no text gets there: nothing of what other accounts have learnt. Pure. */
export const standing = (account: AccountKey, their: string, why?: string): Draft => ({
  place: { kind: 'contact', account, id: their },
  from: { kind: 'network', id: their },
  kind: 'presence',
  show: why === undefined ? 'available' : 'xa',
  status: why ?? USUAL,
});

/** Why nothing of an account is sent to a phone from a number of ours. */
export async function refusalOf({ memory }: Known, { account, our, their }: Between): Promise<string | undefined> {
  if (await memory.blocked(account, their)) return BLOCKED;
  return (await memory.optedOut(our, their)) ? OUT : undefined;
}

/** What an account has learnt of why no text gets to a phone, whether or not it has ended its texts itself. */
export async function learntOf(parts: Known, account: AccountKey, their: string): Promise<string | undefined> {
  const { config, memory } = parts;
  const own = Object.keys(config.owners).find((our) => accountOf(parts, config.owners[our]?.user ?? '') === account);
  const our = (await memory.choice(account, their)) ?? own;
  if (our !== undefined && (await memory.optedOut(our, their))) return OUT;
  return memory.unreachable(account, their);
}

/** Tells an account that begins to look at a phone, if no text gets there. */
export async function tellStanding(parts: Parts, account: AccountKey, their: string): Promise<void> {
  const why = (await parts.memory.blocked(account, their)) ? BLOCKED : await learntOf(parts, account, their);
  if (why !== undefined) await parts.host.emit([standing(account, their, why)]);
}

/** What an account learns of a phone by how a text to it fared. */
export async function fared(parts: Parts, between: Between, outcomes: readonly Outcome[]): Promise<News> {
  const { account, their } = between;
  const last = outcomes.at(-1);
  if (last === undefined) return NOTHING;
  if (!(last instanceof Failure)) return last.state === 'delivered' ? reached(parts, between) : NOTHING;
  if (!isOfPhone(last) || (await parts.memory.unreachable(account, their)) === last.message) return NOTHING;
  const why = (await refusalOf(parts, between)) ?? last.message;
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
    drafts: [standing(account, their, await refusalOf(parts, between))],
    writes: [parts.memory.writeUnreachable(account, their, null)],
  };
}
