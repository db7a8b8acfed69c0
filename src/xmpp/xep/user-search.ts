// XEP-0055: Jabber Search, version 1.2.
import { spokenForm } from '#mappings/forms.ts';
import { searchTexts as texts } from '#mappings/texts/search.ts';
import type { Extra } from '#src/model/capabilities.ts';
import { Failure } from '#src/model/failure.ts';
import type { Language } from '#src/model/language.ts';
import { jidOf } from '#src/xmpp/stanza/jid.ts';
import { type Xml, xml } from '#src/xmpp/stanza/xml.ts';
import { FORMS, fieldsOf, formElement } from './data-forms.ts';
import { childOf, ownText } from './elements.ts';
import type { Extension, Request } from './extension.ts';
import { none, realmsOf } from './searched-realms.ts';

const SEARCH = 'jabber:iq:search';
/** People or rooms that are found at most, and the longest name that is looked for, in UTF-16 units. */
const MOST = 100;
const LONGEST = 200;

/** Looks for people by their names where the network has a list of them, else for rooms by their names and topics. */
export const userSearch: Extension = {
  xep: { number: '0055', title: 'Jabber Search', version: '1.2' },
  features: ({ advertised: { extras, rooms } }) =>
    extras.includes('people') || (rooms && extras.includes('rooms')) ? { gateway: [SEARCH], realm: [SEARCH] } : {},
  iq: { [`get/${SEARCH} query`]: fields, [`set/${SEARCH} query`]: search },
};

const soughtBy = ({ view }: Request): Extra & ('people' | 'rooms') =>
  view.transport.advertised.extras.includes('people') ? 'people' : 'rooms';

/** §2.1, §3 */
function fields(request: Request): Xml {
  const sought = soughtBy(request);
  realmsOf(request, sought);
  const language = request.speak();
  const how = sought === 'people' ? texts.peopleHow : texts.roomsHow;
  const form = spokenForm(
    { title: texts[sought], instructions: how, fields: [{ name: 'nick', type: 'text', label: texts.name }] },
    language,
  );
  return xml`<query xmlns='jabber:iq:search'><instructions>${how[language]}</instructions><nick/>${formElement(form, { formType: SEARCH })}</query>`;
}

/** What the gateway finds, in the manner in which it was asked: with a form in a form. */
async function search(request: Request): Promise<Xml> {
  const sought = soughtBy(request);
  const realms = realmsOf(request, sought);
  const form = childOf(request.payload, 'x', FORMS);
  const match = (form ? fieldsOf(form).nick?.[0] : ownText(request.payload, 'nick'))?.trim() ?? '';
  if (match === '' || match.length > LONGEST) throw new Failure('not-acceptable', { text: texts.tooLong(LONGEST) });
  const look = sought === 'people' ? people : rooms;
  const replies = await Promise.all(
    realms.map((realm) => look(request, realm, match).catch((error: unknown) => none(error, realms).list)),
  );
  const found = replies.flat().slice(0, MOST);
  if (!form)
    return xml`<query xmlns='jabber:iq:search'>${found.map(({ jid, name }) => xml`<item jid='${jid}'><nick>${name}</nick></item>`)}</query>`;
  return xml`<query xmlns='jabber:iq:search'>${resultOf(found, sought, request)}</query>`;
}

async function people(request: Request, realm: string, match: string): Promise<readonly Found[]> {
  const { core, view, user } = request;
  const { list } = await core.ask({ kind: 'people', realm, match, page: { max: MOST } }, view.transport.domain, user);
  return list.map(({ id, name }) => ({ jid: personJid(id, realm, request), name }));
}

async function rooms({ core, view, user }: Request, realm: string, match: string): Promise<readonly Found[]> {
  const { domain } = view.transport;
  const { list } = await core.ask({ kind: 'rooms', realm, match, page: { max: MOST } }, domain, user);
  return list.map(({ id, name, topic = '', users }) => ({
    ...{ jid: jidOf(id, domain), name, topic, users: users === undefined ? '' : String(users) },
  }));
}

type Found = { readonly jid: string; readonly name: string; readonly topic?: string; readonly users?: string };

type Column = {
  readonly name: string;
  readonly type: 'jid-single' | 'text-single';
  readonly label: Readonly<Record<Language, string>>;
  readonly of: (one: Found) => string | undefined;
};

const ABOUT_ROOMS: readonly Column[] = [
  { name: 'topic', type: 'text-single', label: texts.topic, of: ({ topic }) => topic },
  { name: 'users', type: 'text-single', label: texts.byUsers, of: ({ users }) => users },
];

/** XEP-0004 §3.4: what is reported, and an item for each. */
function resultOf(found: readonly Found[], sought: 'people' | 'rooms', request: Request): Xml {
  const language = request.speak();
  const columns: readonly Column[] = [
    { name: 'jid', type: 'jid-single', label: texts.address, of: ({ jid }) => jid },
    { name: 'nick', type: 'text-single', label: texts.name, of: ({ name }) => name },
    ...(sought === 'people' ? [] : ABOUT_ROOMS),
  ];
  const reported = xml`<reported>${columns.map(({ name, label, type }) => xml`<field var='${name}' label='${label[language]}' type='${type}'/>`)}</reported>`;
  const items = found.map(
    (one) =>
      xml`<item>${columns.map(({ name, of }) => xml`<field var='${name}'><value>${of(one) ?? ''}</value></field>`)}</item>`,
  );
  return xml`<x xmlns='jabber:x:data' type='result'><field var='FORM_TYPE' type='hidden'><value>jabber:iq:search</value></field>${reported}${items}</x>`;
}

const personJid = (name: string, realm: string, { view: { transport } }: Request): string =>
  jidOf(transport.addresses.format({ kind: 'contact', realm, name }), transport.domain);
