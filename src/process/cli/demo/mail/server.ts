import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import SMTPConnection from 'nodemailer/lib/smtp-connection';
import { SMTPServer, type SMTPServerSession } from 'smtp-server';
import { deliveryReport } from './delivery-report.ts';

/** The name under which the demo's mail server speaks, and signs what it has found out about senders (RFC 8601). */
export const SERVER_NAME = 'mx.demo.example';

/** Takes a mail into a mailbox: its bytes as they came. Resolves when it is there. */
export type TakeMail = (mail: Buffer) => Promise<void>;

/** The mail server of the demo on 127.0.0.1, the smarthost of the gateway: it has mailboxes, and no way to any other server. */
export interface DemoMailServer extends AsyncDisposable {
  readonly port: number;
  /** Hands a mail on to the gateway, as the server of its domain does (LMTP). Rejects with the gateway's refusal. */
  handOn(from: string, to: string, mail: Buffer): Promise<void>;
}

/** `mailboxes` by their addresses, in small letters; `lmtpPort` is the gateway's. */
export async function startMailServer(
  mailboxes: ReadonlyMap<string, TakeMail>,
  lmtpPort: number,
): Promise<DemoMailServer> {
  const handOn = (from: string, to: string, mail: Buffer) => handIn(lmtpPort, { from, to }, mail);
  const server = new SMTPServer({
    name: SERVER_NAME,
    banner: 'The mail server of the Isthmus demo',
    authOptional: true,
    disabledCommands: ['AUTH', 'STARTTLS'],
    disableReverseLookup: true,
    hideDSN: false,
    logger: false,
    onRcptTo({ address }, _session, done) {
      const known = mailboxes.has(address.toLowerCase());
      done(
        known ? null : Object.assign(new Error('5.1.1 There is no such mailbox in the demo'), { responseCode: 550 }),
      );
    },
    onData(stream, session, done) {
      stream
        .toArray()
        .then((chunks) => deliver(Buffer.concat(chunks), session))
        .then(
          () => done(),
          (error: Error) => done(error),
        );
    },
  });
  server.on('error', () => undefined); // a client that breaks off
  const listening = server.listen(0, '127.0.0.1');
  if (!listening.listening) await once(listening, 'listening');

  async function deliver(mail: Buffer, { envelope }: SMTPServerSession): Promise<void> {
    for (const { address } of envelope.rcptTo) await mailboxes.get(address.toLowerCase())?.(mail);
    const { mailFrom, rcptTo, dsn } = envelope;
    for (const { address, dsn: asked } of rcptTo)
      if (mailFrom && asked?.notify?.includes('SUCCESS')) {
        const about = { to: mailFrom.address, recipient: address, envelopeId: dsn?.envid ?? undefined };
        // The gateway is told as by a real server: a moment later, and over a connection of its own.
        handOn('', mailFrom.address, deliveryReport(SERVER_NAME, about)).catch(() => undefined);
      }
  }

  return {
    port: (listening.address() as AddressInfo).port,
    handOn: (from, to, mail) => handOn(from, to, Buffer.concat([Buffer.from(stamp(from)), mail])),
    [Symbol.asyncDispose]: () => new Promise((closed) => server.close(() => closed())),
  };
}

/** What a mail server writes above a mail that it passes on: who has sent it, and that it has seen that it was them. */
function stamp(from: string): string {
  const date = new Date().toUTCString().replace('GMT', '+0000');
  return (
    `Authentication-Results: ${SERVER_NAME}; spf=pass smtp.mailfrom=${from}\r\n` +
    `Received: from [127.0.0.1] by ${SERVER_NAME} with ESMTP; ${date}\r\n`
  );
}

function handIn(port: number, { from, to }: { from: string; to: string }, mail: Buffer): Promise<void> {
  const connection = new SMTPConnection({ host: '127.0.0.1', port, name: SERVER_NAME, lmtp: true, ignoreTLS: true });
  return new Promise<void>((resolve, reject) => {
    connection.once('error', reject);
    connection.connect((refused) => {
      if (refused) return reject(refused);
      connection.send({ from, to: [to] }, mail, (error, info) => {
        // What LMTP says of a recipient behind the data is no error to this client.
        const wrong = error ?? info.rejectedErrors?.[0];
        return wrong ? reject(wrong) : resolve();
      });
    });
  }).finally(() => connection.quit());
}
