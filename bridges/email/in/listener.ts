import type { Readable } from 'node:stream';
import { domainToASCII } from 'node:url';
import { SMTPServer, type SMTPServerSession } from 'smtp-server';
import type { EmailConfig } from '#bridges/email/config.ts';
import { type MailEnvelope, MailRefused } from '#bridges/email/wire/mail.ts';
import type { Endpoint, Host, SocketServer } from '#src/bridge.ts';
import type { AccountKey } from '#src/model/ids.ts';
import { type HeldAnswers, holdAnswers, NOT_HELD } from './pipelining.ts';
import { LATER, type RecipientAnswer } from './recipients.ts';

/** Where mail goes that a listener was handed. */
export type MailIntake = {
  /** What is answered to RCPT: nothing where the recipient is one of ours. */
  recipient(address: string, from: string): Promise<RecipientAnswer | undefined>;
  /** Takes a whole mail, and resolves once it is durable with an answer for each recipient. Reads it to its end. */
  take(mail: AsyncIterable<Uint8Array>, envelope: MailEnvelope): Promise<readonly RecipientAnswer[]>;
  /** Whether mail is asked to come again later. */
  paused(): boolean;
};

/** A user whose own mailbox is read. */
export type MailboxOwner = {
  readonly account: AccountKey;
  readonly address: string;
  /** Ids of Authentication-Results headers that count in it: those of its provider. */
  readonly authserv: readonly string[];
  /** Whether the user wants to be shown what they have written in another mail program. */
  readonly elsewhere: boolean;
  /** It is read out of the folder of what was sent, into which others put nothing. */
  readonly fromSent: boolean;
};

/** Where mail goes that was found in a mailbox of a user's own: as with `MailIntake.take`. */
export type OwnIntake = {
  takeOwn(
    mail: AsyncIterable<Uint8Array>,
    envelope: MailEnvelope,
    to: MailboxOwner,
  ): Promise<readonly RecipientAnswer[]>;
};

/** An error as smtp-server answers it. */
const asError = ({ status, enhanced, text }: RecipientAnswer): Error =>
  Object.assign(new Error(`${enhanced} ${text}`), { responseCode: status });

const MOST_RECIPIENTS = 100;
/** How long a connection may last, in milliseconds: what was not answered by then comes again. */
const LONGEST = 1_800_000;
const PAUSED: RecipientAnswer = { status: 451, enhanced: '4.3.2', text: 'Not now, try again later' };

export type MailListener = SocketServer & {
  /** Ends what is open. */
  end(): Promise<void>;
};

