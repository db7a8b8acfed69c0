// XEP-0059: Result Set Management, version 1.0.
import type { Element } from 'ltx';
import { Failure } from '#src/model/failure.ts';
import { type Xml, xml } from '#src/xmpp/xml.ts';
import { childOf } from './elements.ts';

const RSM = 'http://jabber.org/protocol/rsm';

/** What part of a list is asked for. `before: ''` is the last page (§2.5). */
export type Range = { readonly max?: number; readonly before?: string; readonly after?: string };

/** Reads `<set/>`. Throws `Failure('bad-request')` for a max that is no number. */
export function rangeOf(query: Element): Range {
  const set = childOf(query, 'set', RSM);
  if (!set) return {};
  const max = childOf(set, 'max', RSM)?.getText();
  if (max !== undefined && !/^\d{1,9}$/.test(max)) throw new Failure('bad-request');
  // §2.7: an index is a wish that we do not grant.
  if (childOf(set, 'index', RSM)) throw new Failure('not-supported');
  const before = childOf(set, 'before', RSM)?.getText();
  const after = childOf(set, 'after', RSM)?.getText();
  return {
    ...(max !== undefined && { max: Number(max) }),
    ...(before !== undefined && { before }),
    ...(after !== undefined && { after }),
  };
}

/** The `<set/>` of an answer (§2.2): first and last id of the page, and how many there are in all. */
export function rangeElement(first: string | undefined, last: string | undefined, count: number): Xml {
  const ends = first === undefined || last === undefined ? undefined : xml`<first>${first}</first><last>${last}</last>`;
  return xml`<set xmlns='http://jabber.org/protocol/rsm'>${ends}<count>${count}</count></set>`;
}
