// XEP-0319: Last User Interaction in Presence, version 1.0.3.
import type { Element } from 'ltx';
import { type Xml, xml } from '#src/xmpp/stanza/xml.ts';
import { stampOf, timeOf } from './datetime.ts';
import { childOf } from './elements.ts';
import type { Extension } from './extension.ts';

export const idle: Extension = {
  xep: { number: '0319', title: 'Last User Interaction in Presence', version: '1.0.3' },
};

/** Since when whoever says so has done nothing, in ms since 1970. */
export const idleSince = (presence: Element): number | undefined =>
  timeOf(childOf(presence, 'idle', 'urn:xmpp:idle:1')?.attrs.since ?? '');

/** §3. A time that no calendar has is none. */
export const idleElements = (since: number | undefined): Xml[] =>
  since === undefined || Math.abs(since) > 8.64e15
    ? []
    : [xml`<idle xmlns='urn:xmpp:idle:1' since='${stampOf(since)}'/>`];
