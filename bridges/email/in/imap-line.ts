import { isIP, type Socket } from 'node:net';
import { connect as tlsConnect } from 'node:tls';
import { ImapFlow } from 'imapflow';
import type { Host } from '#src/bridge.ts';
import { isPinned } from '#src/lib/net.ts';
import type { Clock } from '#src/lib/time/clock.ts';

/** Where a mailbox is. `chosenByUser` puts it under the address rules (SECURITY rule 6). */
export type ImapServer = {
  readonly host: string;
  readonly port: number;
  readonly tls: 'implicit' | 'starttls' | 'off';
  readonly pin?: readonly string[] | undefined;
  readonly chosenByUser?: boolean;
};

/** Who logs in: by a password, or by a token of OAuth (RFC 7628). */
export type MailAuth =
  | { readonly user: string; readonly password: string }
  | { readonly user: string; readonly token: string };

type ImapTarget = { readonly server: ImapServer; readonly auth: MailAuth };

/** How long a server may take for the answer to one command, in milliseconds. */
const PATIENCE = 120_000;
const CONNECT = 30_000;
/** What one answer may have: files are read in pieces of 64 kilobytes, and headers of mails are no longer than that. */
const MOST_LITERAL = 1_048_576;
const MOST_ANSWER = 4_194_304;
const MOST_TOKENS = 100_000;
/** A user's server is at one of these (RFC 8314 §3). */
const PORTS = [143, 993];

/** A line to a mailbox, logged in. Rejects with a `Failure` where nobody answers, and with what imapflow says of a refused login. */
export async function openImapLine(
  host: Pick<Host, 'connect'>,
  { server, auth }: ImapTarget,
  signal: AbortSignal,
): Promise<ImapFlow> {
  const { host: name, port, tls, pin, chosenByUser } = server;
  const socket = await host.connect(
    {
      ...{ host: name, port, timeout: CONNECT },
      ...(tls === 'implicit' && { tls: { verify: true, ...(pin && { pin }) } }),
      ...(chosenByUser && { chosenByUser: { ports: PORTS } }),
    },
    signal,
  );
  const line = new ImapFlow({
    ...{ host: name, port, secure: tls === 'implicit', doSTARTTLS: tls === 'starttls' ? true : undefined },
    ...(tls === 'off' && { doSTARTTLS: false }),
    auth: 'token' in auth ? { user: auth.user, accessToken: auth.token } : { user: auth.user, pass: auth.password },
    // Some let in only who says what it is (RFC 2971).
    clientInfo: { name: 'Isthmus' },
    // A compressor for each of a thousand lines that are idle is most of their memory.
    ...{ logger: false, disableAutoIdle: true, disableCompression: true },
    ...{ maxLiteralSize: MOST_LITERAL, maxLineLength: MOST_LITERAL },
    ...{ maxResponseSize: MOST_ANSWER, maxResponseTokens: MOST_TOKENS },
    transport: {
      connect(_options, onConnect) {
        setImmediate(onConnect);
        return socket;
      },
      upgrade(plain, _options, onSecure) {
        // RFC 6066 §3: a literal address is no server name.
        const names = { host: name, ...(isIP(name) ? {} : { servername: name }) };
        const secured = tlsConnect({ socket: plain as Socket, ...names, rejectUnauthorized: pin === undefined }, () => {
          if (isPinned(secured, pin ?? [])) onSecure();
          else secured.destroy(new Error('The certificate is not the one that is expected.'));
        });
        return secured;
      },
    },
  });
  // What was under way rejects with less than that.
  line.on('error', (error: unknown) => {
    line.context = error;
  });
  const stop = (): void => line.close();
  signal.addEventListener('abort', stop, { once: true });
  try {
    await line.connect();
    return line;
  } catch (error) {
    line.close();
    throw error;
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

/** What a command answers. A server that takes too long for it (milliseconds) is taken for gone. */
export async function answered<T>(clock: Clock, line: ImapFlow, work: Promise<T>, patience = PATIENCE): Promise<T> {
  const cancel = clock.after(patience, () => line.close());
  try {
    return await work;
  } finally {
    cancel();
  }
}

const TOO_LARGE = new Set(['LiteralTooLarge', 'LineTooLarge', 'ResponseTooLarge', 'TooManyTokens']);

/** Whether a line was lost because its server has sent more than any answer has: it would again. */
export const isBeyondBounds = ({ context }: Pick<ImapFlow, 'context'>): boolean =>
  context instanceof Error && 'code' in context && TOO_LARGE.has(String(context.code));
