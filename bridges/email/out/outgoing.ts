import { addresses } from '#bridges/email/addresses.ts';
import type { MailForms } from '#bridges/email/forms/forms.ts';
import type { MailIntake } from '#bridges/email/in/listener.ts';
import { texts } from '#bridges/email/texts.ts';
import { type SentMail, splitByMail, whetherLeft } from '#bridges/email/threads/state.ts';
import type { EmailTransport } from '#bridges/email/transport.ts';
import type { Delivered, Outcome } from '#src/bridge.ts';
import { lanes } from '#src/lib/lanes.ts';
import type { Event, EventOf } from '#src/model/event.ts';
import { Failure } from '#src/model/failure.ts';
import type { EventId, ForeignId } from '#src/model/ids.ts';
import { NOTHING_TO_SEND } from './changes.ts';
import { openDisplayedMails } from './displayed.ts';
import { eventIdOf, type MailContent, type OwnSender, openPreparing, type PreparedMail } from './prepare.ts';
import { openReturnedMails } from './returned.ts';
import type { Smarthost } from './smarthost.ts';
import type { Suppression } from './suppression.ts';

const WRITTEN: Delivered = { ids: [], state: 'written' };
const NOTED: Delivered = { ids: [], state: 'taken' };
/** Mails that wait in this process. */
const MOST_WAITING = 10_000;

/** Nobody wants it any more. */
const WITHDRAWN = Symbol('withdrawn');

type MessageEvent = EventOf<'message'>;

/** The way of mails out: one after the other to each peer of an account. */
export type OutgoingMails = {
  /** Throws a `Failure` for what is refused at once. */
  deliver(event: Event, by?: OwnSender): Delivered | Promise<Delivered>;
  /** Messages of one conversation as one mail. */
  deliverTogether(events: readonly Event[], by?: OwnSender): Promise<readonly Outcome[]>;
  /** What is known of a message that an earlier run, or a line that broke, has left open. */
  reconcile(event: Event): Promise<'sent' | 'not-sent' | 'unknown'>;
  /** Takes back what was not handed to our server. */
  withdraw(id: EventId): boolean;
  /** Fails what waits, and resolves when nothing is on its way. */
  close(): Promise<unknown>;
};

/** One mail that is to be sent, and who hears of each of its events. It is named by the first. */
type Item = MailContent & { tell(outcomes: readonly Outcome[]): void };

