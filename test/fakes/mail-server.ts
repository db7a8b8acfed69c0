import { once } from 'node:events';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import PostalMime, { type Email } from 'postal-mime';
import { SMTPServer } from 'smtp-server';
import { CERTIFICATE, PRIVATE_KEY } from './certificate.ts';

/** A mail that the bridge has sent. `lines` are its header lines as they came, unfolded. */
export type HeardMail = {
  readonly from: string;
  readonly to: readonly string[];
  /** Who has logged in. */
  readonly user?: string;
  readonly dsn: Readonly<Record<string, string>>;
  readonly raw: string;
  readonly parsed: Email;
  /** The text without what stands below it. */
  readonly text: string;
  readonly below: string;
  header(name: string): string | undefined;
};

/** What goes wrong with the next mail that reaches a phase, or with all where it `stays`; `drop` takes the mail and breaks off before it says so. */
export type MailFault =
  | { readonly at: 'mail' | 'rcpt' | 'data'; readonly code: number; readonly text: string; readonly stays?: boolean }
  | { readonly at: 'drop' }
  | { readonly at: 'cut' };

/** What mail servers are told of each recipient: `250 2.0.0 Taken`. */
export type PostAnswer = readonly string[];

/** The world of mail around a bridge: the server that it sends by, and the one that hands mail on to it. */
export type MailServer = AsyncDisposable & {
  /** Where the bridge sends. */
  readonly port: number;
  readonly heard: HeardMail[];
  readonly faults: MailFault[];
  /** Passwords and tokens that it was given. */
  readonly tried: readonly string[];
  /** What it says behind `250` of a mail that it takes. */
  taken: string;
  /** Mails that are held and not answered. */
  readonly held: number;
  /** Connections that are open. */
  readonly open: number;
  hold(): () => void;
  when<T>(look: () => T | undefined | false): Promise<T>;
  breakAll(): void;
};

type MailServerOptions = {
  readonly nobody?: string;
  /** Whether a password or token is let in; nobody logs in where it is left out. */
  readonly login?: (secret: string) => boolean;
  /** It offers STARTTLS, with the certificate of `certificate.ts`. */
  readonly secret?: boolean;
};

/** Opens the server that mails of a bridge go to: real SMTP, with faults on demand. It has no mailbox of `nobody`. */
export async function mailServer({ nobody, login, secret }: MailServerOptions = {}): Promise<MailServer> {
  const heard: HeardMail[] = [];
  const faults: MailFault[] = [];
  const watchers = new Set<() => void>();
  const tell = () => {
    for (const watch of [...watchers]) watch();
  };
  let waiting: (() => void)[] | undefined;
  const sockets = new Set<Socket>();
  const tried: string[] = [];
  let taken = 'queued';

  const fault = (at: 'mail' | 'rcpt' | 'data'): Error | undefined => {
    const found = faults.findIndex((one) => one.at === at);
    const one = faults[found];
    if (one && !('stays' in one)) faults.splice(found, 1);
    return one && 'code' in one ? Object.assign(new Error(one.text), { responseCode: one.code }) : undefined;
  };
  const special = (at: 'drop' | 'cut'): boolean => {
    const found = faults.findIndex((one) => one.at === at);
    if (found >= 0) faults.splice(found, 1);
    return found >= 0;
  };

  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: login ? (secret ? [] : ['STARTTLS']) : ['AUTH', 'STARTTLS'],
    ...(secret && { cert: CERTIFICATE, key: PRIVATE_KEY }),
    allowInsecureAuth: true,
    authMethods: ['PLAIN', 'XOAUTH2'],
    onAuth({ username, password, accessToken }, { secure }, done) {
      tried.push(`${password ?? accessToken}${secure ? ' in secret' : ''}`);
      if (login?.(password ?? accessToken ?? '')) done(null, { user: username });
      else done(Object.assign(new Error('5.7.8 no'), { responseCode: 535 }));
    },
    disableReverseLookup: true,
    hideDSN: false,
    hideSMTPUTF8: false,
    logger: false,
    onMailFrom: (_address, _session, done) => done(fault('mail') ?? null),
    onRcptTo: ({ address }, _session, done) => done((address === nobody ? unknown() : fault('rcpt')) ?? null),
    async onData(stream, session, done) {
      if (special('cut')) return cutAll();
      const whole = await bytesOf(stream);
      if (!whole) return;
      const refused = fault('data');
      if (refused) return done(refused);
      if (waiting) {
        await new Promise<void>((go) => {
          waiting?.push(go);
          tell();
        });
      }
      heard.push(await heardMail(whole, session.envelope, session.user));
      tell();
      if (special('drop')) return cutAll();
      done(null, taken);
    },
  });
  server.on('error', () => undefined);
  const listening = server.listen(0, '127.0.0.1');
  listening.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => {
      sockets.delete(socket);
      tell();
    });
  });
  if (!listening.listening) await once(listening, 'listening');

  function cutAll(): void {
    for (const socket of sockets) socket.destroy();
  }

  return {
    port: (listening.address() as AddressInfo).port,
    heard,
    faults,
    tried,
    get taken() {
      return taken;
    },
    set taken(text) {
      taken = text;
    },
    get held() {
      return waiting?.length ?? 0;
    },
    get open() {
      return sockets.size;
    },
    hold() {
      waiting = [];
      return () => {
        const ready = waiting ?? [];
        waiting = undefined;
        for (const go of ready) go();
      };
    },
    when: (look) =>
      new Promise((done) => {
        const watch = () => {
          const found = look();
          if (found === undefined || found === false) return;
          watchers.delete(watch);
          done(found as never);
        };
        watchers.add(watch);
        watch();
      }),
    breakAll: cutAll,
    async [Symbol.asyncDispose]() {
      cutAll();
      await new Promise<void>((closed) => server.close(() => closed()));
    },
  };
}

