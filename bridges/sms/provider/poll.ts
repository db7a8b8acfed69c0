import type { FormDialogue } from '#bridges/sms/forms/dialogue.ts';
import type { InboundTexts } from '#bridges/sms/texts/inbound.ts';
import type { SmsTransport } from '#bridges/sms/transport.ts';
import type { MediaDownloads } from './media.ts';
import type { DeliveryTracking } from './tracking.ts';

/** What may be listed late is looked for again, in milliseconds. */
const OVERLAP = 10 * 60_000;

export type Poll = {
  /** Asks the provider for what was missed, and again after the time that the operator has set. Never rejects. */
  now(): Promise<void>;
  /** Begins nothing more. Resolves when nothing is under way. */
  stop(): Promise<void>;
};

/** Recovers texts whose webhook did not arrive, and the fate of messages that nobody told of. */
export async function openPoll(
  transport: SmsTransport,
  {
    inbound,
    tracking,
    files,
    formDialogue,
  }: { inbound: InboundTexts; tracking: DeliveryTracking; files: MediaDownloads; formDialogue: FormDialogue },
  paused: () => boolean,
): Promise<Poll> {
  const { host, config, state, provider } = transport;
  await mark(transport);
  let cancel: (() => void) | undefined;
  let running: Promise<void> | undefined;
  let stopped = false;

  async function pollNumber(our: string): Promise<void> {
    const begun = host.clock.now();
    const since = ((await state.polled(our)) ?? begun) - OVERLAP;
    const listed = await provider.list({ direction: 'in', to: our, since });
    // The newest stands first, and times are whole seconds: what came in the same one keeps its order.
    for (const { mediaCount, ...text } of listed.toReversed().sort((a, b) => a.at - b.at)) {
      if (await state.seen(text.sid)) continue;
      // The rest is asked for again.
      if (stopped || paused()) return;
      const media = mediaCount > 0 ? await provider.mediaOf(text.sid) : [];
      await inbound.take({ ...text, media });
    }
    await host.emit([], [state.writePolled(our, begun)]);
  }

  async function round(): Promise<void> {
    for (const our of config.provider.numbers) {
      if (stopped || paused()) return;
      await pollNumber(our).catch((error: unknown) => {
        if (!stopped) host.log.warn({ err: error }, 'the provider cannot be asked for missed texts');
      });
    }
    await tracking.lookAll();
    await files.fetchAll();
    await formDialogue.round();
  }

  async function now(): Promise<void> {
    cancel?.();
    // One after the other: whoever asks while a round is under way wants a later one.
    while (running) await running;
    if (stopped) return;
    running = round()
      .catch((error: unknown) => host.log.error({ err: error }, 'looking for missed texts failed'))
      .finally(() => {
        running = undefined;
      });
    await running;
    if (!stopped) cancel = host.clock.after(config.poll, () => void now());
  }

  return {
    now,
    async stop() {
      stopped = true;
      cancel?.();
      await running;
    },
  };
}

/** A number whose list was never read is read from now on, even if that can be done by a later run only. */
async function mark({ host, config, state }: SmsTransport): Promise<void> {
  const known = await Promise.all(config.provider.numbers.map((our) => state.polled(our)));
  const fresh = config.provider.numbers.filter((_, index) => known[index] === undefined);
  await host.emit(
    [],
    fresh.map((our) => state.writePolled(our, host.clock.now())),
  );
}