export function openOutgoing(
  transport: EmailTransport,
  {
    smarthost,
    suppression,
    forms,
    intake,
  }: { smarthost: Smarthost; suppression: Suppression; forms: MailForms; intake: Pick<MailIntake, 'take'> },
): OutgoingMails {
  const { host, config, state } = transport;
  const displayed = openDisplayedMails(transport, smarthost);
  const returned = openReturnedMails(transport, { smarthost, intake });
  const preparing = openPreparing(transport, { suppression, forms });
  const serial = lanes((error) => host.log.error({ err: error }, 'a mail was lost in its lane'));
  const waiting = new Map<EventId, Item>();
  let closing = false;

  /** Throws a `Failure` for what no mail is made of. */
  function itemOf(events: readonly Event[], by: OwnSender | undefined, tell: Item['tell']): Item {
    if (closing) throw new Failure('stopping');
    if (waiting.size >= MOST_WAITING) throw new Failure('queue-full');
    const [event] = events;
    if (event?.place.kind !== 'contact') throw new Failure('not-supported');
    const { account, id } = event.place;
    const their = addresses.fold(addresses.parse(id)).name;
    if (their === '') throw new Failure('jid-malformed', { text: texts.address });
    if (their.endsWith(`@${config.domain}`)) throw new Failure('not-allowed', { text: texts.ownAddress });
    if (event.kind === 'edit' || event.kind === 'retract' || event.kind === 'reaction')
      return { events: [event], account, their, by, tell };
    const messages = events.filter((one): one is MessageEvent => one.kind === 'message');
    const [first, ...more] = messages;
    if (!first || messages.length < events.length) throw new Failure('not-supported');
    if (messages.every(({ text, files = [], form }) => text.trim() === '' && files.length === 0 && !form))
      throw new Failure('not-acceptable', { text: texts.nothing });
    return { events: [first, ...more], account, their, by, tell };
  }

  function enqueue(item: Item): void {
    const { id } = item.events[0];
    waiting.set(id, item);
    serial.run(`${item.account} ${item.their}`, () => send(item));
  }

  function deliver(event: Event, by?: OwnSender): Delivered | Promise<Delivered> {
    if (closing) throw new Failure('stopping');
    if (event.kind === 'contact' && event.place.kind === 'contact') {
      if (event.action === 'subscribe') suppression.tell(event.place.account, event.place.id);
      return NOTED;
    }
    if (event.kind === 'receipt' && event.state === 'displayed') {
      displayed.take(event, by);
      return NOTED;
    }
    if (event.kind === 'receipt' && event.state === 'failed') return returned.report(event);
    enqueue(itemOf([event], by, ([outcome]) => void (outcome && host.settle(event.id, outcome))));
    return WRITTEN;
  }

  async function send(item: Item): Promise<void> {
    const [{ id }] = item.events;
    let made: PreparedMail | undefined;
    // Withdrawn: whoever did that knows.
    if (waiting.get(id) !== item) return;
    try {
      if (closing) throw new Failure('stopping');
      const before = await preparing.mailOf(id);
      if (before && before.stage !== 'begun') return left(item, before);
      const ready = await (item.by?.submission ?? smarthost).send(async () => {
        // From here on it cannot be taken back.
        if (!waiting.delete(id)) throw WITHDRAWN;
        made = await transport.alone(item.account, item.their, () => preparing.prepare(item));
        return made;
      });
      await transport
        .alone(item.account, item.their, () => preparing.kept(item, ready))
        .catch((error: unknown) => host.log.error({ err: error }, 'it cannot be kept that a mail was sent'));
      item.by?.keep(ready.mail);
      item.tell(item.events.map((event) => takenAs(event.id, ready)));
    } catch (error) {
      waiting.delete(id);
      if (error === NOTHING_TO_SEND) item.tell([NOTED]);
      else if (error !== WITHDRAWN) await failed(item, error, made);
    }
  }

  /** An earlier try has brought it to our server, with others that went in the same mail. */
  function left(item: Item, sent: SentMail): void {
    waiting.delete(item.events[0].id);
    const messageId = `${state.mac('mail', sent.events[0] ?? '')}@${config.domain}`;
    item.tell(
      item.events.map(({ id }) => takenAs(id, { sent, messageId, isChange: item.events[0].kind !== 'message' })),
    );
  }

  async function reconcile({ id, kind }: Event): Promise<'sent' | 'not-sent' | 'unknown'> {
    if (kind === 'receipt') return 'unknown';
    const known = await preparing.mailOf(id);
    // It is kept before anything leaves.
    return known ? whetherLeft(known) : 'not-sent';
  }

  /** What has or may have left as one mail goes again as that, and what has joined it since goes behind it: not before it. */
  async function deliverTogether(events: readonly Event[], by?: OwnSender): Promise<readonly Outcome[]> {
    const known = await Promise.all(events.map(({ id }) => preparing.mailOf(id)));
    const [again, more] = splitByMail(events, known);
    const outcomes = await outcomesOf(again, by);
    const [outcome] = outcomes;
    if (outcome instanceof Failure && (outcome.row.retry || !outcome.certain))
      return [...outcomes, ...more.map(() => new Failure('remote-server-timeout', { cause: outcome }))];
    return more.length === 0 ? outcomes : [...outcomes, ...(await deliverTogether(more, by))];
  }

  function outcomesOf(events: readonly Event[], by?: OwnSender): Promise<readonly Outcome[]> {
    const outcomes = Promise.withResolvers<readonly Outcome[]>();
    enqueue(itemOf(events, by, outcomes.resolve));
    return outcomes.promise;
  }

  async function failed(item: Item, error: unknown, made: PreparedMail | undefined): Promise<void> {
    if (!(error instanceof Failure)) host.log.error({ err: error }, 'a mail could not be sent');
    const failure = error instanceof Failure ? error : new Failure('internal', { cause: error });
    try {
      if (failure.certain && made) await preparing.notSent(item, made);
      if (failure.certain) await suppression.learn(item.account, item.their, failure);
    } catch (trouble) {
      host.log.error({ err: trouble }, 'it cannot be kept that a mail failed');
    }
    item.tell(item.events.map(() => failure));
  }

  return {
    deliver,
    deliverTogether,
    reconcile,
    withdraw: (id) => waiting.delete(id),
    close() {
      closing = true;
      return Promise.all([serial.idle(), returned.idle()]);
    },
  };
}

/** What a change was sent as means nothing to anybody; a message is found by what it was sent as. */
function takenAs(
  id: EventId,
  { sent: { events }, messageId, isChange }: Pick<PreparedMail, 'sent' | 'messageId' | 'isChange'>,
): Delivered {
  const name = eventIdOf(messageId, events.indexOf(id), events.length);
  return { ids: isChange ? [] : [name as ForeignId], state: 'taken' };
}
