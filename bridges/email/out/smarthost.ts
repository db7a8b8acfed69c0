import { isIP } from 'node:net';
import { Readable } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import { domainToASCII } from 'node:url';
import SMTPConnection from 'nodemailer/lib/smtp-connection';
import type { EmailConfig, OutgoingConfig } from '#bridges/email/config.ts';
import type { MailAuth } from '#bridges/email/in/imap-line.ts';
import { needsUtf8, wireAddress } from '#bridges/email/mailbox.ts';
import { texts } from '#bridges/email/texts.ts';
import type { Host } from '#src/bridge.ts';
import { isPinned } from '#src/lib/net.ts';
import { openTurns } from '#src/lib/turns.ts';
import { Failure, type FailureCode } from '#src/model/failure.ts';
import type { Words } from '#src/model/language.ts';
import { BEARER, bearer } from './bearer.ts';
import { isHardBounce, readReply, replyFailure } from './replies.ts';

/**
 * What a mail goes with (RFC 5321 §2.3.1). `envelopeId` comes back in reports (RFC 3461 §4.4), that it was delivered only where
 * that is asked for; of a mail from nobody (`''`) nothing is reported.
 */
export type OutgoingEnvelope = {
  readonly from: string;
  readonly to: string;
  readonly envelopeId: string;
  readonly success: boolean;
};

/** `messageIdThere` is the Message-ID that a server says to have put in the place of ours, without brackets. */
type Outgoing = { readonly envelope: OutgoingEnvelope; readonly mail: Buffer; readonly messageIdThere?: string };

/** What a server has said of a mail that it took. */
type SentInfo = { readonly messageId?: string };

/** The server that takes mails (RFC 6409). */
export type Smarthost = {
  /**
   * Has a mail made in its turn, and resolves with it once the server has it. Rejects with what `make` does, or with a `Failure`: in
   * doubt where it broke off behind the final dot.
   */
  send<T extends Outgoing>(make: () => Promise<T>): Promise<T>;
  /** Logs in and no more. Rejects with the `Failure` that a mail would meet. */
  check(): Promise<void>;
  /** Cuts what is under way. */
  close(): void;
};

/** Where mails are handed in, by whom, and what its refusals mean to the sender of a mail. */
export type SubmissionServer = Pick<OutgoingConfig, 'host' | 'port' | 'tls' | 'connections' | 'timeout'> & {
  readonly pin?: readonly string[] | undefined;
  /** What we call ourselves. */
  readonly name: string;
  /** Under the address rules (SECURITY rule 6). */
  readonly chosenByUser?: boolean;
  /** Who logs in, if anybody does: asked for each mail, and once more where a token was `refused`. */
  auth?(refused?: MailAuth): Promise<MailAuth>;
  readonly refusals: Refusals;
};

/** What it is that a login is refused, or whoever logs in. */
type Refusals = Readonly<Record<'login' | 'sender', readonly [FailureCode, Words]>>;

const OURS: Refusals = { login: ['internal', texts.ourLogin], sender: ['internal', texts.refusedUs] };
/** A user's server is at one of these (RFC 8314 §3.3). */
const PORTS = [465, 587];
/** How long a whole conversation may take, and a server to say goodbye, in milliseconds: some drip what they say. */
const LONGEST = 3_600_000;
const GOODBYE = 10_000;

type Given = Pick<Host, 'connect' | 'signal' | 'clock'>;

/** The operator's. */
export function openSmarthost({ outgoing, domain }: Pick<EmailConfig, 'outgoing' | 'domain'>, host: Given): Smarthost {
  const { user, password, name = domain } = outgoing;
  return openSubmission(
    {
      ...outgoing,
      ...{ name, refusals: OURS },
      ...(user !== undefined && password !== undefined && { auth: async () => ({ user, password: password.open() }) }),
    },
    host,
  );
}

