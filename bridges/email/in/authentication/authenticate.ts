import { once } from 'node:events';
import { finished } from 'node:stream/promises';
import { domainToASCII } from 'node:url';
import type { DMARCResult } from 'mailauth';
import { arc } from 'mailauth/lib/arc/index.js';
import { DkimVerifier } from 'mailauth/lib/dkim/dkim-verifier.js';
import { dmarc } from 'mailauth/lib/dmarc/index.js';
import { spf } from 'mailauth/lib/spf/index.js';
import { getAlignment, type KeyCache } from 'mailauth/lib/tools.js';
import { type RawHeader, readHeaders } from '#bridges/email/wire/header-block.ts';
import type { Authenticate, MailEnvelope, Verdict } from '#bridges/email/wire/mail.ts';
import { mailboxesOf } from '#bridges/email/wire/mailbox.ts';
import { isPublicAddress } from '#src/lib/net.ts';
import { boundedHead } from './bounded-head.ts';
import { openKeyReadings } from './key-readings.ts';
import { openLookups } from './lookups.ts';
import { trustedResults } from './results-header.ts';

type Lookups = ReturnType<typeof openLookups>;

/** What a method found, for which domain. */
type Finding = { readonly method: string; readonly result: string; readonly domain: string };

const nobody = (why: string): Verdict => ({ from: 'unverified', why });

/**
 * Judges a mail by all its bytes: DKIM (RFC 6376), SPF (RFC 7208) by the address of the client where a mail server of ours has told it,
 * else by that server's own header, DMARC (RFC 9989), and ARC (RFC 8617) of a sealer that is trusted. A pass counts only for an
 * organisational domain that is that of the one From.
 */
async function authenticate(
  keysOf: ReturnType<typeof openKeyReadings>,
  ...[content, { envelope, trusted, resolver }]: Parameters<Authenticate>
): Promise<Verdict> {
  const resolve = openLookups(resolver);
  const dkim = await verified(content, envelope.from, keysOf(resolve));
  if (!dkim) return nobody('more headers than are read');
  const headers = readHeaders(dkim.headers?.original ?? new Uint8Array());
  const domain = authorDomain(headers, dkim);
  if (domain === undefined) return nobody('no single author');
  const signatures = signaturesOf(dkim);
  const sender = await senderOf(envelope, headers, trusted, resolve);
  const policy = await dmarc({
    headerFrom: dkim.headerFrom,
    fromFields: dkim.fromFields,
    spfDomains: sender.result === 'pass' ? [sender.domain] : [],
    dkimDomains: signatures.filter(({ result }) => result === 'pass').map((found) => ({ domain: found.domain })),
    resolver: resolve,
  });
  const sealed = await sealOf(dkim, trusted, resolve);
  const isProven = sender.result === 'pass' && sender.domain !== '' && sender.domain === domainOf(envelope.from);
  return { ...verdictOf(domain, [...signatures, sender, ...sealed], policy), ...(isProven && { sender: true }) };
}

/** Judges mails, and remembers keys of signatures from one to the next. */
export function openAuthenticate(): Authenticate {
  const keysOf = openKeyReadings();
  return (content, about) => authenticate(keysOf, content, about);
}

/** The signatures of a mail; nothing where its headers are too many to be read. */
async function verified(
  content: AsyncIterable<Uint8Array>,
  sender: string,
  keys: KeyCache,
): Promise<DkimVerifier | undefined> {
  const dkim = new DkimVerifier({ resolver: keys.resolver, sender });
  dkim.keyCache = keys;
  dkim.arc.keyCache = keys;
  let isCut = false;
  const done = finished(dkim);
  done.catch(() => undefined);
  const cut = (): void => {
    isCut = true;
  };
  for await (const piece of boundedHead(content, cut)) if (!dkim.write(piece)) await once(dkim, 'drain');
  dkim.end();
  await done;
  return isCut ? undefined : dkim;
}