/** Listens for a mail server of ours (LMTP, RFC 2033) or any (SMTP, RFC 5321). Nobody logs in, and nothing is relayed. */
export async function openListener(
  protocol: 'lmtp' | 'smtp',
  endpoint: Endpoint,
  { host, config, intake }: { host: Host; config: EmailConfig; intake: MailIntake },
): Promise<MailListener> {
  const answers = new WeakMap<SMTPServerSession, HeldAnswers>();
  const held = (session: SMTPServerSession): HeldAnswers => answers.get(session) ?? NOT_HELD;
  const server = new SMTPServer({
    lmtp: protocol === 'lmtp',
    name: domainToASCII(config.domain),
    banner: 'Isthmus',
    size: config.max_size,
    authOptional: true,
    disabledCommands: ['AUTH', 'STARTTLS'],
    // Ours are more exact than those that it would put before them.
    hideENHANCEDSTATUSCODES: true,
    disableReverseLookup: true,
    useXForward: config.forwarders,
    useXClient: config.forwarders,
    logger: false,
    onConnect(session, done) {
      for (const { _socket, session: one } of server.connections)
        if (one === session) answers.set(session, holdAnswers(_socket));
      done();
    },
    onMailFrom: (_address, _session, done) => done(intake.paused() ? asError(PAUSED) : null),
    onRcptTo({ address }, session, done) {
      // smtp-server has it once, and RFC 2033 §4.2 wants an answer for each: the second comes again by itself.
      const isThere = session.envelope.rcptTo.some((one) => one.address.toLowerCase() === address.toLowerCase());
      if (protocol === 'lmtp' && isThere)
        return done(asError({ status: 452, enhanced: '4.5.3', text: 'This recipient is there already' }));
      if (session.envelope.rcptTo.length >= MOST_RECIPIENTS)
        return done(asError({ status: 452, enhanced: '4.5.3', text: 'Too many recipients' }));
      const { begin, end } = held(session);
      begin();
      intake.recipient(address, senderOf(session)).then(
        (answer) => end(() => done(answer ? asError(answer) : null)),
        (error: unknown) => end(() => done(asError(troubleOf(error)))),
      );
    },
    onData(stream, session, done) {
      taken(stream, envelopeOf(session)).then((each) => {
        const { begin, end } = held(session);
        begin();
        end(() => answerAll(each, done));
      });
    },
  });

  function answerAll(each: readonly RecipientAnswer[], done: (error: Error | null, message?: never) => void): void {
    const [first = LATER] = each;
    if (protocol === 'lmtp')
      return done(null, each.map((one) => (one.status === 250 ? said(one) : asError(one))) as never);
    // SMTP has one answer: it comes again where somebody may have it later, and else is taken where somebody has it.
    const later = each.find(({ status }) => status >= 400 && status < 500);
    const good = each.find(({ status }) => status === 250);
    return good && !later ? done(null, said(good) as never) : done(asError(later ?? first));
  }
  server.on('error', (error: Error) => host.log.debug({ err: error }, 'a mail connection went wrong'));

  /** Never rejects. */
  async function taken(
    stream: Readable & { sizeExceeded?: boolean },
    envelope: MailEnvelope,
  ): Promise<readonly RecipientAnswer[]> {
    try {
      const answers = await intake.take(stream, envelope);
      // smtp-server says so only behind the end.
      return stream.sizeExceeded ? envelope.to.map(() => TOO_LARGE) : answers;
    } catch (error) {
      const answer = troubleOf(error);
      stream.resume();
      if (!stream.readableEnded && !stream.destroyed)
        await new Promise((end) => stream.once('close', end).once('end', end));
      return envelope.to.map(() => answer);
    }
  }

  function troubleOf(error: unknown): RecipientAnswer {
    if (error instanceof MailRefused) return { status: error.status, enhanced: error.enhanced, text: error.message };
    host.log.error({ err: error }, 'a mail could not be taken');
    return LATER;
  }

  const listening = await host.listen(endpoint, (socket) => {
    // A mail that drips in holds its place no longer than that, however often something comes.
    const stop = host.clock.after(LONGEST, () => socket.destroy());
    socket.once('close', stop);
    server.server.emit('connection', socket);
  });
  return {
    ...listening,
    end: () => new Promise((closed) => server.close(() => closed())),
  };
}

const TOO_LARGE: RecipientAnswer = { status: 552, enhanced: '5.3.4', text: 'The mail is too large' };

const said = ({ enhanced, text }: RecipientAnswer): string => `${enhanced} ${text}`;

const senderOf = ({ envelope }: SMTPServerSession): string => (envelope.mailFrom ? envelope.mailFrom.address : '');

/** Who has connected: as a mail server of ours says (XFORWARD or XCLIENT), else whoever is there. */
function envelopeOf(session: SMTPServerSession): MailEnvelope {
  const told = (name: string): string | undefined => {
    const value = (session.xForward as ReadonlyMap<string, string | false> | undefined)?.get(name);
    return value || undefined;
  };
  const [name, helo] = [told('NAME'), told('HELO') ?? session.hostNameAppearsAs];
  return {
    from: senderOf(session),
    to: session.envelope.rcptTo.map(({ address }) => address),
    client: { address: told('ADDR') ?? session.remoteAddress, ...(name && { name }), ...(helo && { helo }) },
  };
}
