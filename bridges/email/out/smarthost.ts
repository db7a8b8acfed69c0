import { Readable } from 'node:stream';
import { domainToASCII } from 'node:url';
import SMTPConnection from 'nodemailer/lib/smtp-connection';
import type { EmailConfig } from '#bridges/email/config.ts';
import { wireAddress } from '#bridges/email/mailbox.ts';
import { texts } from '#bridges/email/texts.ts';
import type { Host } from '#src/bridge.ts';
import { Failure } from '#src/model/failure.ts';
import { isHardBounce, readReply, replyFailure } from './replies.ts';

/** What a mail goes with (RFC 5321 §2.3.1). `envelopeId` comes back in reports (RFC 3461 §4.4). */
export type OutgoingEnvelope = { readonly from: string; readonly to: string; readonly envelopeId: string };

/** The server that takes our mails. */
export type Smarthost = {
  /**
   * Has a mail made in its turn, and resolves with it once the server has it. Rejects with what `make` does, or with a `Failure`: in
   * doubt where it broke off behind the final dot.
   */
  send<T extends { readonly envelope: OutgoingEnvelope; readonly mail: Buffer }>(make: () => Promise<T>): Promise<T>;
  /** Cuts what is under way. */
  close(): void;
};

type Config = Pick<EmailConfig, 'outgoing' | 'domain'>;

/** Sends over a connection for each mail, so many at a time; the others wait for their turn. */
export function openSmarthost({ outgoing, domain }: Config, host: Pick<Host, 'connect' | 'signal' | 'log'>): Smarthost {
  const waiting: (() => void)[] = [];
  const open = new Set<SMTPConnection>();
  const stopping = new AbortController();
  const signal = AbortSignal.any([host.signal, stopping.signal]);
  let busy = 0;

  async function turn(): Promise<void> {
    if (busy >= outgoing.connections) await new Promise<void>((go) => waiting.push(go));
    else busy += 1;
  }
  function done(): void {
    const next = waiting.shift();
    if (next) next();
    else busy -= 1;
  }

  async function connected(): Promise<SMTPConnection> {
    const { host: name, port, timeout, pin } = outgoing;
    const tls = outgoing.tls === 'implicit' ? { verify: true, ...(pin && { pin }) } : undefined;
    const socket = await host.connect({ host: name, port, timeout, ...(tls && { tls }) }, signal).catch(explain);
    const connection = new SMTPConnection({
      ...{ connection: socket, host: name, secured: tls !== undefined, secure: tls !== undefined },
      ...{ ignoreTLS: outgoing.tls === 'off', requireTLS: outgoing.tls === 'starttls' },
      tls: { servername: name, rejectUnauthorized: true },
      ...{ greetingTimeout: timeout, socketTimeout: timeout, name: domainToASCII(outgoing.name ?? domain) },
      ...{ logger: false, debug: false },
    });
    open.add(connection);
    return connection;
  }

  /** One whole conversation. Whatever happens to the connection is the end of it. */
  function converse(connection: SMTPConnection, envelope: OutgoingEnvelope, mail: Buffer): Promise<void> {
    return new Promise((resolve, reject) => {
      let sent = false;
      const fail = (error: Error) => reject(failureOf(error, sent));
      const stopped = () => fail(new Error('stopping'));
      signal.addEventListener('abort', stopped, { once: true });
      connection.once('error', fail);
      connection.once('end', () => fail(new Error('The connection was closed.')));
      const deliver = () => {
        const from = wireAddress(envelope.from);
        const to = wireAddress(envelope.to);
        const dsn = {
          ret: 'HDRS',
          envid: envelope.envelopeId,
          notify: ['SUCCESS', 'FAILURE', 'DELAY'],
          orcpt: `rfc822;${to}`,
        };
        const message = Readable.from(piecesOf(mail)).once('end', () => {
          sent = true;
        });
        connection.send(
          { from, to: [to], size: mail.length, use8BitMime: false, dsn: dsn as SMTPConnection.DSNOptions },
          message,
          (error) => (error ? fail(error) : resolve()),
        );
      };
      connection.connect((error) => {
        if (error) return fail(error);
        const { user, password } = outgoing;
        if (user === undefined || password === undefined) return deliver();
        connection.login({ credentials: { user, pass: password.open() } } as never, (wrong) =>
          wrong ? fail(wrong) : deliver(),
        );
      });
    });
  }

  return {
    async send(make) {
      await turn();
      let connection: SMTPConnection | undefined;
      try {
        if (signal.aborted) throw new Failure('stopping');
        const made = await make();
        connection = await connected();
        await converse(connection, made.envelope, made.mail);
        connection.quit();
        return made;
      } catch (error) {
        connection?.close();
        throw error;
      } finally {
        if (connection) open.delete(connection);
        done();
      }
    },
    close() {
      stopping.abort();
      for (const connection of open) connection.close();
    },
  };
}

const PIECE = 64 * 1024;

/** In pieces, so that the end is read when most has left. */
function* piecesOf(mail: Buffer): Generator<Buffer> {
  for (let at = 0; at < mail.length; at += PIECE) yield mail.subarray(at, at + PIECE);
}

/** Whatever keeps us from our own server is no fault of the recipient: it is tried again. */
function explain(error: unknown): never {
  const text = error instanceof Error ? error.message : undefined;
  throw new Failure('remote-server-timeout', {
    text: texts.noSmarthost,
    cause: error,
    ...(text && { foreign: text.slice(0, 100) }),
  });
}

/** `sent`: the final dot may have left, so that only an answer says what became of it (RFC 5321 §4.1.1.4). */
function failureOf(error: Error, sent: boolean): Failure {
  const { response, responseCode, command = '' } = error as SMTPConnection.SMTPError;
  if (response !== undefined && responseCode) {
    if (command.startsWith('AUTH') && responseCode >= 500)
      return new Failure('internal', { text: texts.ourLogin, foreign: String(responseCode), cause: error });
    const failure = replyFailure(readReply(response));
    // Before a recipient is named (RFC 5321 §3.3) it can speak of nobody but us.
    return isHardBounce(failure) && !/^(?:RCPT|DATA)\b/.test(command)
      ? new Failure('internal', {
          text: texts.refusedUs,
          foreign: failure.foreign ?? String(responseCode),
          cause: error,
        })
      : failure;
  }
  if (sent) return new Failure('remote-server-timeout', { text: texts.unclear, certain: false, cause: error });
  return new Failure('remote-server-timeout', { text: texts.noSmarthost, cause: error });
}
