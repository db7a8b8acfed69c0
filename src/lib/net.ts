import { lookup as dnsLookup } from 'node:dns/promises';
import { BlockList, isIP, isIPv4, type LookupFunction, connect as netConnect, type Socket } from 'node:net';
import { type TLSSocket, connect as tlsConnect } from 'node:tls';
import { SharedReadsSocket } from './shared-reads.ts';
import { type Attempt, openAttempt } from './time/attempt.ts';

/** Where to connect to. `chosenByUser` puts the target under the address rules of SECURITY rule 6. */
export type ConnectTarget = {
  readonly host: string;
  readonly port: number;
  readonly tls?: {
    readonly verify: boolean;
    /** SHA-256 fingerprints of the certificate, hex, any case, colons allowed. Where given, they replace the CAs. */
    readonly pin?: readonly string[];
    /** PEM of the only certificate authorities to trust there. */
    readonly ca?: string;
    /** What is shown of ourselves where the other side asks for it: PEM. */
    readonly certificate?: { readonly cert: string; readonly key: { open(): string } };
  };
  readonly localAddress?: string;
  /**
   * Makes a `SharedReadsSocket`: what `data` hands out is overwritten once the listener has returned. Nothing is read
   * before `resume` is called. With `tls` it is a socket like all others.
   */
  readonly sharedReads?: boolean;
  /** Without `ports` any port may be chosen. */
  readonly chosenByUser?: { readonly ports?: readonly number[] };
  /** Milliseconds until the attempt is given up. */
  readonly timeout: number;
  /** What people know it by, where its address is the operator's alone. */
  readonly called?: string;
};

/**
 * Why there is no connection: the target may not be chosen, has no address, is not who it should be, the attempt was
 * aborted, or nobody answers.
 */
export type ConnectReason = 'forbidden' | 'unknown-host' | 'untrusted' | 'aborted' | 'unreachable';

/** A failed attempt to connect; the message is for people. */
export class ConnectError extends Error {
  readonly reason: ConnectReason;

  constructor(reason: ConnectReason, message: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'ConnectError';
    this.reason = reason;
  }
}

/** Resolves with an open socket (after the TLS handshake). Rejects with a `ConnectError`. */
export type Connect = (target: ConnectTarget, signal: AbortSignal) => Promise<Socket>;

type Found = { readonly address: string; readonly family: number };
/** Every address of a host name. Rejects where there is none. */
export type Lookup = (host: string) => Promise<readonly Found[]>;
type Options = {
  readonly lookup?: Lookup /** PEM of the only certificate authorities to trust, instead of the system's */;
  readonly ca?: string;
  /** Which addresses users may choose; those of the public internet where left out. */
  readonly allowed?: (address: string) => boolean;
};

/** Milliseconds that one address has before the next is tried (RFC 8305 §5 asks for 100 to 2000). */
const ATTEMPT = 500;

/** Connects over TCP or TLS. The address that was checked is the one connected to: names are resolved once. */
export function openConnect(options: Options = {}): Connect {
  const lookup = options.lookup ?? ((host) => dnsLookup(host, { all: true }));
  const allowed = options.allowed ?? isPublicAddress;
  return async (target, signal) => {
    if (target.chosenByUser?.ports && !target.chosenByUser.ports.includes(target.port)) {
      throw new ConnectError('forbidden', `Port ${target.port} may not be used here.`);
    }
    using attempt = openAttempt([signal], target.timeout);
    const stop = attempt.signal;
    try {
      const addresses = await abortable(resolve(target, { lookup, allowed }), stop);
      const socket = await opened(dial(target, addresses), 'connect', stop);
      return target.tls ? await secure(target, target.tls, { socket, stop, ca: options.ca }) : socket;
    } catch (error) {
      throw explain(error, target, { attempt, signal });
    }
  };
}

type Rules = { readonly lookup: Lookup; readonly allowed: (address: string) => boolean };

