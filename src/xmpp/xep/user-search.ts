// XEP-0055: Jabber Search, version 1.2.
import { spokenForm } from '#mappings/forms.ts';
import { searchTexts as texts } from '#mappings/texts/search.ts';
import { Failure } from '#src/model/failure.ts';
import type { Field } from '#src/model/form.ts';
import { jidOf } from '#src/xmpp/stanza/jid.ts';
import { type Xml, xml } from '#src/xmpp/stanza/xml.ts';
import { FORMS, fieldsOf, formElement } from './data-forms.ts';
import { childOf, ownText } from './elements.ts';
import type { Extension, Request } from './extension.ts';
import { none, realmsOf } from './searched-realms.ts';

const SEARCH = 'jabber:iq:search';
/** People that are found at most, and the longest name that is looked for, in UTF-16 units. */
const MOST = 100;
const LONGEST = 200;

/** Looks for people by their names, where the network has a list of them. */
export const userSearch: Extension = {
  xep: { number: '0055', title: 'Jabber Search', version: '1.2' },
  features: ({ advertised }) => (advertised.extras.includes('people') ? { gateway: [SEARCH], realm: [SEARCH] } : {}),
  iq: { [`get/${SEARCH} query`]: fields, [`set/${SEARCH} query`]: search },
};

/** §2.1, §3 */
function fields(request: Request): Xml {
  realmsOf(request, 'people');
  const language = request.speak();
  const form = spokenForm(
    { title: texts.people, instructions: texts.peopleHow, fields: [{ name: 'nick', type: 'text', label: texts.name }] },
    language,
  );
  return xml`<query xmlns='jabber:iq:search'><instructions>${texts.peopleHow[language]}</instructions><nick/>${formElement(form, { formType: SEARCH })}</query>`;
}

/** Whom the gateway finds, in the manner in which it was asked: with a form in a form. */
async function search(request: Request): Promise<Xml> {
  const realms = realmsOf(request, 'people');
  const { payload, core, view, user } = request;
  const form = childOf(payload, 'x', FORMS);
  const match = (form ? fieldsOf(form).nick?.[0] : ownText(payload, 'nick'))?.trim() ?? '';
  if (match === '' || match.length > LONGEST) throw new Failure('not-acceptable', { text: texts.tooLong(LONGEST) });
  const replies = await Promise.all(
    realms.map(async (realm) => {
      const { list } = await core
        .ask({ kind: 'people', realm, match, page: { max: MOST } }, view.transport.domain, user)
        .catch((error: unknown) => none(error, realms));
      return list.map(({ id, name }) => ({ jid: personJid(id, realm, request), name }));
    }),
  );
  const people = replies.flat().slice(0, MOST);
  if (!form)
    return xml`<query xmlns='jabber:iq:search'>${people.map(({ jid, name }) => xml`<item jid='${jid}'><nick>${name}</nick></item>`)}</query>`;
  return xml`<query xmlns='jabber:iq:search'>${resultOf(people, request)}</query>`;
}

type Found = { readonly jid: string; readonly name: string };

/** XEP-0004 §3.4: what is reported, and an item for each. */
function resultOf(people: readonly Found[], request: Request): Xml {
  const language = request.speak();
  const columns: readonly Field<string>[] = [
    { name: 'jid', type: 'jid', label: texts.address[language] },
    { name: 'nick', type: 'text', label: texts.name[language] },
  ];
  const reported = xml`<reported>${columns.map(({ name, label }) => xml`<field var='${name}' label='${label ?? ''}' type='${name === 'jid' ? 'jid-single' : 'text-single'}'/>`)}</reported>`;
  const items = people.map(
    ({ jid, name }) =>
      xml`<item><field var='jid'><value>${jid}</value></field><field var='nick'><value>${name}</value></field></item>`,
  );
  return xml`<x xmlns='jabber:x:data' type='result'><field var='FORM_TYPE' type='hidden'><value>jabber:iq:search</value></field>${reported}${items}</x>`;
}

const personJid = (name: string, realm: string, { view: { transport } }: Request): string =>
  jidOf(transport.addresses.format({ kind: 'contact', realm, name }), transport.domain);
