import type { EmailTransport } from '#bridges/email/transport.ts';
import type { EventOf } from '#src/model/event.ts';
import type { MailAttachment } from './compose.ts';

/** Bytes of all files of a mail. */
const MOST_ATTACHED = 20_000_000;

/** The files of messages, fetched one after the other. Rejects with a `Failure` in words for their sender. */
export async function attachmentsOf(
  { host, config }: Pick<EmailTransport, 'host' | 'config'>,
  events: readonly EventOf<'message'>[],
): Promise<MailAttachment[]> {
  const all: MailAttachment[] = [];
  let left = MOST_ATTACHED;
  for (const file of events.flatMap(({ files = [] }) => files)) {
    const { name, type, content } = await host.media.open(file, {
      maxBytes: Math.min(left, config.attachments),
      signal: host.signal,
    });
    const bytes = Buffer.from(await new Response(content).arrayBuffer());
    left -= bytes.length;
    all.push({ name, type, content: bytes });
  }
  return all;
}
