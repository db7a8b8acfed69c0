// XEP-0059: Result Set Management, version 1.0.
import type { Element } from 'ltx';
import { Failure } from '#src/model/failure.ts';
import { attrs, type Xml, xml } from '#src/xmpp/stanza/xml.ts';
import { childOf } from './elements.ts';
import type { Extension } from './extension.ts';

const RSM = 'http://jabber.org/protocol/rsm';

/** A part of what asks for lists: archives and rooms. */
export const resultSets: Extension = { xep: { number: '0059', title: 'Result Set Management', version: '1.0' } };

/** What part of a list is asked for. `before: ''` is the last page (§2.5). */
export type Range = {
  readonly max?: number;
  readonly before?: string;
  readonly after?: string;
  readonly index?: number;
};

/** Reads `<set/>`. Throws `Failure('bad-request')` for what is no number. `indexed`: pages can be taken by an index (§2.7). */
export function rangeOf(query: Element, indexed = false): Range {
  const set = childOf(query, 'set', RSM);
  if (!set) return {};
  const max = childOf(set, 'max', RSM)?.getText();
  if (max !== undefined && !/^\d{1,9}$/.test(max)) throw new Failure('bad-request');
  const index = childOf(set, 'index', RSM)?.getText();
  // §2.7: an index is a wish that not every list grants.
  if (index !== undefined && !indexed) throw new Failure('not-supported');
  if (index !== undefined && !/^\d{1,9}$/.test(index)) throw new Failure('bad-request');
  const before = childOf(set, 'before', RSM)?.getText();
  const after = childOf(set, 'after', RSM)?.getText();
  return {
    ...(max !== undefined && { max: Number(max) }),
    ...(before !== undefined && { before }),
    ...(after !== undefined && { after }),
    ...(index !== undefined && { index: Number(index) }),
  };
}

/** The `<set/>` of an answer (§2.2): first and last id of the page, where it begins, and how many there are in all. */
export function rangeElement(
  first: string | undefined,
  last: string | undefined,
  count: number | undefined,
  index?: number,
): Xml {
  const ends =
    first === undefined || last === undefined
      ? undefined
      : xml`<first${attrs({ index: index === undefined ? undefined : String(index) })}>${first}</first><last>${last}</last>`;
  const all = count === undefined ? undefined : xml`<count>${count}</count>`;
  return xml`<set xmlns='http://jabber.org/protocol/rsm'>${ends}${all}</set>`;
}
