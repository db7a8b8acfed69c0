import { once } from 'node:events';
import type { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import PostalMime from 'postal-mime';
import { SMTPServer, type SMTPServerSession } from 'smtp-server';
import type { Numbered } from '../ledger.ts';
import { between, oneOf, type Random } from '../random.ts';
import { numbered } from '../users.ts';
import { PASSWORD } from './names.ts';
import { TIMEOUT } from './transport.ts';

/** What befalls a mail: nothing, a refusal at a phase, a line that breaks before or behind the final dot, or an answer that is late. */
type Whim = 'fine' | 'mail 451' | 'data 451' | 'data 552' | 'cut' | 'dropped' | 'slow' | 'late';
export type MailMood = 'well' | 'mixed' | 'unclear' | 'busy' | 'down';

const times = (count: number, whim: Whim): Whim[] => Array.from({ length: count }, () => whim);
const whims: Readonly<Record<MailMood, readonly Whim[]>> = {
  well: ['fine'],
  mixed: [...times(10, 'fine'), 'mail 451', 'data 451', 'data 552', 'cut', 'dropped', 'slow'],
  unclear: [...times(4, 'fine'), 'dropped', 'dropped', 'late', 'cut'],
  busy: ['fine', 'fine', 'mail 451', 'data 451', 'slow'],
  down: ['mail 451', 'data 451', 'cut', 'dropped'],
};

/** A message in a mail, with the event that it is. */
export type MailedText = Numbered & { readonly event: string };

/** A mail that was taken. `answered`: whoever sent it has read so, and went on in that connection. */
export type TakenMail = {
  readonly messageId: string;
  readonly texts: readonly MailedText[];
  /** The process that has sent it. */
  readonly by: string;
  readonly from: string;
  readonly to: string;
  readonly envelopeId: string;
  answered: boolean;
};

/** The server that takes the gateway's mails, as it pleases, and counts them. */
export type Smarthost = AsyncDisposable & {
  readonly port: number;
  /** All that it has taken, in order, repeats among them. */
  readonly taken: readonly TakenMail[];
  /** The events of mails that it has refused for good. */
  readonly refused: ReadonlySet<string>;
  mood: MailMood;
  /** Runs when a mail is taken, before that is answered. */
  onTaken: (() => void) | undefined;
  /** Refuses connections, until the returned function is called. */
  leave(): Promise<() => Promise<void>>;
  readonly figures: Readonly<Record<string, number>>;
};

/** There is no such mailbox. */
export const NOBODY = 'nobody';

const refusal = (responseCode: number, text: string): Error => Object.assign(new Error(text), { responseCode });

/** `deliver` has each mail once it is taken. */
export async function openSmarthost(
  { port, random }: { readonly port: number; readonly random: Random },
  deliver: (mail: TakenMail) => void,
): Promise<Smarthost> {
  const taken: TakenMail[] = [];
  const refused = new Set<string>();
  const figures: Record<string, number> = {};
  const sockets = new Map<string, Socket>();
  const chosen = new Map<string, Whim>();
  let server: SMTPServer;

  function open(): SMTPServer {
    const fresh = new SMTPServer({
      authOptional: true,
      allowInsecureAuth: true,
      authMethods: ['PLAIN'],
      disabledCommands: ['STARTTLS'],
      disableReverseLookup: true,
      hideDSN: false,
      logger: false,
      // Users log in, the operator does not.
      onAuth: ({ username = '', password }, _session, done) =>
        password === PASSWORD ? done(null, { user: username }) : done(refusal(535, '5.7.8 no')),
      onMailFrom(_address, session, done) {
        const whim = oneOf(random, whims[smarthost.mood]);
        figures[whim] = (figures[whim] ?? 0) + 1;
        chosen.set(session.id, whim);
        done(whim === 'mail 451' ? refusal(451, '4.7.1 Greylisted') : null);
      },
      onRcptTo: ({ address }, _session, done) =>
        done(address.startsWith(NOBODY) ? refusal(550, '5.1.1 No such user') : null),
      onData(stream, session, done) {
        void take(stream, session).then((error) => (error === 'cut' ? cut(session) : done(error)));
      },
      onClose(session) {
        chosen.delete(session.id);
      },
    });
    fresh.on('error', () => undefined);
    fresh.server.on('connection', (socket) => sockets.set(`${socket.remotePort}`, socket));
    return fresh;
  }

  const cut = (session: SMTPServerSession): void => void sockets.get(`${session.remotePort}`)?.destroy();

  async function take(stream: NodeJS.ReadableStream, session: SMTPServerSession): Promise<Error | 'cut' | null> {
    const whim = chosen.get(session.id) ?? 'fine';
    if (whim === 'cut') return 'cut';
    const bytes = await wholeOf(stream);
    if (!bytes) return 'cut';
    const mail = await read(bytes, session);
    if (whim === 'slow') await delay(between(random, 0, TIMEOUT / 2));
    if (whim === 'data 451') return refusal(451, '4.3.0 Try again later');
    if (whim === 'data 552') {
      for (const { event } of mail.texts) refused.add(event);
      return refusal(552, '5.2.2 The mailbox is full');
    }
    taken.push(mail);
    smarthost.onTaken?.();
    deliver(mail);
    if (whim === 'dropped') return 'cut';
    if (whim === 'late') await delay(TIMEOUT + 200);
    else watchAnswer(mail, session);
    return null;
  }

  /** Who has read the answer says QUIT, and the connection ends in order. */
  function watchAnswer(mail: TakenMail, session: SMTPServerSession): void {
    const socket = sockets.get(`${session.remotePort}`);
    const heard = (chunk: Buffer): void => {
      if (/^QUIT/im.test(chunk.toString('latin1'))) mail.answered = true;
    };
    socket?.on('data', heard);
  }

  async function listen(): Promise<void> {
    server = open();
    const listening = server.listen(port, '127.0.0.1');
    if (!listening.listening) await once(listening, 'listening');
  }

  async function close(): Promise<void> {
    for (const socket of sockets.values()) socket.destroy();
    sockets.clear();
    await new Promise<void>((closed) => server.close(() => closed()));
  }

  const smarthost: Smarthost = {
    ...{ port, taken, refused, figures },
    mood: 'well',
    onTaken: undefined,
    async leave() {
      await close();
      return listen;
    },
    [Symbol.asyncDispose]: close,
  };
  await listen();
  return smarthost;
}

/** Nothing where the line broke before its end. */
async function wholeOf(stream: NodeJS.ReadableStream): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of stream) chunks.push(Buffer.from(chunk));
  } catch {
    return undefined;
  }
  return Buffer.concat(chunks);
}

async function read(bytes: Buffer, { envelope, hostNameAppearsAs: by }: SMTPServerSession): Promise<TakenMail> {
  const { messageId = '', text = '' } = await PostalMime.parse(bytes);
  return {
    ...{ messageId, by, answered: false },
    texts: (text.split(/^-- $/m)[0] ?? '').split('\n').flatMap(mailed),
    from: envelope.mailFrom ? envelope.mailFrom.address : '',
    to: envelope.rcptTo[0]?.address ?? '',
    envelopeId: String(envelope.dsn?.envid ?? ''),
  };
}

function mailed(line: string): MailedText[] {
  const [, text = '', event = ''] = /^(.*) (\S+)$/.exec(line.trim()) ?? [];
  const found = numbered(text);
  return found ? [{ ...found, event }] : [];
}
