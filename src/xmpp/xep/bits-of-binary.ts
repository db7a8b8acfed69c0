// XEP-0231: Bits of Binary, version 1.0.

import { createHash } from 'node:crypto';
import type { Element } from 'ltx';
import { mediaTexts as texts } from '#mappings/texts/media.ts';
import type { Stage } from '#src/bridge.ts';
import type { Bits, Origin } from '#src/core/index.ts';
import { qrPng } from '#src/lib/qr.ts';
import { Failure } from '#src/model/failure.ts';
import { splitJid } from '#src/xmpp/stanza/jid.ts';
import { type Xml, xml } from '#src/xmpp/stanza/xml.ts';
import { elements } from './elements.ts';
import type { Extension, Request } from './extension.ts';

const BOB = 'urn:xmpp:bob';
const both = [BOB];

/**
 * The pictures in what commands show, for whoever is shown them: nothing is kept, they are made anew. And what a message
 * holds or names is a file of it.
 */
export const bitsOfBinary: Extension = {
  xep: { number: '0231', title: 'Bits of Binary', version: '1.0', part: 'pictures in commands, and in messages' },
  features: { gateway: both, realm: both },
  iq: { [`get/${BOB} data`]: answer },
};

/** What a message holds under a name of its own (§2.1), as an address that is the thing itself; else the name. */
export function contentAt(cid: string, message: Element): string {
  const data = elements(message).find(
    (one) => one.getName() === 'data' && one.getNS() === BOB && one.attrs.cid === cid,
  );
  const type = data?.attrs.type ?? '';
  return data && TYPE.test(type) ? `data:${type};base64,${data.getText().replace(/\s/g, '')}` : `cid:${cid}`;
}

const TYPE = /^[\w.+-]+\/[\w.+-]+$/;

/** Asks the sender of a stanza for what it names (§2.2). Rejects with a `Failure`. */
export async function askForBits({ from, to }: Origin, cid: string, request: BitsQuestion): Promise<Bits> {
  const payload = xml`<data xmlns='urn:xmpp:bob' cid='${cid}'/>`;
  const answer = await request({ from: splitJid(to).bare, to: from, payload }).catch(() => undefined);
  const data = answer?.attrs.type === 'result' ? answer.getChild('data', BOB) : undefined;
  if (!data) throw new Failure('not-acceptable', { text: texts.noPicture });
  return { type: data.attrs.type ?? '', data: Buffer.from(data.getText(), 'base64') };
}

type BitsQuestion = (ask: { readonly from: string; readonly to: string; readonly payload: Xml }) => Promise<Element>;

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
