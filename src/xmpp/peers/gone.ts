// What an answer says of the full JID that it comes from, be it to a message, a presence or a question of ours.
import type { Element } from 'ltx';
import type { Bounce } from '#src/core/index.ts';
import { type Xml, xml } from '#src/xmpp/stanza/xml.ts';

const NS_CONDITIONS = 'urn:ietf:params:xml:ns:xmpp-stanzas';

/** `unclear`: so speaks a server of who is gone, and a client of what it does not know. */
export type Word = 'gone' | 'unclear';

/** Conditions that are not here say nothing of whether somebody is there (XEP-0045 §17.1, RFC 6120 §8.3.3). */
const CONDITIONS: Readonly<Record<string, Word>> = {
  // RFC 6120 §8.3.3.5
  gone: 'gone',
  // §8.3.3.7
  'item-not-found': 'gone',
  // §8.3.3.8
  'jid-malformed': 'gone',
  // §8.3.3.13
  'recipient-unavailable': 'gone',
  // §8.3.3.14
  redirect: 'gone',
  // §8.3.3.16
  'remote-server-not-found': 'gone',
  // §8.3.3.17
  'remote-server-timeout': 'gone',
  // §8.3.3.19; RFC 6121 §8.5.3.2.1: no such resource. Also RFC 6120 §8.4: a request that a client does not know.
  'service-unavailable': 'unclear',
};

/** RFC 6120 §8.3.2: the condition is the one element of this namespace that is no text. */
function conditionOf(answer: Element): string {
  const said = answer.getChild('error')?.getChildElements() ?? [];
  return said.find((one) => one.getNS() === NS_CONDITIONS && one.getName() !== 'text')?.getName() ?? '';
}

/** `undefined` for what says nothing of it: a result, and every other error. */
export function wordOf(answer: Element): Word | undefined {
  if (answer.attrs.type !== 'error') return undefined;
  const condition = conditionOf(answer);
  return Object.hasOwn(CONDITIONS, condition) ? CONDITIONS[condition] : undefined;
}

/** What an error says of the message that it is about. */
export function bounceOf(error: Element): Bounce {
  const condition = conditionOf(error);
  if (condition === 'remote-server-not-found' || condition === 'remote-server-timeout') return 'unreachable';
  // RFC 6120 §8.3.2: `wait` is for what may work later.
  return condition === 'recipient-unavailable' || error.getChild('error')?.attrs.type === 'wait' ? 'again' : 'final';
}

/** Whether an answer is one of the server that was asked, and not of ours in its place. */
export const isOwnAnswer = (answer: Element): boolean =>
  answer.attrs.type === 'result' || ['service-unavailable', 'feature-not-implemented'].includes(conditionOf(answer));

/** XEP-0030: every client answers this, so that a second error is none of its own. */
const INFO = xml`<query xmlns='http://jabber.org/protocol/disco#info'/>`;

/** Sends an iq and resolves with its answer. Rejects where nobody answers in time. */
export type LossQuestion = (ask: {
  readonly from: string;
  readonly to: string;
  readonly payload: Xml;
}) => Promise<Element>;

type Asking = { readonly from: string; readonly to: string; readonly ask: LossQuestion };

/** Whether an answer means that its sender is gone; what is unclear is asked. Rejects where nobody answers that. */
export async function isGone(answer: Element, { from, to, ask }: Asking): Promise<boolean> {
  const word = wordOf(answer);
  if (word !== 'unclear') return word === 'gone';
  return wordOf(await ask({ from, to, payload: INFO })) !== undefined;
}
