import type { Origin } from '#src/core/index.ts';
import { Failure, type FailureCode } from '#src/model/failure.ts';
import { type Language, wordsIn } from '#src/model/language.ts';
import { jidUri, splitJid } from './jid.ts';
import { type Xml, xml } from './xml.ts';

/** RFC 6120 §8.3.3.21: for a condition that is missing below, which a test forbids. */
const UNDEFINED = xml`<undefined-condition xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>`;

/** The conditions that failures use. Element names are never made from data. */
const CONDITIONS: Readonly<Record<string, Xml>> = {
  // RFC 6120 §8.3.3.1: malformed, or of a kind that makes no sense here.
  'bad-request': xml`<bad-request xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>`,
  // RFC 6120 §8.3.3.2: the name is taken.
  conflict: xml`<conflict xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>`,
  // RFC 6120 §8.3.3.3: understood and not implemented.
  'feature-not-implemented': xml`<feature-not-implemented xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>`,
  // RFC 6120 §8.3.3.4: the asker lacks the right.
  forbidden: xml`<forbidden xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>`,
  // RFC 6120 §8.3.3.5: moved for good; with an address it is written by `conditionOf`.
  gone: xml`<gone xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>`,
  // RFC 6120 §8.3.3.6: a bug of ours.
  'internal-server-error': xml`<internal-server-error xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>`,
  // RFC 6120 §8.3.3.7: no such thing.
  'item-not-found': xml`<item-not-found xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>`,
  // RFC 6120 §8.3.3.8: no address.
  'jid-malformed': xml`<jid-malformed xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>`,
  // RFC 6120 §8.3.3.9: against our own criteria.
  'not-acceptable': xml`<not-acceptable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>`,
  // RFC 6120 §8.3.3.10: nobody may do this.
  'not-allowed': xml`<not-allowed xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>`,
  // RFC 6120 §8.3.3.11: credentials are missing or wrong.
  'not-authorized': xml`<not-authorized xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>`,
  // RFC 6120 §8.3.3.12: against a policy.
  'policy-violation': xml`<policy-violation xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>`,
  // RFC 6120 §8.3.3.13: not there for now.
  'recipient-unavailable': xml`<recipient-unavailable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>`,
  // RFC 6120 §8.3.3.15: a registration or membership comes first.
  'registration-required': xml`<registration-required xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>`,
  // RFC 6120 §8.3.3.16: the name of a server leads nowhere.
  'remote-server-not-found': xml`<remote-server-not-found xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>`,
  // RFC 6120 §8.3.3.17: a server does not answer.
  'remote-server-timeout': xml`<remote-server-timeout xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>`,
  // RFC 6120 §8.3.3.18: we are too busy.
  'resource-constraint': xml`<resource-constraint xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>`,
  // RFC 6120 §8.3.3.19: not offered.
  'service-unavailable': xml`<service-unavailable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>`,
};

/** A failure that is answered with something of the request beside its error, by which clients know what it is about. */
export class RequestFailure extends Failure {
  readonly request: Xml;

  constructor(failure: Failure, request: Xml) {
    const { code, words: text, certain, foreign, address, retryAfter } = failure;
    super(code, {
      text,
      certain,
      ...(foreign !== undefined && { foreign }),
      ...(address !== undefined && { address }),
      ...(retryAfter !== undefined && { retryAfter }),
      cause: failure,
    });
    this.request = request;
  }
}

/** What is said beside the condition (RFC 6120 §8.3.4), by the failure. XEP-0050 §4.4. */
const DETAILS: Readonly<Partial<Record<FailureCode, Xml>>> = {
  'malformed-action': xml`<malformed-action xmlns='http://jabber.org/protocol/commands'/>`,
  'bad-action': xml`<bad-action xmlns='http://jabber.org/protocol/commands'/>`,
  'bad-payload': xml`<bad-payload xmlns='http://jabber.org/protocol/commands'/>`,
  'bad-sessionid': xml`<bad-sessionid xmlns='http://jabber.org/protocol/commands'/>`,
  // XEP-0433 §4.2.2
  'invalid-search-terms': xml`<invalid-search-terms xmlns='urn:xmpp:channel-search:0:error'/>`,
  'no-search-conditions': xml`<no-search-conditions xmlns='urn:xmpp:channel-search:0:error'/>`,
  'conflicting-fields': xml`<conflicting-fields xmlns='urn:xmpp:channel-search:0:error'><var>all</var><var>q</var></conflicting-fields>`,
  'invalid-sort-key': xml`<invalid-sort-key xmlns='urn:xmpp:channel-search:0:error'/>`,
  // XEP-0191 §3.2
  blocked: xml`<blocked xmlns='urn:xmpp:blocking:errors'/>`,
  'session-expired': xml`<session-expired xmlns='http://jabber.org/protocol/commands'/>`,
};

/** A failure on a component's domain as a stanza's error element (RFC 6120 §8.3.2), in the language of its reader. */
export function errorOf(failure: Failure, domain: string, language: Language): Xml {
  // RFC 6120 §8.3.2: condition, text, application element, in this order.
  const foreign =
    failure.foreign === undefined ? undefined : xml`<foreign xmlns='urn:isthmus:errors:0'>${failure.foreign}</foreign>`;
  const text = xml`<text xmlns='urn:ietf:params:xml:ns:xmpp-stanzas' xml:lang='${language}'>${wordsIn(failure.words, language)}</text>`;
  return xml`<error type='${failure.row.type}'>${conditionOf(failure, domain)}${text}${DETAILS[failure.code]}${foreign}</error>`;
}

function conditionOf({ row, address }: Failure, domain: string): Xml {
  const uri = row.condition === 'gone' && address !== undefined ? uriOf(address, domain) : undefined;
  if (uri !== undefined) return xml`<gone xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'>${uri}</gone>`;
  return CONDITIONS[row.condition] ?? UNDEFINED;
}

/** RFC 6120 §8.3.3.5: the new address is a URI. What a network names may be none that a JID can hold. */
function uriOf(address: string, domain: string): string | undefined {
  try {
    return jidUri(address, domain);
  } catch (error) {
    if (error instanceof Failure) return undefined;
    throw error;
  }
}

/** Whether a stanza may be answered with an error at all. */
export function answerable({ stanza, type }: Origin): boolean {
  // RFC 6120 §8.3.1: errors are never answered. §8.2.3: nor are results.
  if (type === 'error' || type === 'result') return false;
  // RFC 6121 §4.5: who goes offline does not wait for an answer.
  return stanza !== 'presence' || type !== 'unavailable';
}

const MUC = xml`<x xmlns='http://jabber.org/protocol/muc'/>`;

/** What stands in the error stanza that answers `origin`. */
export function refusal({ stanza, type, to }: Origin, failure: Failure, language: Language): Xml[] {
  const error = errorOf(failure, splitJid(to).domain, language);
  // RFC 6120 §8.3.1: the request may stand before the error.
  if (failure instanceof RequestFailure) return [failure.request, error];
  // XEP-0045 §7.2.1 and following: what refuses a join or a nick carries <x/>, by which clients know it.
  return stanza === 'presence' && type === undefined ? [MUC, error] : [error];
}
