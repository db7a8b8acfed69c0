// XEP-0334: Message Processing Hints, version 1.0.0.
import type { Element } from 'ltx';
import type { Hints } from '#src/model/event.ts';
import { type Xml, xml } from '#src/xmpp/stanza/xml.ts';
import { isPrivate, PRIVATE } from './carbons.ts';
import { childOf } from './elements.ts';
import type { Extension } from './extension.ts';

const HINTS = 'urn:xmpp:hints';

export const hints: Extension = {
  xep: { number: '0334', title: 'Message Processing Hints', version: '1.0.0' },
};

const NO_COPY = xml`<no-copy xmlns='urn:xmpp:hints'/>`;
const NO_STORE = xml`<no-store xmlns='urn:xmpp:hints'/>`;

/** The wishes that came with a message. */
export function hintsOf(message: Element): Hints | undefined {
  // XEP-0334 §4.1, §4.2: both forbid an archive; we keep nothing that is not an archive or a short queue.
  const unstored = has(message, 'no-store') || has(message, 'no-permanent-store');
  const uncopied = has(message, 'no-copy');
  const secluded = isPrivate(message);
  if (!unstored && !uncopied && !secluded) return undefined;
  return {
    ...(unstored && { store: false }),
    ...(uncopied && { copy: false }),
    ...(secluded && { private: true }),
  };
}

const has = (message: Element, name: string): boolean => childOf(message, name, HINTS) !== undefined;

/** The wishes of an event as elements. */
export function hintElements({ store, copy, private: secluded }: Hints): Xml[] {
  return [
    // XEP-0280 §9: a message that must not be copied carries both.
    ...(secluded || copy === false ? [PRIVATE, NO_COPY] : []),
    ...(store === false ? [NO_STORE] : []),
  ];
}
