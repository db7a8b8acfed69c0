// XEP-0084: User Avatar, version 1.1.4.
import type { Element } from 'ltx';
import type { Card } from '#src/core/index.ts';
import type { Picture } from '#src/model/avatar.ts';
import { type Xml, xml } from '#src/xmpp/stanza/xml.ts';
import { childOf } from './elements.ts';
import type { Extension } from './extension.ts';

export const AVATAR_DATA = 'urn:xmpp:avatar:data';
export const AVATAR_METADATA = 'urn:xmpp:avatar:metadata';

export const userAvatar: Extension = {
  xep: { number: '0084', title: 'User Avatar', version: '1.1.4' },
};

/** §4.2.1: what is known of a picture, and of none. */
export function metadataItem(picture: Picture | null): Xml {
  if (!picture) return xml`<item><metadata xmlns='urn:xmpp:avatar:metadata'/></item>`;
  const { sha1, type, data } = picture;
  const bytes = Buffer.byteLength(data, 'base64');
  return xml`<item id='${sha1}'><metadata xmlns='urn:xmpp:avatar:metadata'><info id='${sha1}' type='${type}' bytes='${bytes}'/></metadata></item>`;
}

export const metadataOf = ({ picture }: Card): Xml | undefined => picture && metadataItem(picture);

/** §4.2.2 */
export const dataOf = ({ picture }: Card): Xml | undefined =>
  picture && xml`<item id='${picture.sha1}'><data xmlns='urn:xmpp:avatar:data'>${picture.data}</data></item>`;

/** The SHA-1 of the picture that an item is about, `''` for none. */
export function avatarIn(item: Element): string | undefined {
  const metadata = childOf(item, 'metadata', AVATAR_METADATA);
  return metadata && (childOf(metadata, 'info', AVATAR_METADATA)?.attrs.id ?? '').toLowerCase();
}