async function resolve(target: ConnectTarget, { lookup, allowed: may }: Rules): Promise<readonly Found[]> {
  const family = isIP(target.host);
  const found = family ? [{ address: target.host, family }] : await lookup(target.host);
  const local = target.localAddress ? isIP(target.localAddress) : 0;
  const reachable = found.filter((entry) => local === 0 || entry.family === local);
  if (found.length > 0 && reachable.length === 0)
    throw new ConnectError(
      'unknown-host',
      `${target.called ?? target.host} has no IPv${local} address, and this gateway connects from one.`,
    );
  if (reachable.length === 0)
    throw new ConnectError('unknown-host', `${target.called ?? target.host} has no usable address.`);
  const allowed = target.chosenByUser ? reachable.filter((entry) => may(entry.address)) : reachable;
  if (allowed.length === 0)
    throw new ConnectError('forbidden', `${target.called ?? target.host} is not a public server.`);
  return allowed;
}

function dial(target: ConnectTarget, addresses: readonly Found[]): Socket {
  const list = addresses.map(({ address, family }) => ({ address, family }));
  const checked: LookupFunction = (_host, options, callback) => {
    const [first] = list;
    if (options.all || !first) callback(null, list);
    else callback(null, first.address, first.family);
  };
  const options = {
    host: target.host,
    port: target.port,
    lookup: checked,
    autoSelectFamily: true,
    autoSelectFamilyAttemptTimeout: ATTEMPT,
    noDelay: true,
    keepAlive: true,
    ...(target.localAddress ? { localAddress: target.localAddress } : {}),
  };
  if (!target.sharedReads || target.tls) return netConnect(options);
  return new SharedReadsSocket(options).pause().connect(options);
}

type Under = { readonly socket: Socket; readonly stop: AbortSignal; readonly ca: string | undefined };

async function secure(target: ConnectTarget, rules: NonNullable<ConnectTarget['tls']>, under: Under): Promise<Socket> {
  const { pin = [], certificate, ca = under.ca } = rules;
  const socket = tlsConnect({
    socket: under.socket,
    host: target.host,
    // RFC 6066 §3: a literal address is no server name.
    ...(isIP(target.host) ? {} : { servername: target.host }),
    rejectUnauthorized: rules.verify && pin.length === 0,
    ...(ca ? { ca } : {}),
    ...(certificate && { cert: certificate.cert, key: certificate.key.open() }),
  });
  await opened(socket, 'secureConnect', under.stop);
  if (!isPinned(socket, pin)) {
    socket.destroy();
    throw new ConnectError(
      'untrusted',
      `The certificate of ${target.called ?? target.host} is not the one that is expected.`,
    );
  }
  return socket;
}

/** Whether the other side's certificate is one of those that are pinned (as `ConnectTarget` has them); any is where there are none. */
export const isPinned = (socket: TLSSocket, pins: readonly string[]): boolean =>
  pins.length === 0 || pins.map(plainPin).includes(plainPin(socket.getPeerCertificate().fingerprint256 ?? ''));
const plainPin = (pin: string): string => pin.replaceAll(':', '').toLowerCase();

function opened<S extends Socket>(socket: S, event: 'connect' | 'secureConnect', stop: AbortSignal): Promise<S> {
  return new Promise((done, fail) => {
    const finish = (error?: unknown) => {
      stop.removeEventListener('abort', abort);
      socket.off('close', closed).off('error', finish).off(event, ready);
      if (error === undefined) return done(socket);
      socket.on('error', () => socket.destroy()).destroy();
      fail(error);
    };
    const ready = () => finish();
    const closed = () => finish(Object.assign(new Error('closed'), { code: 'ECONNRESET' }));
    const abort = () => finish(stop.reason);
    socket.on('error', finish).on('close', closed).on(event, ready);
    stop.addEventListener('abort', abort);
    if (stop.aborted) abort();
  });
}

function abortable<T>(work: Promise<T>, stop: AbortSignal): Promise<T> {
  return new Promise((done, fail) => {
    const abort = () => fail(stop.reason);
    stop.addEventListener('abort', abort, { once: true });
    if (stop.aborted) abort();
    work.then(done, fail).finally(() => stop.removeEventListener('abort', abort));
  });
}

type Signals = { readonly attempt: Attempt; readonly signal: AbortSignal };