/** Sends over a connection for each mail, so many at a time; the others wait for their turn. */
export function openSubmission(server: SubmissionServer, host: Given): Smarthost {
  const inTurn = openTurns(server.connections);
  const open = new Set<SMTPConnection>();
  const stopping = new AbortController();
  const signal = AbortSignal.any([host.signal, stopping.signal]);

  async function connected(): Promise<SMTPConnection> {
    const { host: name, port, timeout, pin, chosenByUser } = server;
    const tls = server.tls === 'implicit' ? { verify: true, ...(pin && { pin }) } : undefined;
    const rules = chosenByUser && { chosenByUser: { ports: PORTS } };
    const target = { host: name, port, timeout, ...(tls && { tls }), ...rules };
    const socket = await host.connect(target, signal).catch(explain);
    const connection = new SMTPConnection({
      ...{ connection: socket, host: name, secured: tls !== undefined, secure: tls !== undefined },
      ...{ ignoreTLS: server.tls === 'off', requireTLS: server.tls === 'starttls' },
      // RFC 6066 §3: a literal address is no server name.
      tls: { ...(isIP(name) === 0 && { servername: name }), rejectUnauthorized: pin === undefined },
      ...{ greetingTimeout: timeout, socketTimeout: timeout, name: domainToASCII(server.name) },
      ...{ logger: false, debug: false, customAuth: { [BEARER]: bearer } },
    });
    open.add(connection);
    return connection;
  }

  /** One whole conversation. Whatever happens to the connection is the end of it. */
  async function converse(
    connection: SMTPConnection,
    auth: MailAuth | undefined,
    outgoing?: Outgoing,
  ): Promise<SentInfo> {
    const { promise, resolve, reject } = Promise.withResolvers<SentInfo>();
    let sent = false;
    const fail = (error: Error) => reject(error instanceof Failure ? error : failureOf(error, sent, server.refusals));
    const stopped = () => fail(new Error('stopping'));
    const deliver = () => {
      if (!outgoing) return resolve({});
      const message = Readable.from(piecesOf(outgoing.mail)).once('end', () => {
        sent = true;
      });
      connection.send(transactionOf(outgoing), message, (error, info) => (error ? fail(error) : resolve(infoOf(info))));
    };
    signal.addEventListener('abort', stopped);
    // It may have come while the line was being made.
    if (signal.aborted) stopped();
    const inTime = host.clock.after(LONGEST, () => fail(new Error('The server takes too long.')));
    connection.on('error', fail);
    connection.once('end', () => fail(new Error('The connection was closed.')));
    connection.connect((error) => {
      const refused = error ?? (outgoing && refusedBy(String(connection.lastServerResponse), outgoing));
      if (refused) return fail(refused);
      if (server.tls === 'starttls' && !isPinned(connection._socket as TLSSocket, server.pin ?? []))
        return fail(new Error('The certificate is not the one that is expected.'));
      if (!auth) return deliver();
      const isToken = 'token' in auth;
      const credentials = { user: auth.user, pass: isToken ? auth.token : auth.password };
      connection.login({ credentials, ...(isToken && { method: BEARER }) } as never, (wrong) =>
        wrong ? fail(wrong) : deliver(),
      );
    });
    try {
      return await promise;
    } finally {
      inTime();
      signal.removeEventListener('abort', stopped);
    }
  }

  function leave(connection: SMTPConnection): void {
    connection.once(
      'end',
      host.clock.after(GOODBYE, () => connection.close()),
    );
    connection.quit();
  }

  async function held<T extends Outgoing | undefined>(make: () => Promise<T>): Promise<T> {
    let connection: SMTPConnection | undefined;
    try {
      // Whose session ends has their mails sent by the next.
      if (signal.aborted) throw new Failure(host.signal.aborted ? 'stopping' : 'recipient-unavailable');
      const made = await make();
      let auth = await server.auth?.();
      connection = await connected();
      const talk = converse(connection, auth, made).catch(async (error: unknown) => {
        if (!(auth && 'token' in auth && error instanceof Failure && error.code === server.refusals.login[0]))
          throw error;
        // Its time was not over, and yet it was refused: once more with another, where there is one.
        connection?.close();
        auth = await server.auth?.(auth);
        connection = await connected();
        return converse(connection, auth, made);
      });
      const { messageId } = await talk;
      leave(connection);
      return made && { ...made, ...(messageId !== undefined && { messageIdThere: messageId }) };
    } catch (error) {
      connection?.close();
      throw error;
    } finally {
      if (connection) open.delete(connection);
    }
  }

  return {
    send: (make) => inTurn(() => held(make)),
    check: () => inTurn(() => held(async () => undefined)),
    close() {
      stopping.abort();
      for (const connection of open) connection.close();
    },
  };
}

/** What a mail is handed in with. */
function transactionOf({ envelope, mail }: Outgoing): SMTPConnection.Envelope {
  const from = envelope.from === '' ? '' : wireAddress(envelope.from);
  const to = wireAddress(envelope.to);
  const dsn = {
    ret: 'HDRS',
    envid: envelope.envelopeId,
    notify: from === '' ? ['NEVER'] : [...(envelope.success ? ['SUCCESS'] : []), 'FAILURE', 'DELAY'],
    orcpt: `rfc822;${to}`,
  };
  return { from, to: [to], size: mail.length, use8BitMime: false, dsn: dsn as SMTPConnection.DSNOptions };
}

/** Why a mail need not be tried at a server, by what that offers (RFC 1870 §6, RFC 6531 §3.2). */
function refusedBy(offered: string, { envelope, mail }: Outgoing): Failure | undefined {
  const most = Number(/[ -]SIZE (\d+)/i.exec(offered)?.[1] ?? 0);
  if (most > 0 && mail.length > most) return new Failure('too-large', { text: texts.tooLargeToSend });
  const isBeyond = [envelope.from, envelope.to].some(needsUtf8) && !/[ -]SMTPUTF8\b/i.test(offered);
  return isBeyond ? new Failure('not-supported', { text: texts.noUtf8 }) : undefined;
}

/** Microsoft and Amazon say so in their last answer. */
const infoOf = ({ serverMessageId: id }: SMTPConnection.SentMessageInfo): SentInfo =>
  id === undefined ? {} : { messageId: id.replace(/[<>]/g, '') };

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
function failureOf(error: Error, sent: boolean, { login, sender }: Refusals): Failure {
  const { response, responseCode, command = '' } = error as SMTPConnection.SMTPError;
  if (response !== undefined && responseCode) {
    if (command.startsWith('AUTH') && responseCode >= 500)
      return new Failure(login[0], { text: login[1], foreign: String(responseCode), cause: error });
    // Nothing goes in the clear, and who cannot be spoken to in secret now is out of reach.
    if (command.startsWith('STARTTLS'))
      return new Failure('remote-server-timeout', {
        text: texts.noSmarthost,
        foreign: String(responseCode),
        cause: error,
      });
    const failure = replyFailure(readReply(response));
    // Before a recipient is named (RFC 5321 §3.3) it can speak of nobody but us, and before a sender is it never speaks of the mail.
    const ofUs = responseCode >= 500 && /^(?:CONN|EHLO|HELO)\b/.test(command);
    return ofUs || (isHardBounce(failure) && !/^(?:RCPT|DATA)\b/.test(command))
      ? new Failure(sender[0], { text: sender[1], foreign: failure.foreign ?? String(responseCode), cause: error })
      : failure;
  }
  if (sent) return new Failure('remote-server-timeout', { text: texts.unclear, certain: false, cause: error });
  return new Failure('remote-server-timeout', { text: texts.noSmarthost, cause: error });
}
