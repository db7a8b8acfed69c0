import { addresses, recipientOf } from '#bridges/sms/addresses.ts';
import type { FormDialogue } from '#bridges/sms/forms/dialogue.ts';
import { isOurs } from '#bridges/sms/provider/failures.ts';
import type { OutboundText } from '#bridges/sms/provider/provider.ts';
import { noMessageState } from '#bridges/sms/provider/statuses.ts';
import type { DeliveryTracking } from '#bridges/sms/provider/tracking.ts';
import {
  afterSent,
  afterUnsent,
  type Conversation,
  inContact,
  prefixStateOf,
} from '#bridges/sms/routing/conversation.ts';
import { checkPermitted } from '#bridges/sms/routing/numbers.ts';
import { chooseNumber } from '#bridges/sms/routing/pool.ts';
import { afterOutcomes, reachabilityOf, sendRefusalOf, tellReachability } from '#bridges/sms/routing/reachability.ts';
import { prefixInputOf } from '#bridges/sms/routing/sender-prefix.ts';
import type { SmsTransport } from '#bridges/sms/transport.ts';
import type { Delivered } from '#src/bridge.ts';
import { lanes } from '#src/lib/lanes.ts';
import type { Event, EventOf } from '#src/model/event.ts';
import { Failure } from '#src/model/failure.ts';
import type { AccountKey, EventId } from '#src/model/ids.ts';
import { chargesAbove } from './costs.ts';
import { type EncodedText, encode } from './encode.ts';

const WRITTEN: Delivered = { ids: [], state: 'written' };
const NOTED: Delivered = { ids: [], state: 'taken' };
/** Texts that wait in this process. */
const MOST_WAITING = 10_000;

/** The way of a text to a phone: one after the other to each. */
export type OutboundTexts = {
  /** Throws a `Failure` for what is refused at once. */
  deliver(event: Event): Delivered;
  /** Takes a text back that was not handed to the provider. */
  withdraw(id: EventId): boolean;
  /** Fails what waits, and resolves when nothing is on its way. */
  close(): Promise<void>;
};

type Item = { readonly event: Event; readonly account: AccountKey; readonly their: string };
/** A text with what holds if it does not go after all. */
type Ready = EncodedText & { readonly our: string; giveBack(): Promise<void> };

