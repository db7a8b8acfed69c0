// XEP-0084: User Avatar, version 1.1.4.
import { createHash } from 'node:crypto';
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

/** §4.1.2: a picture of somebody, by its hash. */
export const pictureQuestion = (sha1: string): Xml =>
  xml`<pubsub xmlns='http://jabber.org/protocol/pubsub'><items node='urn:xmpp:avatar:data'><item id='${sha1}'/></items></pubsub>`;

/** How files of these types begin (the registries of their formats): what is published has no type of its own. */
const BEGINNINGS: readonly (readonly [type: string, signs: string])[] = [
  ['image/png', '89504e470d0a1a0a'],
  ['image/jpeg', 'ffd8ff'],
  ['image/gif', '47494638'],
  ['image/webp', '52494646'],
];

/** The picture that was asked for, where it is that one and a raster. */
export function publishedPicture(answer: Element, sha1: string): Picture | undefined {
  const items = answer.getChild('pubsub', 'http://jabber.org/protocol/pubsub')?.getChild('items');
  const found = items?.getChildren('item').find(({ attrs }) => attrs.id?.toLowerCase() === sha1);
  const bytes = Buffer.from((found && childOf(found, 'data', AVATAR_DATA)?.getText()) ?? '', 'base64');
  const [type] = BEGINNINGS.find(([, signs]) => bytes.toString('hex', 0, 8).startsWith(signs)) ?? [];
  if (type === undefined || createHash('sha1').update(bytes).digest('hex') !== sha1) return undefined;
  return { sha1, type, data: bytes.toString('base64') };
}