/** The domain of the one From, as we read it and as the signatures do: two readers that differ are fooled one by the other. */
function authorDomain(headers: readonly RawHeader[], dkim: DkimVerifier): string | undefined {
  const fields = headers.filter(({ name }) => name === 'from');
  const authors = mailboxesOf(fields[0]?.value);
  if (fields.length !== 1 || authors.length !== 1 || dkim.fromFields !== 1 || dkim.headerFrom.length !== 1)
    return undefined;
  const [ours, theirs] = [authors[0]?.address, dkim.headerFrom[0]].map(domainOf);
  return ours !== '' && ours === theirs ? ours : undefined;
}

const domainOf = (address = ''): string => domainToASCII(address.slice(address.lastIndexOf('@') + 1).toLowerCase());

/** A signature that leaves the end of the body open (`l=`) vouches for nothing: anything may follow. */
function signaturesOf({ results }: DkimVerifier): Finding[] {
  return results.map(({ status, signingDomain = '', canonBodyLengthLimited, signingHeaders }) => {
    const signsFrom = /(?:^|:)\s*from\s*(?::|$)/i.test(signingHeaders?.keys ?? '');
    const whole = status.result !== 'pass' || (!status.underSized && !canonBodyLengthLimited && signsFrom);
    return {
      method: 'dkim',
      result: whole ? status.result : 'policy',
      domain: domainToASCII(signingDomain.toLowerCase()),
    };
  });
}

/** SPF, asked ourselves where we know who connected, else as our mail server has written it down. */
async function senderOf(
  { from, client }: MailEnvelope,
  headers: readonly RawHeader[],
  trusted: readonly string[],
  resolve: Lookups,
): Promise<Finding> {
  if (client && isPublicAddress(client.address)) {
    const helo = client.helo ?? client.address;
    const { status, domain } = await spf({ sender: from, ip: client.address, helo, resolver: resolve });
    return { method: 'spf', result: status.result, domain: domainToASCII(domain.toLowerCase()) };
  }
  const told = trustedResults(headers, trusted, 'spf');
  const found = told.find(({ properties }) => properties.has('smtp.mailfrom')) ?? told[0];
  const address = found?.properties.get('smtp.mailfrom') ?? found?.properties.get('smtp.helo') ?? '';
  return { method: 'spf', result: found?.result ?? 'none', domain: domainOf(address.replace(/[<>]/g, '')) };
}

/** A list or forwarder whom the operator trusts has written down what was true before it changed the mail. */
async function sealOf(dkim: DkimVerifier, trusted: readonly string[], resolve: Lookups): Promise<Finding[]> {
  if (!dkim.arc?.chain || trusted.length === 0) return [];
  const { status, signature, authenticationResults } = await arc(
    { ...dkim.arc, chain: dkim.arc.chain },
    { resolver: resolve },
  );
  const sealer = signature ? (signature.signingDomain ?? '') : '';
  if (status.result !== 'pass' || !trusted.includes(sealer)) return [];
  const before: { result?: unknown; header?: { from?: unknown } } = authenticationResults?.dmarc ?? {};
  const domain = before.header?.from;
  return before.result === 'pass' && typeof domain === 'string'
    ? [{ method: 'arc', result: 'pass', domain: domainOf(domain) }]
    : [];
}

function verdictOf(domain: string, findings: readonly Finding[], policy: DMARCResult | false): Verdict {
  const told = findings.map(({ method, result, domain: of }) => `${method}=${result}${of && ` (${of})`}`);
  const why = [...told, `dmarc=${policy ? policy.status.result : 'none'}`].join(' ').slice(0, 500);
  const aligned = findings.filter((found) => found.domain !== '' && getAlignment(domain, [found.domain]));
  const forwarded = findings.some(({ method }) => method === 'arc');
  const failed = policy && policy.status.result === 'fail';
  if (failed && policy.policy === 'reject' && !forwarded)
    return { from: aligned.some(isTemporary) ? 'temporary' : 'refused', why };
  if (aligned.some(({ result }) => result === 'pass')) return { from: 'verified', why };
  const temporary = aligned.some(isTemporary) || (policy && /^temperr/.test(policy.status.result));
  return { from: temporary ? 'temporary' : 'unverified', why };
}

const isTemporary = ({ result }: Finding): boolean => /^temperr/.test(result);
