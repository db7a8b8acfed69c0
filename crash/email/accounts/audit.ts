import type { Ledger } from '../../ledger.ts';
import type { TakenMail } from '../smarthost.ts';
import { DONE, type OwnMailbox, wishes } from './mailboxes.ts';

const idOf = (raw: string): string => /^Message-ID: (\S+)/im.exec(raw)?.[1] ?? '';

type Lying = { readonly id: string; readonly flags: string };
type Lies = (folder: string) => readonly Lying[];
type Violate = Ledger['violate'];

/** What was shown is marked, or moved, where its user wants that, and nothing else is; of what went out there is one copy at most. */
export function auditMailboxes(
  mailboxes: readonly Pick<OwnMailbox, 'owner' | 'imap'>[],
  taken: readonly TakenMail[],
  { violate }: Pick<Ledger, 'violate'>,
): void {
  const times = new Map([...Map.groupBy(taken, ({ messageId }) => messageId)].map(([id, { length }]) => [id, length]));
  for (const { owner, imap } of mailboxes) {
    const lies: Lies = (folder) =>
      imap.need(folder).mails.map(({ raw, flags }) => ({ id: idOf(raw), flags: [...flags].join(' ') }));
    auditMarks(owner, lies, violate);
    auditCopies(lies, times, violate);
  }
}

function auditMarks(owner: string, lies: Lies, violate: Violate): void {
  const { seen, move } = wishes[owner as keyof typeof wishes];
  const wanted = seen ? '\\Seen' : '';
  for (const { id, flags } of lies('INBOX'))
    if (!flags.includes('\\Draft') && (move !== undefined || flags !== wanted))
      violate(`${id} of ${owner} was shown, and lies there with the marks ‘${flags}’`);
  if (move === undefined && lies(DONE).length > 0) violate(`mails of ${owner} were moved`);
}

function auditCopies(lies: Lies, times: ReadonlyMap<string, number>, violate: Violate): void {
  // What users write elsewhere is put there by themselves.
  const copies = lies('Sent').filter(({ id }) => !id.endsWith('@elsewhere.example>'));
  for (const [id, its] of Map.groupBy(copies, (mail) => mail.id)) {
    const taken = times.get(id) ?? 0;
    if (its.length > taken) violate(`${id} was taken ${taken} times, and kept ${its.length} times`);
    if (its.some(({ flags }) => flags !== '\\Seen')) violate(`a copy of ${id} is not marked as read`);
  }
}