const TCP_ERRORS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'refused the connection',
  ECONNRESET: 'closed the connection',
  EHOSTUNREACH: 'cannot be reached',
  ENETUNREACH: 'cannot be reached',
  EADDRNOTAVAIL: 'cannot be reached from the outgoing address of this gateway',
  EPIPE: 'closed the connection',
  ETIMEDOUT: 'did not answer in time',
};

function explain(error: unknown, target: ConnectTarget, { attempt, signal }: Signals): ConnectError {
  if (error instanceof ConnectError) return error;
  const where = target.called ?? `${target.host}:${target.port}`;
  if (signal.aborted) return new ConnectError('aborted', 'The attempt to connect was given up.', error);
  if (attempt.late) return new ConnectError('unreachable', `${where} did not answer in time.`, error);
  const code = errorCode(error);
  // getaddrinfo(3): no such name, or a name server that cannot say.
  if (/^(ENOTFOUND|ENODATA|EAI_|ESERVFAIL)/.test(code)) {
    return new ConnectError('unknown-host', `There is no server called ${target.called ?? target.host}.`, error);
  }
  const known = TCP_ERRORS[code];
  if (known) return new ConnectError('unreachable', `${where} ${known}.`, error);
  if (target.tls) return new ConnectError('untrusted', `No trusted TLS connection to ${where}: ${code}.`, error);
  return new ConnectError('unreachable', `${where} cannot be reached: ${code}.`, error);
}

/** Raced attempts fail together in an AggregateError; the last one speaks for them. */
function errorCode(error: unknown): string {
  const last = error instanceof AggregateError ? error.errors.at(-1) : error;
  return last instanceof Error && 'code' in last && typeof last.code === 'string' ? last.code : 'unknown error';
}

// IANA special-purpose registry for IPv4 (RFC 6890 and successors), multicast and class E.
const notPublic4 = new BlockList();
for (const range of [
  '0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 192.0.2.0/24 192.88.99.0/24',
  '192.168.0.0/16 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 224.0.0.0/4 240.0.0.0/4',
].flatMap((line) => line.split(' '))) {
  const [network = '', bits] = range.split('/');
  notPublic4.addSubnet(network, Number(bits), 'ipv4');
}

/** Whether an address is one of the public internet, also where it wraps an IPv4 address. */
export function isPublicAddress(address: string): boolean {
  if (isIPv4(address)) return !notPublic4.check(address, 'ipv4');
  const words = ipv6Words(address);
  if (!words) return false;
  const [a = 0, b = 0] = words;
  const zeros = (from: number, to: number) => words.slice(from, to).every((word) => word === 0);
  if (zeros(0, 5) && words[5] === 0xffff) return isPublicAddress(ipv4Of(words, 6)); // RFC 4291 §2.5.5.2: mapped
  if (a === 0x64 && b === 0xff9b && zeros(2, 6)) return isPublicAddress(ipv4Of(words, 6)); // RFC 6052 §2.1: NAT64
  if (a === 0x2002) return isPublicAddress(ipv4Of(words, 1)); // RFC 3056 §2: 6to4
  if (a >> 13 !== 1) return false; // RFC 4291 §2.4: only 2000::/3 is global unicast
  if (a === 0x2001 && (b < 0x200 || b === 0xdb8)) return false; // RFC 2928 (Teredo and others), RFC 3849
  return !(a === 0x3fff && b >> 12 === 0); // RFC 9637: documentation
}

const ipv4Of = (words: readonly number[], at: number): string =>
  [words[at] ?? 0, words[at + 1] ?? 0].flatMap((word) => [word >> 8, word & 0xff]).join('.');

/** The eight words of an IPv6 address; `undefined` for anything else, scoped addresses included. */
function ipv6Words(address: string): number[] | undefined {
  if (isIP(address) !== 6 || address.includes('%')) return undefined;
  // The URL parser writes every spelling in one way, without dotted parts.
  const plain = new URL(`http://[${address}]/`).hostname.slice(1, -1);
  const [head = '', tail] = plain.split('::');
  const words = (part: string) => (part === '' ? [] : part.split(':').map((word) => Number.parseInt(word, 16)));
  const left = words(head);
  const right = tail === undefined ? [] : words(tail);
  return [...left, ...new Array<number>(8 - left.length - right.length).fill(0), ...right];
}
