import MailComposer from 'nodemailer/lib/mail-composer';
import PostalMime, { type Email } from 'postal-mime';
import type { DemoMailServer } from './server.ts';

/** A mail as the mailbox on the page shows it. `direction` as its owner sees it; `at` in milliseconds since 1970. */
export interface DemoMail {
  readonly id: string;
  readonly direction: 'in' | 'out';
  readonly from: string;
  readonly address: string;
  readonly subject: string;
  readonly text: string;
  readonly at: number;
  readonly files: readonly { readonly name: string; readonly size: number }[];
}

/** A file of a mail. */
export interface DemoMailFile {
  readonly name: string;
  readonly type: string;
  readonly bytes: Uint8Array;
}

/** What somebody writes in answer to a mail: the text above the quote, and perhaps a file. */
export interface DemoReply {
  readonly to: string;
  readonly text: string;
  readonly file?: DemoMailFile | undefined;
}

/** One mailbox of the demonstration. */
export interface DemoMailbox {
  /** All mails, the oldest first. */
  items(): readonly DemoMail[];
  file(mail: string, index: number): DemoMailFile | undefined;
  /** A mail arrives. */
  take(mail: Buffer): Promise<void>;
  /** Answers a mail as mail programs do: with a quote of it, its subject, and what it referred to. Rejects where nobody takes it. */
  reply(answer: DemoReply, server: DemoMailServer): Promise<void>;
  /** Calls `look` after each mail. The returned function ends that. */
  watch(look: () => void): () => void;
}

interface Kept {
  readonly shown: DemoMail;
  readonly parsed: Email;
}

const MOST_MAILS = 200;

/** An empty mailbox of somebody with this name and address. */
export function openMailbox(owner: { readonly name: string; readonly address: string }): DemoMailbox {
  const mails: Kept[] = [];
  const watchers = new Set<() => void>();

  async function keep(bytes: Buffer, direction: DemoMail['direction']): Promise<void> {
    const parsed = await PostalMime.parse(bytes);
    mails.push({ shown: shownOf(parsed, direction), parsed });
    mails.splice(0, mails.length - MOST_MAILS);
    for (const look of watchers) look();
  }

  return {
    items: () => mails.map(({ shown }) => shown),
    file(mail, index) {
      const found = mails.find(({ shown }) => shown.id === mail)?.parsed.attachments[index];
      return found && { name: found.filename ?? 'file', type: found.mimeType, bytes: bytesOf(found.content) };
    },
    take: (mail) => keep(mail, 'in'),
    async reply(answer, server) {
      const to = mails.find(({ shown }) => shown.id === answer.to);
      if (!to) throw new Error('There is no such mail any more.');
      const bytes = await composed(owner, to, answer);
      await server.handOn(owner.address, to.shown.address, bytes);
      await keep(bytes, 'out');
    },
    watch(look) {
      watchers.add(look);
      return () => watchers.delete(look);
    },
  };
}

function shownOf(parsed: Email, direction: DemoMail['direction']): DemoMail {
  const { from, subject = '', text = '', attachments } = parsed;
  const address = from?.address ?? '';
  return {
    ...{ id: crypto.randomUUID(), direction, address, from: from?.name || address },
    ...{ subject, text: text.trimEnd(), at: Date.now() },
    files: attachments.map(({ filename, content }) => ({
      name: filename ?? 'file',
      size: bytesOf(content).byteLength,
    })),
  };
}

const bytesOf = (content: string | ArrayBuffer | Uint8Array): Uint8Array =>
  typeof content === 'string' ? Buffer.from(content) : new Uint8Array(content);

function composed(
  { name, address }: { readonly name: string; readonly address: string },
  { shown, parsed }: Kept,
  { text, file }: DemoReply,
): Promise<Buffer> {
  const when = new Date(shown.at);
  const day = when.toLocaleDateString('en-GB', { weekday: 'short', day: 'numeric', month: 'short', year: 'numeric' });
  const time = when.toTimeString().slice(0, 5);
  // The signature is not quoted (RFC 3676 §4.3).
  const [written = ''] = shown.text.split(/^-- $/m);
  const quoted = written
    .trimEnd()
    .split('\n')
    .map((line) => (line.startsWith('>') ? `>${line}` : `> ${line}`.trimEnd()));
  const answered = parsed.messageId;
  const composer = new MailComposer({
    from: { name, address },
    to: { name: shown.from, address: shown.address },
    messageId: `<${crypto.randomUUID()}@${address.replace(/^.*@/, '')}>`,
    ...(answered !== undefined && {
      inReplyTo: answered,
      references: [parsed.references, answered].filter((id) => id).join(' '),
    }),
    subject: /^re:/i.test(shown.subject) ? shown.subject : `Re: ${shown.subject}`,
    text: `${text}\n\nOn ${day} at ${time}, ${shown.from} <${shown.address}> wrote:\n\n${quoted.join('\n')}\n\n-- \n${name}\nsent from the mailbox of the demo\n`,
    attachments: file ? [{ filename: file.name, contentType: file.type, content: Buffer.from(file.bytes) }] : [],
    disableFileAccess: true,
    disableUrlAccess: true,
    newline: '\r\n',
  });
  return composer.compile().build();
}
