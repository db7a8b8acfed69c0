import type { Draft } from '#src/model/event.ts';
import type { AccountKey } from '#src/model/ids.ts';
import { accountOf, type Parts } from './parts.ts';

/** As the table has it for everybody of whom nothing else is known. */
const USUAL = 'SMS, no presence';
const OUT = 'They answered STOP: no more texts may be sent to them from here.';

/** What an account is shown of a phone: nothing of what other accounts have learnt. Pure. */
export const standing = (account: AccountKey, their: string, out: boolean): Draft => ({
  place: { kind: 'contact', account, id: their },
  from: { kind: 'network', id: their },
  kind: 'presence',
  show: out ? 'xa' : 'available',
  status: out ? OUT : USUAL,
});

/** Tells an account that begins to look at a phone, if that has opted out from the number that the account uses. */
export async function tellStanding(parts: Parts, account: AccountKey, their: string): Promise<void> {
  const { host, config, memory } = parts;
  const own = Object.keys(config.owners).find((our) => accountOf(parts, config.owners[our]?.user ?? '') === account);
  const our = (await memory.choice(account, their)) ?? own;
  if (our !== undefined && (await memory.optedOut(our, their))) await host.emit([standing(account, their, true)]);
}
