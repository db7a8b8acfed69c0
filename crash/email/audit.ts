import type { Accepted } from '../journal.ts';
import type { Ledger } from '../ledger.ts';
import type { MailFate } from './load.ts';
import { NOBODY, type Smarthost, type TakenMail } from './smarthost.ts';

type Books = Pick<Ledger, 'violate'>;

/** What is in doubt a second time is given up. */
const MOST_COPIES = 2;

/**
 * A mail goes again only under the same Message-ID and with the same words, where nobody has read that it was taken: within one
 * process that is what its connection shows, and a process that has ended may not have kept what it read.
 */
export function auditRepeats(taken: readonly TakenMail[], { violate }: Books): number {
  const copies = Map.groupBy(taken, ({ messageId }) => messageId);
  let repeats = 0;
  for (const [messageId, mails] of copies) {
    for (const [index, mail] of mails.entries()) {
      const before = mails[index - 1];
      if (!before) continue;
      repeats++;
      const [words, known] = [mail, before].map(({ texts }) => texts.map(({ event }) => event).join(' '));
      if (words !== known) violate(`${messageId} came with ${known}, and again with ${words}`);
      if (before.answered && before.by === mail.by)
        violate(`${messageId} came again, although its sender had read that it was taken`);
    }
    if (mails.length > MOST_COPIES) violate(`${messageId} came ${mails.length} times`);
  }
  return repeats;
}

/** What a row notes that was under way when its process or its line ended: at the second time its sender hears that it is not clear. */
const DOUBT = 'sent or not, it is sent again';

/** What was never tried. */
export const UNTRIED = /^\d+ accepted; \d+ bounced: [\w-]+$/;

/** What a mailbox has, or has refused, its sender has to know so; and what was refused only for a while, goes. */
export function auditMailFates(
  { taken, refused }: Pick<Smarthost, 'taken' | 'refused'>,
  fates: ReadonlyMap<string, MailFate>,
  accepted: readonly Accepted[],
  { violate }: Books,
  /** A trace of a row that may be bounced though no mail of it was refused. */
  excused?: RegExp,
): void {
  const mails = new Map<string, TakenMail[]>();
  for (const mail of taken) for (const { event } of mail.texts) mails.set(event, [...(mails.get(event) ?? []), mail]);
  for (const { event, stanza, outcome, trace = '' } of accepted) {
    const its = mails.get(event) ?? [];
    const fate = fates.get(its[0]?.messageId ?? '');
    const open = outcome === 'bounced' && (trace.includes(DOUBT) || excused?.test(trace) === true);
    if (outcome === 'bounced' && its.length === 0 && !refused.has(event) && !stanza.includes(NOBODY) && !open)
      violate(`${stanza} was bounced, and nobody has refused it: ${trace}`);
    const known = fate === 'failed' ? outcome === 'bounced' : outcome === 'delivered';
    const due = known || outcome === 'parked' || open;
    if (fate !== undefined && !due) violate(`${stanza} was ${fate}, and its row is ${outcome}: ${trace}`);
  }
}
