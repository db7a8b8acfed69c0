// XEP-0231: Bits of Binary, version 1.0.
import { createHash } from 'node:crypto';
import type { Stage } from '#src/bridge.ts';
import { qrPng } from '#src/lib/qr.ts';
import { Failure } from '#src/model/failure.ts';
import { type Xml, xml } from '#src/xmpp/stanza/xml.ts';
import type { Extension, Request } from './extension.ts';

const BOB = 'urn:xmpp:bob';
const both = [BOB];

/** The pictures in what commands show, for whoever is shown them. Nothing is kept: they are made anew. */
export const bitsOfBinary: Extension = {
  xep: { number: '0231', title: 'Bits of Binary', version: '1.0', part: 'pictures in commands' },
  features: { gateway: both, realm: both },
  iq: { [`get/${BOB} data`]: answer },
};

/** The QR code of a step. */
export const pictureOf = (step: Stage): Buffer | undefined =>
  step.kind === 'show' && step.qr !== undefined ? qrPng(step.qr) : undefined;

/** The name of data is its hash, as in the example of XEP-0221 §2. */
export const contentId = (data: Buffer): string => `sha1+${createHash('sha1').update(data).digest('hex')}@bob.xmpp.org`;

/** Whoever knows the name asks for the data. It is of no use later (`max-age`). */
function answer({ payload, core, from, user }: Request): Xml {
  for (const { owner, step } of core.dialogues.begun(user)) {
    const picture = owner === from ? pictureOf(step) : undefined;
    if (picture && contentId(picture) === payload.attrs.cid)
      return xml`<data xmlns='urn:xmpp:bob' cid='${payload.attrs.cid}' max-age='0' type='image/png'>${picture.toString('base64')}</data>`;
  }
  throw new Failure('item-not-found');
}
