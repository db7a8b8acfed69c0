// XEP-0071: XHTML-IM, version 1.5.4.
import { plainText } from '#mappings/styling.ts';
import { parseHtml } from '#mappings/styling-html.ts';
import { formatStyling } from '#mappings/styling-xep0393.ts';
import { WHOLE } from '#src/xmpp/stanza/text-changes.ts';
import { elements } from './elements.ts';
import type { Extension } from './extension.ts';

/** Only read, and not advertised: it is deprecated, and clients of old still write it. */
export const xhtmlIm: Extension = {
  xep: { number: '0071', title: 'XHTML-IM', version: '1.5.4', part: 'read, as message styling' },
  reads: {
    // §7: the same as the body. Where something was taken out of the body, that is the better one.
    'http://jabber.org/protocol/xhtml-im html'(child, reading, { body, changes }) {
      const styled = elements(child)
        .map((inside) => parseHtml(inside.toString()))
        .find(Boolean);
      if (!styled || body === '' || changes.length > 0 || plainText(styled).trim() === '') return reading;
      changes.push({ ...WHOLE, text: formatStyling(styled) });
      return reading;
    },
  },
};
