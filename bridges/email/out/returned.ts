import { Readable } from 'node:stream';
import { addresses } from '#bridges/email/addresses.ts';
import type { MailIntake } from '#bridges/email/in/listener.ts';
import { texts } from '#bridges/email/texts.ts';
import type { ReturnPath } from '#bridges/email/threads/state.ts';
import type { EmailTransport } from '#bridges/email/transport.ts';
import type { Delivered } from '#src/bridge.ts';
import { openRecent } from '#src/lib/recent.ts';
import { tokenBuckets } from '#src/lib/time/token-bucket.ts';
import type { EventOf } from '#src/model/event.ts';
import { Failure, type FailureCode } from '#src/model/failure.ts';
import type { AccountKey } from '#src/model/ids.ts';
import { type Words, wordsIn } from '#src/model/language.ts';
import { composeReturned, isMessageId, signed } from './compose.ts';
import type { Smarthost } from './smarthost.ts';

/** Tells who has sent a mail that was taken that it has not reached our user (RFC 5321 §6.1). */
export type ReturnedMails = {
  /** Resolves once our server has the report, or nobody is to have one. Rejects with a `Failure` that is worth another try. */
  report(event: EventOf<'receipt'>): Promise<Delivered>;
  /** Resolves when nothing is on its way. */
  idle(): Promise<unknown>;
};

type Returned = {
  readonly account: AccountKey;
  readonly their: string;
  readonly id: string;
  readonly path: ReturnPath;
};
type Reason = { readonly status: string; words(address: string): Words };

const DONE: Delivered = { ids: [], state: 'delivered' };
const HOUR_IN_SECONDS = 3600;
/** Addresses of which it is known how much they were sent, and reports of which it is that they may go. */
const MOST_ADDRESSES = 10_000;
const MOST_REPORTS = 10_000;

/** RFC 3463: all that XMPP says of who is gone, blocks or has no room is that it is not served (RFC 6121 §8.5.1). */
const OTHER: Reason = { status: '5.0.0', words: texts.returnedOther };
const REASONS: Partial<Record<FailureCode, Reason>> = {
  'service-unavailable': { status: '5.0.0', words: texts.returnedRefused },
  'remote-server-timeout': { status: '5.4.7', words: texts.returnedLate },
  'too-large': { status: '5.3.4', words: texts.returnedLarge },
  internal: { status: '5.3.0', words: texts.returnedOther },
};

export function openReturnedMails(
  transport: EmailTransport,
  { smarthost, intake }: { readonly smarthost: Smarthost; readonly intake: Pick<MailIntake, 'take'> },
): ReturnedMails {
  const { host, config, state } = transport;
  const buckets = tokenBuckets(MOST_ADDRESSES, host.clock);
  const allowed = openRecent<boolean>(MOST_REPORTS);
  const open = new Set<Promise<unknown>>();

  /** The mail that came under an id, each of whose files has one of its own. */
  async function find({ place, target }: EventOf<'receipt'>): Promise<Returned | undefined> {
    if (place.kind !== 'contact') return undefined;
    const { account } = place;
    const their = addresses.fold(addresses.parse(place.id)).name;
    for (const id of new Set([target, target.replace(/\/\d+$/, '')])) {
      const path = await state.returnPath(account, their, id);
      if (path) return { account, their, id, path };
    }
    return undefined;
  }

  /** Whether a report may go: asked once for each, however often it is tried. */
  function maySend({ account, their, id, path: { to } }: Returned): boolean {
    const name = [account, their, id].join(' ');
    const rate = { burst: config.failure_reports, per_second: config.failure_reports / HOUR_IN_SECONDS };
    const known = allowed.get(name) ?? buckets.of(to.toLowerCase(), rate).take(1) === 1;
    allowed.set(name, known);
    return known;
  }

  async function mailOf({ account, their, id, path }: Returned, why: FailureCode | undefined): Promise<Buffer> {
    const language = path.language ?? host.language(account);
    const { status, words } = (why && REASONS[why]) ?? OTHER;
    return composeReturned({
      from: { name: wordsIn(texts.returner, language), address: `mailer-daemon@${config.domain}` },
      to: { address: path.to },
      messageId: `${state.mac('returned', account, their, id)}@${config.domain}`,
      ...(isMessageId(path.messageId) && { about: path.messageId }),
      subject: wordsIn(path.subject === undefined ? texts.returnedMail : texts.returned(path.subject), language),
      text: wordsIn(words(path.recipient), language),
      ...{ date: host.clock.now(), language, domain: config.domain },
      ...{
        recipient: path.recipient,
        arrived: path.at,
        headers: path.headers,
        status,
        why: why ?? 'undefined-condition',
      },
    });
  }

  /** What another of our users has written has not left, nor does the report of it. */
  async function toOurs(mail: Buffer, to: string): Promise<void> {
    const [answer] = await intake.take(Readable.from([mail]), { from: '', to: [to] });
    if (answer && answer.status >= 400 && answer.status < 500) throw new Failure('remote-server-timeout');
  }

  async function send(found: Returned, why: FailureCode | undefined): Promise<void> {
    const { account, id, path } = found;
    const envelope = { from: '', to: path.to, envelopeId: state.mac('returned', account, id), success: false };
    const mail = await signed(await mailOf(found, why), config.outgoing);
    if (path.to.endsWith(`@${config.domain}`)) return toOurs(mail, path.to);
    try {
      await smarthost.send(async () => ({ envelope, mail }));
    } catch (error) {
      if (error instanceof Failure && (error.row.retry || !error.certain)) throw error;
      // Nobody is told that a report was not taken (RFC 5321 §6.1).
      host.log.warn({ err: error }, 'a report of a mail that was not delivered is not taken');
    }
  }

  async function report(event: EventOf<'receipt'>): Promise<Delivered> {
    const found = await find(event);
    if (!found) return DONE;
    const { account, their, id } = found;
    if (maySend(found)) await send(found, event.why);
    else host.log.info('a mail that was not delivered is not reported: its sender has had too many reports');
    await host.emit([], [state.writeReturnPath(account, their, id, null)]);
    return DONE;
  }

  return {
    report(event) {
      const work = report(event);
      const quiet = work.catch(() => undefined).finally(() => open.delete(quiet));
      open.add(quiet);
      return work;
    },
    idle: () => Promise.all(open),
  };
}