/** Nothing, where the line broke before the end. */
async function bytesOf(stream: AsyncIterable<Uint8Array>): Promise<Buffer | undefined> {
  const chunks: Uint8Array[] = [];
  try {
    for await (const chunk of stream) chunks.push(chunk);
  } catch {
    return undefined;
  }
  return Buffer.concat(chunks);
}

const unknown = (): Error => Object.assign(new Error('5.1.1 No such user'), { responseCode: 550 });

type Envelope = SMTPServerEnvelope;
type SMTPServerEnvelope = {
  mailFrom: { address: string; args: unknown } | false;
  rcptTo: readonly { address: string; args: unknown; dsn?: { notify?: string[] | undefined } | undefined }[];
  dsn?: { ret?: unknown; envid?: unknown } | undefined;
};

async function heardMail(bytes: Buffer, envelope: Envelope, user: unknown): Promise<HeardMail> {
  const parsed = await PostalMime.parse(bytes);
  const [text = '', ...below] = (parsed.text ?? '').split('\n\n-- \n');
  const raw = bytes.toString('latin1');
  const head = (raw.split('\r\n\r\n')[0] ?? '').replace(/\r\n[ \t]+/g, ' ').split('\r\n');
  return {
    from: envelope.mailFrom ? envelope.mailFrom.address : '',
    to: envelope.rcptTo.map(({ address }) => address),
    ...(typeof user === 'string' && { user }),
    dsn: {
      ...(envelope.dsn?.envid !== undefined && { envid: String(envelope.dsn.envid) }),
      ...(envelope.rcptTo[0]?.dsn?.notify && { notify: envelope.rcptTo[0].dsn.notify.join(',') }),
    },
    raw,
    parsed,
    text: text.trim(),
    below: below.join('\n\n-- \n').trim(),
    header: (name) =>
      head
        .find((line) => line.toLowerCase().startsWith(`${name.toLowerCase()}:`))
        ?.slice(name.length + 1)
        .trim(),
  };
}

