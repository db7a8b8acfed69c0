// XEP-0428: Fallback Indication, version 0.2.0.
import type { Element } from 'ltx';
import { WHOLE } from '#src/xmpp/stanza/text-changes.ts';
import { type Xml, xml } from '#src/xmpp/stanza/xml.ts';
import { own } from './elements.ts';
import type { Extension, ReadContext, Reading } from './extension.ts';

/** Nothing needs to be advertised (§2.1): whoever does not know it shows the words. */
export const fallback: Extension = {
  xep: { number: '0428', title: 'Fallback Indication', version: '0.2.0' },
  reads: {
    'urn:xmpp:fallback:0 fallback': withoutFallback,
    // XEP-0461 §3.1 of its first versions.
    'urn:xmpp:feature-fallback:0 fallback': withoutFallback,
  },
};

/** §2.2: what stands in the body for something that was understood is not part of the text. */
function withoutFallback(child: Element, reading: Reading, { changes, understood }: ReadContext): Reading {
  if (!understood.includes(child.attrs.for ?? '')) return reading;
  const bodies = own(child, 'body');
  if (bodies.length === 0 && own(child, 'subject').length === 0) changes.push({ ...WHOLE, text: '' });
  for (const { attrs } of bodies) {
    if (attrs.start === undefined || attrs.end === undefined) changes.push({ ...WHOLE, text: '' });
    else if (isIndex(attrs.start) && isIndex(attrs.end))
      changes.push({ start: Number(attrs.start), end: Number(attrs.end), text: '' });
  }
  return reading;
}

const isIndex = (text: string): boolean => /^\d{1,9}$/.test(text);

/** That a part of the body, or all of it, stands for what the namespace says (§2.2). Positions are in code points. */
export const fallbackElement = (of: string, range?: { readonly start: number; readonly end: number }): Xml =>
  range === undefined
    ? xml`<fallback xmlns='urn:xmpp:fallback:0' for='${of}'><body/></fallback>`
    : xml`<fallback xmlns='urn:xmpp:fallback:0' for='${of}'><body start='${range.start}' end='${range.end}'/></fallback>`;
