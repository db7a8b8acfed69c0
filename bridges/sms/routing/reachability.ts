import { isOfPhone } from '#bridges/sms/provider/failures.ts';
import { texts } from '#bridges/sms/texts/catalogue.ts';
import type { SmsTransport } from '#bridges/sms/transport.ts';
import { sms } from '#mappings/sms.ts';
import type { Host, Outcome, StateWrite } from '#src/bridge.ts';
import type { Draft } from '#src/model/event.ts';
import { Failure } from '#src/model/failure.ts';
import type { AccountKey } from '#src/model/ids.ts';
import { type Words, wordsIn } from '#src/model/language.ts';
import { accountOf } from './users.ts';

/** As the table has it for everybody of whom nothing else is known. */
const { unseen = '' } = sms.facts;

/** An account and a phone that it writes to from a number of ours. */
export type AccountAndNumbers = { readonly account: AccountKey; readonly our: string; readonly their: string };

/** What is told and kept together. */
export type StateChanges = { readonly drafts: readonly Draft[]; readonly writes: readonly StateWrite[] };

type Known = Pick<SmsTransport, 'host' | 'config' | 'state'>;

const NOTHING: StateChanges = { drafts: [], writes: [] };

/** What an account is shown of a phone, `why` no text gets there: nothing of what other accounts have learnt. Pure. */
export const reachabilityOf = (
  { language }: Pick<Host, 'language'>,
  account: AccountKey,
  their: string,
  why?: Words,
): Draft => ({
  place: { kind: 'contact', account, id: their },
  from: { kind: 'network', id: their },
  kind: 'presence',
  show: why === undefined ? 'available' : 'xa',
  status: wordsIn(why ?? unseen, language(account)),
});

/** What is kept of why a phone gets no texts is English. */
const reasonOf = (kept: string | undefined): Words | undefined =>
  [texts.noTexts, texts.unwanted, texts.unreached].find(({ en }) => en === kept) ?? kept;

/** Why nothing of an account is sent to a phone from a number of ours. */
export async function sendRefusalOf(
  { state }: Known,
  { account, our, their }: AccountAndNumbers,
): Promise<Words | undefined> {
  if (await state.blocked(account, their)) return texts.blocked;
  return (await state.optedOut(our, their)) ? texts.stopped : undefined;
}

/** What an account has learnt of why no text gets to a phone, whether or not it has ended its texts itself. */
export async function unreachableReasonOf(
  transport: Known,
  account: AccountKey,
  their: string,
): Promise<Words | undefined> {
  const { config, state } = transport;
  const own = Object.keys(config.owners).find(
    (our) => accountOf(transport, config.owners[our]?.user ?? '') === account,
  );
  const our = (await state.choice(account, their)) ?? own;
  if (our !== undefined && (await state.optedOut(our, their))) return texts.stopped;
  return reasonOf(await state.unreachable(account, their));
}

/** Tells an account that begins to look at a phone, if no text gets there. */
export async function tellReachability(transport: SmsTransport, account: AccountKey, their: string): Promise<void> {
  const why = (await transport.state.blocked(account, their))
    ? texts.blocked
    : await unreachableReasonOf(transport, account, their);
  if (why !== undefined) await transport.host.emit([reachabilityOf(transport.host, account, their, why)]);
}

/** What an account learns of a phone by how a text to it fared. */
export async function afterOutcomes(
  transport: SmsTransport,
  between: AccountAndNumbers,
  outcomes: readonly Outcome[],
): Promise<StateChanges> {
  const { account, their } = between;
  const last = outcomes.at(-1);
  if (last === undefined) return NOTHING;
  if (!(last instanceof Failure)) return last.state === 'delivered' ? afterReached(transport, between) : NOTHING;
  if (!isOfPhone(last) || (await transport.state.unreachable(account, their)) === last.message) return NOTHING;
  const why = (await sendRefusalOf(transport, between)) ?? last.words;
  return {
    drafts: [reachabilityOf(transport.host, account, their, why)],
    writes: [transport.state.writeUnreachable(account, their, last.message)],
  };
}

/** The phone is there after all: it got a text of the account, or has sent it one. */
export async function afterReached(transport: SmsTransport, between: AccountAndNumbers): Promise<StateChanges> {
  const { account, their } = between;
  if ((await transport.state.unreachable(account, their)) === undefined) return NOTHING;
  return {
    drafts: [reachabilityOf(transport.host, account, their, await sendRefusalOf(transport, between))],
    writes: [transport.state.writeUnreachable(account, their, null)],
  };
}
