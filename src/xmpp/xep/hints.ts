// XEP-0334: Message Processing Hints, version 1.0.0.
import type { EventKind, Hints } from '#src/model/event.ts';
import { type Xml, xml } from '#src/xmpp/stanza/xml.ts';
import { PRIVATE } from './carbons.ts';
import type { Extension, Reader } from './extension.ts';

const HINTS = 'urn:xmpp:hints';

/** A reader that adds to the wishes that came with a message. */
function wish(one: Hints): Reader {
  return (_, reading) => ({ ...reading, hints: { ...reading.hints, ...one } });
}

export const hints: Extension = {
  xep: { number: '0334', title: 'Message Processing Hints', version: '1.0.0' },
  reads: {
    // §4.1, §4.2: both forbid an archive; we keep nothing that is not an archive or a short queue.
    [`${HINTS} no-store`]: wish({ store: false }),
    [`${HINTS} no-permanent-store`]: wish({ store: false }),
    [`${HINTS} no-copy`]: wish({ copy: false }),
    // XEP-0280 §9
    'urn:xmpp:carbons:2 private': wish({ private: true }),
  },
  accompanies({ kind, hints }) {
    const own = KEPT[kind];
    return hints || own ? hintElements({ ...own, ...hints }) : undefined;
  },
};

const NO_COPY = xml`<no-copy xmlns='urn:xmpp:hints'/>`;
const NO_STORE = xml`<no-store xmlns='urn:xmpp:hints'/>`;
const STORE = xml`<store xmlns='urn:xmpp:hints'/>`;

/** §4.3, XEP-0444 §4, XEP-0424 §3.1: what is worth an archive although it has no words of its own, and what is not. */
const KEPT: Readonly<Partial<Record<EventKind, Hints>>> = {
  reaction: { store: true },
  retract: { store: true },
  receipt: { store: true },
  typing: { store: false },
};

/** The wishes of an event as elements. */
export function hintElements({ store, copy, private: secluded }: Hints): Xml[] {
  return [
    // XEP-0280 §9: a message that must not be copied carries both.
    ...(secluded || copy === false ? [PRIVATE, NO_COPY] : []),
    ...(store === undefined ? [] : [store ? STORE : NO_STORE]),
  ];
}
