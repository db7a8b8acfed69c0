// XEP-0447: Stateless file sharing, version 0.3.1.
import type { Element } from 'ltx';
import { urlText } from '#mappings/files.ts';
import type { FileRef } from '#src/model/event.ts';
import { WHOLE } from '#src/xmpp/stanza/text-changes.ts';
import { attrs, type Xml, xml } from '#src/xmpp/stanza/xml.ts';
import { childOf } from './elements.ts';
import { carriedIn, type Extension, type ReadContext, type Reading } from './extension.ts';
import { metadataElement, metadataIn } from './file-metadata.ts';

const SFS = 'urn:xmpp:sfs:0';

export const fileSharing: Extension = {
  xep: { number: '0447', title: 'Stateless file sharing', version: '0.3.1', part: 'files at addresses of HTTP' },
  features: (transport) => carriedIn(transport, 'file', SFS),
  reads: {
    [`${SFS} file-sharing`](child, reading, context) {
      const url = sourceIn(child);
      return url === undefined
        ? reading
        : withFile({ url, ...metadataIn(child), ...dispositionIn(child) }, SFS, reading, context);
    },
  },
  // §3.1: the addresses for those who do not know it, after the caption.
  fallbacks: {
    message({ files, text }) {
      if (files === undefined) return undefined;
      const links = files.map(({ url }) => urlText(url)).filter((url) => !text.includes(url));
      if (links.length === 0) return undefined;
      return { of: SFS, text: `${text === '' ? '' : '\n'}${links.join('\n')}`, at: 'end' };
    },
  },
  writes: { message: ({ files }) => files?.map(sharingElement) },
};

/** §3.1: whether it belongs into what is said. */
function dispositionIn({ attrs: { disposition } }: Element): Pick<FileRef, 'disposition'> {
  return disposition === 'inline' || disposition === 'attachment' ? { disposition } : {};
}

/** §3.1: the first address over HTTP (XEP-0103). */
function sourceIn(sharing: Element): string | undefined {
  const sources = childOf(sharing, 'sources', SFS)?.getChildElements() ?? [];
  return sources
    .filter((one) => one.getName() === 'url-data' && one.getNS() === 'http://jabber.org/protocol/url-data')
    .map((one) => one.attrs.target)
    .find((url): url is string => url !== undefined && isFetchable(url));
}

/** Whether a file can be fetched by the address. */
export const isFetchable = (url: string): boolean => /^https?:\/\//i.test(url) && URL.canParse(url);

/** The message with one file more; a body that is nothing but its address stands for it. */
export function withFile(
  file: FileRef,
  of: string,
  reading: Reading,
  { body, changes, understood }: ReadContext,
): Reading {
  if (reading.kind !== 'message') return reading;
  understood.push(of);
  if (body.trim() === file.url) changes.push({ ...WHOLE, text: '' });
  const { files = [] } = reading;
  return files.some(({ url }) => url === file.url) ? reading : { ...reading, files: [...files, file] };
}

/** A sticker is seen within what is said (XEP-0449 §4.4). */
const sharingElement = (file: FileRef): Xml =>
  xml`<file-sharing xmlns='urn:xmpp:sfs:0'${attrs({ disposition: file.disposition ?? (file.sticker && 'inline') })}>${metadataElement(file)}<sources><url-data xmlns='http://jabber.org/protocol/url-data' target='${urlText(file.url)}'/></sources></file-sharing>`;