/** Hands a mail on as a mail server does. Resolves with an answer for each recipient, `''` where the line broke. */
export async function post(
  port: number,
  { from, to, raw, smtp = false }: { from: string; to: readonly string[]; raw: string; smtp?: boolean },
): Promise<PostAnswer> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => undefined);
  const lines = createInterface(socket)[Symbol.asyncIterator]();
  const answer = async (): Promise<string> => {
    for (;;) {
      const { value, done } = await lines.next();
      if (done) return '';
      if (value[3] !== '-') return value;
    }
  };
  const say = async (line: string): Promise<string> => {
    socket.write(`${line}\r\n`);
    return answer();
  };
  try {
    await answer();
    await say(`${smtp ? 'EHLO' : 'LHLO'} mx.example`);
    const greeted = await say(`MAIL FROM:<${from}>`);
    if (!greeted.startsWith('250')) return to.map(() => greeted);
    const answers: string[] = [];
    for (const one of to) answers.push(await say(`RCPT TO:<${one}>`));
    const taken = answers.filter((one) => one.startsWith('250')).length;
    if (taken === 0) return answers;
    const go = await say('DATA');
    if (!go.startsWith('354')) return to.map(() => go);
    socket.write(`${raw.replace(/\r?\n/g, '\r\n').replace(/^\./gm, '..')}\r\n.\r\n`);
    const last: string[] = [];
    for (let index = 0; index < (smtp ? 1 : taken); index += 1) last.push(await answer());
    return answers.map((one) => (one.startsWith('250') ? ((smtp ? last[0] : last.shift()) ?? '') : one));
  } finally {
    socket.end('QUIT\r\n');
    socket.on('data', () => undefined);
  }
}

/** A mail server of ours has found that the envelope's sender is who From says. */
export const vouched = (from: string, id = 'mx.example'): string =>
  `Authentication-Results: ${id}; spf=pass smtp.mailfrom=${from}; dkim=pass header.d=${from.replace(/^.*@/, '')}\r\n` +
  `Received: from mx.${from.replace(/^.*@/, '')} by mx.example with ESMTP; Mon, 30 Nov 2026 10:00:00 +0000`;

/** A report of a mail server about a mail (RFC 3464). */
export function deliveryReport(
  about: { readonly token: string; readonly to: string; readonly messageId: string; readonly envelopeId?: string },
  { action, status, diagnostic }: { readonly action: string; readonly status: string; readonly diagnostic: string },
): string {
  return [
    'From: MAILER-DAEMON@mx.example',
    `To: <${about.token}>`,
    'Subject: Delivery Status Notification',
    'Auto-Submitted: auto-replied',
    'Message-ID: <report.1@mx.example>',
    'MIME-Version: 1.0',
    'Content-Type: multipart/report; report-type=delivery-status; boundary="=_b"',
    '',
    '--=_b',
    'Content-Type: text/plain',
    '',
    'This is a report of the mail system.',
    '--=_b',
    'Content-Type: message/delivery-status',
    '',
    'Reporting-MTA: dns; mx.example',
    ...(about.envelopeId === undefined ? [] : [`Original-Envelope-Id: ${about.envelopeId}`]),
    '',
    `Final-Recipient: rfc822; ${about.to}`,
    `Action: ${action}`,
    `Status: ${status}`,
    `Diagnostic-Code: smtp; ${diagnostic}`,
    '',
    '--=_b',
    'Content-Type: text/rfc822-headers',
    '',
    `Message-ID: ${about.messageId}`,
    '',
    '--=_b--',
    '',
  ].join('\r\n');
}

/** What a mail program tells of a mail that was shown (RFC 8098). */
export const displayedReport = (about: string, { from, to }: { readonly from: string; readonly to: string }): string =>
  [
    `From: ${from}`,
    `To: <${to}>`,
    'Subject: Read',
    'Message-ID: <displayed.1@example.com>',
    'MIME-Version: 1.0',
    'Content-Type: multipart/report; report-type=disposition-notification; boundary="=_b"',
    '',
    '--=_b',
    'Content-Type: text/plain',
    '',
    'It was shown.',
    '--=_b',
    'Content-Type: message/disposition-notification',
    '',
    `Final-Recipient: rfc822; ${from}`,
    `Original-Message-ID: ${about}`,
    'Disposition: manual-action/MDN-sent-manually; displayed',
    '',
    '--=_b--',
    '',
  ].join('\r\n');
