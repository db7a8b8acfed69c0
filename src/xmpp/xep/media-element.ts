// XEP-0221: Data Forms Media Element, version 1.0.
import type { Stage } from '#src/bridge.ts';
import type { Xml } from '#src/xmpp/stanza/xml.ts';
import { formElement } from './data-forms.ts';
import type { Extension } from './extension.ts';

export const mediaElement: Extension = {
  xep: { number: '0221', title: 'Data Forms Media Element', version: '1.0' },
};

/** What is only shown, as a form in which nothing is asked: clients show forms, and not all of them notes. */
export function stageForm(stage: Exclude<Stage, { kind: 'form' }>): Xml {
  const url = stage.kind === 'show' ? stage.url : undefined;
  const fields = url === undefined ? [] : [{ name: 'url', type: 'note', value: [url] } as const];
  return formElement({ instructions: stage.text, fields });
}