export function openOutboundTexts(
  transport: SmsTransport,
  { tracking, formDialogue }: { tracking: DeliveryTracking; formDialogue: FormDialogue },
): OutboundTexts {
  const { host, config, provider, state, recent } = transport;
  const serial = lanes((error) => host.log.error({ err: error }, 'a text was lost in its lane'));
  const waiting = new Map<EventId, Item>();
  let closing = false;

  function deliver(event: Event): Delivered {
    if (closing) throw new Failure('stopping');
    if (event.kind === 'contact' && event.place.kind === 'contact') return watch(event.place.account, event);
    if (event.kind !== 'message' || event.place.kind !== 'contact') throw new Failure('not-supported');
    if (waiting.size >= MOST_WAITING) throw new Failure('queue-full');
    const their = addresses.fold(addresses.parse(event.place.id)).name;
    recipientOf(their);
    checkPermitted(their, { countries: config.countries, refused: config.refused, own: config.provider.numbers });
    const item: Item = { event, account: event.place.account, their };
    waiting.set(event.id, item);
    serial.run(`${item.account} ${their}`, () => send(item));
    return WRITTEN;
  }

  /** No network hears of who is in whose roster; whoever looks at a phone is told how it stands to them. */
  function watch(account: AccountKey, { place, action }: EventOf<'contact'>): Delivered {
    if (action !== 'subscribe' || place.kind !== 'contact') return NOTED;
    const their = addresses.fold(addresses.parse(place.id)).name;
    transport
      .alone(their, () => tellReachability(transport, account, their))
      .catch((error: unknown) => host.log.error({ err: error }, 'it cannot be told how a phone stands'));
    return NOTED;
  }

  async function send(item: Item): Promise<void> {
    const { event, their } = item;
    // Withdrawn: whoever did that knows.
    if (waiting.get(event.id) !== item) return;
    let ready: Ready | undefined;
    try {
      if (closing) throw new Failure('stopping');
      ready = await inOrder(item, () => prepare(item)).catch((error: unknown) => {
        // Nothing has gone, whatever of it was kept.
        throw withCertainty(error, true);
      });
      if (!ready) return void waiting.delete(event.id);
      // From here on it cannot be taken back.
      if (!waiting.delete(event.id)) return await undo(item, ready);
      const news = await provider.send(outgoing(item, ready));
      const text = event.kind === 'message' ? event.text : '';
      recent.add(`${item.account} ${ready.our} ${their}`, { sid: news.sid, by: 'us', text, at: host.clock.now() });
      await tracking.news(event.id, news).catch((error: unknown) => {
        // It has gone, whatever could not be kept of that.
        throw withCertainty(error, false);
      });
    } catch (error) {
      await failed(item, error, ready);
    }
  }

  /** Runs what changes a message and its conversation, in the order in which tracking waits for them. */
  const inOrder = <T>({ event, their }: Item, work: () => Promise<T>): Promise<T> =>
    transport.alone(`status ${event.id}`, () => transport.alone(their, work));

  function outgoing({ event, their }: Item, { our, text, media }: Ready): OutboundText {
    const callback = callbackFor(event.id);
    return { from: our, to: recipientOf(their), text, media, ...(callback !== undefined && { callback }) };
  }

  function callbackFor(ref: string): string | undefined {
    const url = host.http.url('/status') ?? (provider.listen ? 'demo://status' : undefined);
    return url === undefined ? undefined : `${url}?ref=${encodeURIComponent(ref)}`;
  }

  /**
   * Chooses our number, puts the words before the text, and keeps what an answer and a second look will need. Resolves
   * with nothing where an earlier try has gone after all, as somebody has told meanwhile.
   */
  async function prepare({ event, account, their }: Item): Promise<Ready | undefined> {
    const known = await state.message(event.id);
    if (known && known.messageState.rank > 0) return undefined;
    const now = host.clock.now();
    const our = await chooseNumber(transport, account, their);
    const refused = await sendRefusalOf(transport, { account, our, their });
    if (refused !== undefined) {
      await host.emit(
        [reachabilityOf(transport.host, account, their, refused)],
        [state.writeChoice(account, their, our)],
      );
      throw new Failure('not-permitted', { text: refused });
    }
    const before = await conversationBefore(event.id, our, their);
    const conversation = inContact(before, account, now);
    const form =
      event.kind === 'message' && event.form ? await formDialogue.begin(event, account, { our, their }) : undefined;
    const said = form?.text ?? (event.kind === 'message' ? event.text : '');
    const { text, media } = encode(form ? { ...event, kind: 'message', style: 'plain', text: said } : event, {
      speaking: await prefixInputOf(transport, account, our, conversation),
      mostSegments: config.max_segments,
      mms: provider.capabilities.mms,
    });
    const giveBack = await host.charge(media.length > 0 ? [] : chargesAbove(text, said), account);
    const message = {
      ...{ account, our, their, text: state.mac('text', text), at: now },
      ...{ messageState: noMessageState, before: prefixStateOf(before) },
    };
    try {
      await host.emit(
        [],
        [
          state.writeConversation(our, their, afterSent(conversation, account, now)),
          state.writeChoice(account, their, our),
          state.writeLast(our, account),
          ...state.writeMessage(event.id, message),
          ...(form?.writes ?? (await formDialogue.interrupted({ our, their }))),
        ],
      );
    } catch (error) {
      await giveBack().catch((err: unknown) => host.log.error({ err }, 'a budget was not given back'));
      throw error;
    }
    return { our, text, media, giveBack };
  }

  /** The conversation as it was before a text, also where that was kept by a run that did not send it. */
  async function conversationBefore(id: EventId, our: string, their: string): Promise<Conversation> {
    const conversation = await state.conversation(our, their);
    const kept = await state.message(id);
    return kept?.before && kept.our === our ? afterUnsent(conversation, kept.account, kept.before) : conversation;
  }

  /** Surely not sent: the next text says again who writes, and nobody looks for this one in the list. */
  async function undo(item: Item, { our, giveBack }: Ready, why?: Failure): Promise<void> {
    const { event, account, their } = item;
    await inOrder(item, async () => {
      const learnt = await afterOutcomes(transport, { account, our, their }, why ? [why] : []);
      const message = await state.message(event.id);
      await host.emit(learnt.drafts, [
        state.writeConversation(our, their, await conversationBefore(event.id, our, their)),
        ...(await formDialogue.takeBack(event.id, { our, their })),
        ...(message ? state.writeUnsent(event.id, message) : []),
        ...learnt.writes,
      ]);
    });
    await giveBack();
  }

  async function failed(item: Item, error: unknown, ready: Ready | undefined): Promise<void> {
    const { id } = item.event;
    waiting.delete(id);
    const failure = error instanceof Failure ? error : new Failure('internal', { certain: !ready, cause: error });
    if (!(error instanceof Failure)) host.log.error({ err: error }, 'a text could not be sent');
    else if (isOurs(failure)) host.log.error({ code: failure.foreign }, 'the provider refuses our number or account');
    try {
      // A callback may have told already what the request did not.
      if (!failure.certain) return await tracking.doubt(id, failure);
      if (ready) await undo(item, ready, failure);
    } catch (trouble) {
      host.log.error({ err: trouble }, 'it cannot be kept that a text failed');
    }
    host.settle(id, failure);
  }

  return {
    deliver,
    withdraw: (id) => waiting.delete(id),
    close() {
      closing = true;
      return serial.idle();
    },
  };
}

/** The same failure, where we know better than whoever failed whether the text has gone. */
function withCertainty(error: unknown, certain: boolean): unknown {
  if (!(error instanceof Failure) || error.certain === certain) return error;
  const { code, message, foreign } = error;
  return new Failure(code, { text: message, certain, cause: error, ...(foreign !== undefined && { foreign }) });
}
