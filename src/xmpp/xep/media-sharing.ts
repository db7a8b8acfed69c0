// XEP-0385: Stateless Inline Media Sharing (SIMS), version 0.2.0.
import type { Element } from 'ltx';
import { urlText } from '#mappings/files.ts';
import type { FileRef } from '#src/model/event.ts';
import { type Xml, xml } from '#src/xmpp/stanza/xml.ts';
import { childOf, elements } from './elements.ts';
import { carriedIn, type Extension } from './extension.ts';
import { factElements, factsIn } from './file-metadata.ts';
import { isFetchable, withFile } from './file-sharing.ts';

/** What clients write, and what the text has. */
const SIMS = ['urn:xmpp:sims:1', 'urn:xmpp:sims:2'] as const;
const FILE = ['urn:xmpp:jingle:apps:file-transfer:5', 'urn:xmpp:jingle:apps:file-transfer:4'] as const;
const REFERENCE = 'urn:xmpp:reference:0';

/** The forerunner of XEP-0447, which clients still know and some write alone. */
export const mediaSharing: Extension = {
  xep: {
    number: '0385',
    title: 'Stateless Inline Media Sharing (SIMS)',
    version: '0.2.0',
    part: 'files at addresses of HTTP',
  },
  features: (transport) => carriedIn(transport, 'file', SIMS[0]),
  reads: {
    // §3.1
    [`${REFERENCE} reference`](child, reading, context) {
      const sharing = child.attrs.type === 'data' ? inOneOf(SIMS, child, 'media-sharing') : undefined;
      const url = sharing && sourceIn(sharing);
      if (!sharing || url === undefined) return reading;
      const file = inOneOf(FILE, sharing, 'file');
      return withFile({ url, ...(file && factsIn(file)) }, SIMS[0], reading, context);
    },
  },
  writes: { message: ({ files }) => files?.filter(isWhole).map(sharingElement) },
};

const inOneOf = (namespaces: readonly string[], parent: Element, name: string): Element | undefined =>
  namespaces.map((namespace) => childOf(parent, name, namespace)).find((child) => child !== undefined);

/** §3.1: the first address over HTTP. */
function sourceIn(sharing: Element): string | undefined {
  const sources = inOneOf(SIMS, sharing, 'sources');
  return (sources ? elements(sources) : [])
    .filter((one) => one.getName() === 'reference' && one.getNS() === REFERENCE && one.attrs.type === 'data')
    .map((one) => one.attrs.uri)
    .find((uri): uri is string => uri !== undefined && isFetchable(uri));
}

/** §3.1: type, name, size and hash belong to it. */
const isWhole = ({ type, name, size, sha256 }: FileRef): boolean =>
  type !== undefined && name !== undefined && size !== undefined && sha256 !== undefined;

const sharingElement = (file: FileRef): Xml =>
  xml`<reference xmlns='urn:xmpp:reference:0' type='data'><media-sharing xmlns='urn:xmpp:sims:1'><file xmlns='urn:xmpp:jingle:apps:file-transfer:5'>${factElements(file)}</file><sources><reference xmlns='urn:xmpp:reference:0' type='data' uri='${urlText(file.url)}'/></sources></media-sharing></reference>`;
