// XEP-0221: Data Forms Media Element, version 1.0.

import type { Stage } from '#src/bridge.ts';
import { type Language, wordsIn } from '#src/model/language.ts';
import { type Xml, xml } from '#src/xmpp/stanza/xml.ts';
import { contentId, pictureOf } from './bits-of-binary.ts';
import { formElement } from './data-forms.ts';
import type { Extension } from './extension.ts';

export const mediaElement: Extension = {
  xep: { number: '0221', title: 'Data Forms Media Element', version: '1.0', part: 'QR codes in commands' },
};

/** What is only shown, as a form in which nothing is asked: clients show forms, and not all of them notes. */
export function stageForm(stage: Exclude<Stage, { kind: 'form' }>, language: Language): Xml {
  const url = stage.kind === 'show' ? stage.url : undefined;
  const fields = url === undefined ? [] : [{ name: 'url', type: 'note', value: [url] } as const];
  return formElement({ instructions: wordsIn(stage.text, language), fields }, { first: qrField(stage) });
}

/** §2: a picture of what is to be scanned, with the text of it for who cannot see or scan it. */
function qrField(stage: Stage): Xml | undefined {
  const picture = pictureOf(stage);
  if (!picture || stage.kind !== 'show') return undefined;
  // PNG §11.2.2: the width in pixels; it is a square.
  const side = picture.readUInt32BE(16);
  const media = xml`<media xmlns='urn:xmpp:media-element' height='${side}' width='${side}'><uri type='image/png'>cid:${contentId(picture)}</uri></media>`;
  return xml`<field var='qr' type='fixed'>${media}<value>${stage.qr}</value></field>`;
}
