// XEP-0203: Delayed Delivery, version 2.0.
import { type Xml, xml } from '#src/xmpp/stanza/xml.ts';
import { archiveStampOf } from './datetime.ts';
import type { Extension } from './extension.ts';

/** Only written: a stamp that somebody sends us proves nothing. */
export const delay: Extension = {
  xep: { number: '0203', title: 'Delayed Delivery', version: '2.0', part: 'written' },
  // §2: what is not live happened some time ago, and so did what was kept on its way.
  accompanies: ({ live, at }, { place, marks }) =>
    live && !marks.late ? undefined : [delayElement(place, at, marks.stanzaId)],
};

/** The stamp of something that happened at `at` (milliseconds since 1970) and that `from` has kept, in an archive under `id`. */
export const delayElement = (from: string, at: number, id?: string): Xml =>
  xml`<delay xmlns='urn:xmpp:delay' from='${from}' stamp='${archiveStampOf(at, id)}'/>`;
