import type { EmailTransport } from '#bridges/email/transport.ts';
import { fileText } from '#mappings/files.ts';
import type { Host } from '#src/bridge.ts';
import type { EventOf, FileRef } from '#src/model/event.ts';
import { Failure } from '#src/model/failure.ts';
import type { MailAttachment } from './compose.ts';

/** Bytes of all files of a mail. */
const MOST_ATTACHED = 20_000_000;

/** What goes with a mail, and lines of text that lead to what is too large for it. */
export type FetchedFiles = { readonly attached: readonly MailAttachment[]; readonly links: readonly string[] };

/**
 * The files of messages, fetched one after the other: how large they are, their senders need not have said. Rejects with a `Failure`
 * in words for their sender.
 */
export async function attachmentsOf(
  { host, config }: Pick<EmailTransport, 'host' | 'config'>,
  events: readonly EventOf<'message'>[],
): Promise<FetchedFiles> {
  const attached: MailAttachment[] = [];
  const links: string[] = [];
  let left = MOST_ATTACHED;
  for (const file of events.flatMap(({ files = [] }) => files)) {
    const found = await fetched(host, file, Math.min(left, config.attachments));
    left -= found?.content.length ?? 0;
    if (found) attached.push(found);
    else links.push(fileText(file));
  }
  return { attached, links };
}

/** A file; nothing where it is too large. */
async function fetched(
  { media, signal }: Pick<Host, 'media' | 'signal'>,
  file: FileRef,
  maxBytes: number,
): Promise<MailAttachment | undefined> {
  try {
    const { name, type, content } = await media.open(file, { maxBytes, signal });
    return { name, type, content: Buffer.from(await new Response(content).arrayBuffer()) };
  } catch (error) {
    if (error instanceof Failure && error.code === 'too-large') return undefined;
    throw error;
  }
}
