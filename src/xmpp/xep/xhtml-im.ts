// XEP-0071: XHTML-IM, version 1.5.4.
import type { Element } from 'ltx';
import { plainText } from '#mappings/styling.ts';
import { parseHtml } from '#mappings/styling-html.ts';
import { formatStyling } from '#mappings/styling-xep0393.ts';
import type { FileRef } from '#src/model/event.ts';
import { WHOLE } from '#src/xmpp/stanza/text-changes.ts';
import { contentAt } from './bits-of-binary.ts';
import { elements } from './elements.ts';
import type { Extension, ReadContext, Reading } from './extension.ts';
import { isFetchable } from './file-sharing.ts';

/** Only read, and not advertised: it is deprecated, and clients of old still write it. */
export const xhtmlIm: Extension = {
  xep: { number: '0071', title: 'XHTML-IM', version: '1.5.4', part: 'read, as message styling and files' },
  reads: {
    // §7: the same as the body. Where something was taken out of the body, that is the better one.
    'http://jabber.org/protocol/xhtml-im html'(child, given, context) {
      const { body, changes } = context;
      const reading = withPictures(child, given, context);
      const styled = elements(child)
        .map((inside) => parseHtml(inside.toString()))
        .find(Boolean);
      if (!styled || body === '' || changes.length > 0 || plainText(styled).trim() === '') return reading;
      changes.push({ ...WHOLE, text: formatStyling(styled) });
      return reading;
    },
  },
};

/** §6.6.3: what is shown in the text is a file beside it. */
function withPictures(html: Element, reading: Reading, { stanza }: ReadContext): Reading {
  if (reading.kind !== 'message') return reading;
  const { files = [] } = reading;
  const more = picturesIn(html).flatMap(({ src = '', alt }): FileRef[] => {
    const url = /^cid:/i.test(src) ? contentAt(src.slice('cid:'.length), stanza) : src;
    const fits = isFetchable(url) || /^(?:cid:|data:image\/)/i.test(url);
    return fits && !files.some((file) => file.url === url)
      ? [{ url, ...typeOf(url), disposition: 'inline', ...(alt && { description: alt }) }]
      : [];
  });
  return more.length === 0 ? reading : { ...reading, files: [...files, ...more] };
}

const picturesIn = (element: Element): Element['attrs'][] =>
  elements(element).flatMap((child) => (child.getName() === 'img' ? [child.attrs] : picturesIn(child)));

function typeOf(url: string): Pick<FileRef, 'type'> {
  const type = /^data:([\w.+-]+\/[\w.+-]+)/i.exec(url)?.[1];
  return type === undefined ? {} : { type };
}
