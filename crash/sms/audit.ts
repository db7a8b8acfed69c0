import type { Twilio } from '../../test/fakes/twilio.ts';
import type { Accepted } from '../journal.ts';
import type { Ledger } from '../ledger.ts';
import type { Call } from './calls.ts';
import { FAILED } from './fates.ts';
import { charged, NOBODY } from './load.ts';

/** What the provider has brought to its end, its sender has to know so; and what it has refused only for a while, goes. */
export function auditFates(twilio: Pick<Twilio, 'messages'>, accepted: readonly Accepted[], { violate }: Ledger): void {
  const rows = new Map(accepted.map((one) => [one.event, one]));
  const known = new Set(charged(twilio).map(({ ref }) => ref));
  for (const { event, stanza, outcome, trace } of accepted)
    if (outcome === 'bounced' && !known.has(event) && !stanza.includes(NOBODY))
      violate(`${stanza} was bounced, and nobody has refused it: ${trace}`);
  for (const { ref, status, body } of charged(twilio)) {
    const row = rows.get(ref);
    const due = FAILED.has(status) ? ['bounced', 'parked'] : [status];
    if (row && !due.includes(row.outcome ?? ''))
      violate(`${JSON.stringify(body)} is ${status}, and its row is ${row.outcome}: ${row.trace}`);
  }
}

/**
 * What phones have written comes in order in each conversation as far as it is told by webhook, and so does what is missed
 * and found in the list: only between the two ways the order is none of ours.
 */
export function auditOrder(calls: ReadonlyMap<string, Call>, { firsts, violate }: Ledger): void {
  for (const [lane, numbers] of firsts())
    for (const way of ['told', 'missed'] as const) {
      const came = numbers.filter((number) => calls.get(`${lane} ${number}`) === way);
      for (const [index, number] of came.entries()) {
        const before = came[index - 1] ?? -1;
        if (before > number) violate(`${lane} #${number} came behind #${before}, and both were ${way}`);
      }
    }
}
