import { deliveryReport, vouched } from '../../test/fakes/mail-server.ts';
import type { Landed } from '../ledger.ts';
import type { Load, NetworkParts } from '../network.ts';
import { between, oneOf } from '../random.ts';
import { atRate } from '../rate.ts';
import { openUsers, RESENT, type UsersParts } from '../users.ts';
import type { HandingOn } from './handing-on.ts';
import { AUTHSERV, DOMAIN, OWNERS, PEERS } from './names.ts';
import { NOBODY, type TakenMail } from './smarthost.ts';

/** Who has nothing but mail. */
export const MAILBOXES = Array.from({ length: 8 }, (_, index) => `bob${index}`);
/** One message in so many is written to nobody. */
const REFUSED = 30;
/** Nobody mails when so much has not come. */
const UNHEARD = 60;
/** One mail in so many is refused by the mailbox that it goes to, after it was taken. */
const FAILED = 10;

export type MailFate = 'delivered' | 'failed';

/** Users, and people who have nothing but mail. */
export type MailLoad = Load & {
  /** What has become of mails, by their Message-ID. */
  readonly fates: ReadonlyMap<string, MailFate>;
  /** The mailboxes have it: its sender is told so, as it has asked. */
  deliver(mail: TakenMail): void;
};

/** How mails come to the gateway: one after the other of each queue. */
export type MailsIn = Pick<HandingOn, 'add' | 'open'> & { readonly figures: Readonly<Record<'taken', number>> };

export type MailLoadParts = NetworkParts & {
  /** What the server that takes mails has. */
  taken(): readonly TakenMail[];
  /** Where a user is written to first. */
  addressOf(user: string): string;
  readonly clients?: Pick<UsersParts, 'other' | 'aside'>;
};

/** Begins when it is told to. */
export function openMailLoad(
  { ledger, random, rate, taken, addressOf, clients = { other: () => undefined } }: MailLoadParts,
  mailsIn: MailsIn,
): MailLoad {
  const users = openUsers({ domain: DOMAIN, ledger, random, ...clients });
  const fates = new Map<string, MailFate>();
  const answerable = new Map<string, TakenMail>();

  /** Somebody mails a user: an answer to their newest mail where there is one. */
  function mail(): void {
    const [by, user] = [oneOf(random, MAILBOXES), oneOf(random, OWNERS)];
    const lane = `${by} ${user}`;
    const number = ledger.tell(lane);
    const about = between(random, 0, 1) === 0 ? answerable.get(lane) : undefined;
    const to = about?.from ?? addressOf(user);
    const from = `${by}@${PEERS}`;
    const raw = [
      vouched(from).replaceAll('mx.example', AUTHSERV),
      `From: ${from}`,
      `To: <${to}>`,
      `Message-ID: <${by}.${user}.${number}@${PEERS}>`,
      ...(about ? [`In-Reply-To: ${about.messageId}`] : []),
      'Subject: Verona',
      '',
      `${lane} ${number}`,
      '',
    ].join('\r\n');
    mailsIn.add(lane, { from, to, raw });
  }

  function write(): void {
    const by = oneOf(random, OWNERS);
    const to = `${between(random, 1, REFUSED) === 1 ? NOBODY : oneOf(random, MAILBOXES)}\\40${PEERS}`;
    if (users.unheard(by, to) < RESENT) users.write(by, to);
  }

  const writing = atRate(rate, () => {
    if (ledger.missing() < UNHEARD) mail();
    write();
  });

  return {
    attach: users.attach,
    begin: writing.begin,
    end() {
      users.rest();
      writing.end();
    },
    fates,
    deliver(mail) {
      const { messageId, to, from, envelopeId } = mail;
      // A report of the gateway itself, about what it has given up: nothing comes back of that.
      if (from === '') return;
      const fate = fates.get(messageId) ?? (between(random, 1, FAILED) === 1 ? 'failed' : 'delivered');
      fates.set(messageId, fate);
      const user = mail.texts[0]?.lane.split(' ')[0];
      if (user !== undefined) answerable.set(`${to.replace(/@.*$/, '')} ${user}`, mail);
      const about = { token: from, to, messageId, envelopeId };
      const raw = deliveryReport(
        about,
        fate === 'delivered'
          ? { action: 'delivered', status: '2.0.0', diagnostic: '250 2.0.0 in the mailbox' }
          : { action: 'failed', status: '5.2.2', diagnostic: '552 5.2.2 The mailbox is full' },
      );
      mailsIn.add(`reports ${messageId}`, { from: '', to: from, raw });
    },
    unacknowledged: () => mailsIn.open,
    progress: () => users.came + taken().length + mailsIn.figures.taken,
    landed: () => landedOf(taken()),
  };
}

/** What lies in mailboxes: of a mail that came again under its Message-ID only the first is kept. */
function landedOf(taken: readonly TakenMail[]): readonly Landed[] {
  const seen = new Set<string>();
  return taken.flatMap(({ messageId, texts }) => {
    if (seen.has(messageId)) return [];
    seen.add(messageId);
    return texts.map(({ event, ...text }) => ({ ...text, tag: event }));
  });
}
