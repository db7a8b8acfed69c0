// XEP-0264: Jingle Content Thumbnails, version 0.4.2.
import type { Element } from 'ltx';
import { urlText } from '#mappings/files.ts';
import type { Thumbnail } from '#src/model/event.ts';
import { attrs, type Xml, xml } from '#src/xmpp/stanza/xml.ts';
import { childOf } from './elements.ts';
import { carriedIn, type Extension } from './extension.ts';

const THUMBS = 'urn:xmpp:thumbs:1';

/** Characters of an address that holds the picture itself; larger ones are left out. */
const LONGEST = 16_384;

export const thumbnails: Extension = {
  xep: { number: '0264', title: 'Jingle Content Thumbnails', version: '0.4.2', part: 'of shared files' },
  features: (transport) => carriedIn(transport, 'file', THUMBS),
};

/** The picture that an element has of its file (§3); not one that only its sender could be asked for. */
export function thumbnailIn(parent: Element): Thumbnail | undefined {
  const { uri = '', width, height, ...found } = childOf(parent, 'thumbnail', THUMBS)?.attrs ?? {};
  const type = found['media-type'];
  if (!/^(?:https?:\/\/|data:image\/)/i.test(uri) || uri.length > LONGEST || !URL.canParse(uri)) return undefined;
  return {
    url: uri,
    ...(type && { type }),
    ...(isPixels(width) && { width: Number(width) }),
    ...(isPixels(height) && { height: Number(height) }),
  };
}

const isPixels = (text: string | undefined): boolean => text !== undefined && /^[1-9]\d{0,4}$/.test(text);

/** The same, as the element. */
export const thumbnailElement = ({ url, type, width, height }: Thumbnail): Xml =>
  xml`<thumbnail xmlns='urn:xmpp:thumbs:1'${attrs({ uri: urlText(url), 'media-type': type, width, height })}/>`;
