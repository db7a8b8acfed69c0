import { addresses, recipientOf } from '#bridges/sms/addresses.ts';
import type { Asking } from '#bridges/sms/forms/asking.ts';
import { isOurs } from '#bridges/sms/provider/failures.ts';
import type { Outgoing } from '#bridges/sms/provider/provider.ts';
import { noProgress } from '#bridges/sms/provider/statuses.ts';
import type { Tracking } from '#bridges/sms/provider/tracking.ts';
import { checkPermitted } from '#bridges/sms/routing/numbers.ts';
import { chooseNumber } from '#bridges/sms/routing/pool.ts';
import { speakingOf } from '#bridges/sms/routing/speaking.ts';
import { fared, refusalOf, standing, tellStanding } from '#bridges/sms/routing/standing.ts';
import { beforeOf, spoken, type Thread, touched, unspoken } from '#bridges/sms/routing/thread.ts';
import type { Parts } from '#bridges/sms/transport.ts';
import type { Delivered } from '#src/bridge.ts';
import { lanes } from '#src/lib/lanes.ts';
import type { Event, EventOf } from '#src/model/event.ts';
import { Failure } from '#src/model/failure.ts';
import type { AccountKey, EventId } from '#src/model/ids.ts';
import { chargesAbove } from './costs.ts';
import { type Encoded, encode } from './encode.ts';

const WRITTEN: Delivered = { ids: [], state: 'written' };
const NOTED: Delivered = { ids: [], state: 'taken' };
/** Texts that wait in this process. */
const MOST_WAITING = 10_000;

/** The way of a text to a phone: one after the other to each. */
export type Outbox = {
  /** Throws a `Failure` for what is refused at once. */
  deliver(event: Event): Delivered;
  /** Takes a text back that was not handed to the provider. */
  withdraw(id: EventId): boolean;
  /** Fails what waits, and resolves when nothing is on its way. */
  close(): Promise<void>;
};

type Item = { readonly event: Event; readonly account: AccountKey; readonly their: string };
/** A text with what holds if it does not go after all. */
type Ready = Encoded & { readonly our: string; giveBack(): Promise<void> };

export function openOutbox(parts: Parts, { tracking, asking }: { tracking: Tracking; asking: Asking }): Outbox {
  const { host, config, provider, memory, recent } = parts;
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
    parts
      .alone(their, () => tellStanding(parts, account, their))
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
      ready = await parts
        .alone(their, () => prepare(item))
        .catch((error: unknown) => {
          // Nothing has gone, whatever of it was kept.
          throw withCertainty(error, true);
        });
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

  function outgoing({ event, their }: Item, { our, text, media }: Ready): Outgoing {
    const callback = callbackFor(event.id);
    return { from: our, to: recipientOf(their), text, media, ...(callback !== undefined && { callback }) };
  }

  function callbackFor(ref: string): string | undefined {
    const url = host.http.url('/status') ?? (provider.listen ? 'demo://status' : undefined);
    return url === undefined ? undefined : `${url}?ref=${encodeURIComponent(ref)}`;
  }

  /** Chooses our number, puts the words before the text, and keeps what an answer and a second look will need. */
  async function prepare({ event, account, their }: Item): Promise<Ready> {
    const now = host.clock.now();
    const our = await chooseNumber(parts, account, their);
    const refused = await refusalOf(parts, { account, our, their });
    if (refused !== undefined) {
      await host.emit([standing(account, their, refused)], [memory.writeChoice(account, their, our)]);
      throw new Failure('not-permitted', { text: refused });
    }
    const before = await threadBefore(event.id, our, their);
    const thread = touched(before, account, now);
    const form =
      event.kind === 'message' && event.form ? await asking.begin(event, account, { our, their }) : undefined;
    const said = form?.text ?? (event.kind === 'message' ? event.text : '');
    const { text, media } = encode(form ? { ...event, kind: 'message', style: 'plain', text: said } : event, {
      speaking: await speakingOf(parts, account, our, thread),
      mostSegments: config.max_segments,
      mms: provider.capabilities.mms,
    });
    const giveBack = await host.charge(media.length > 0 ? [] : chargesAbove(text, said), account);
    const message = {
      ...{ account, our, their, text: memory.mac('text', text), at: now },
      ...{ progress: noProgress, before: beforeOf(before) },
    };
    try {
      await host.emit(
        [],
        [
          memory.writeThread(our, their, spoken(thread, account, now)),
          memory.writeChoice(account, their, our),
          memory.writeLast(our, account),
          ...memory.writeMessage(event.id, message),
          ...(form?.writes ?? (await asking.interrupted({ our, their }))),
        ],
      );
    } catch (error) {
      await giveBack().catch((err: unknown) => host.log.error({ err }, 'a budget was not given back'));
      throw error;
    }
    return { our, text, media, giveBack };
  }

  /** The thread as it was before a text, also where that was kept by a run that did not send it. */
  async function threadBefore(id: EventId, our: string, their: string): Promise<Thread> {
    const thread = await memory.thread(our, their);
    const kept = await memory.message(id);
    return kept?.before && kept.our === our ? unspoken(thread, kept.account, kept.before) : thread;
  }

  /** Surely not sent: the next text says again who writes, and nobody looks for this one in the list. */
  async function undo({ event, account, their }: Item, { our, giveBack }: Ready, why?: Failure): Promise<void> {
    await parts.alone(their, async () => {
      const learnt = await fared(parts, { account, our, their }, why ? [why] : []);
      await host.emit(learnt.drafts, [
        memory.writeThread(our, their, await threadBefore(event.id, our, their)),
        ...(await asking.takeBack(event.id, { our, their })),
        ...memory.forgetMessage(event.id),
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
