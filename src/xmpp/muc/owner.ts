// XEP-0045: Multi-User Chat, version 1.34.6: the settings of a room (§10).

import type { Element } from 'ltx';
import { spokenForm } from '#mappings/forms.ts';
import { roomTexts as texts } from '#mappings/texts/rooms.ts';
import { Failure } from '#src/model/failure.ts';
import type { Answer, Field, Form } from '#src/model/form.ts';
import { splitJid } from '#src/xmpp/stanza/jid.ts';
import { partyOf } from '#src/xmpp/stanza/target.ts';
import { attrs, type Xml, xml } from '#src/xmpp/stanza/xml.ts';
import { childOf } from '#src/xmpp/xep/elements.ts';
import type { Extension, Request } from '#src/xmpp/xep/extension.ts';
import { insideRoom } from './occupancy.ts';

const OWNER = 'http://jabber.org/protocol/muc#owner';
const DATA = 'jabber:x:data';

/** XEP-0045 §15.5.3: what the registrar calls the settings of `ask config`. */
const NAMES: Readonly<Record<string, string>> = {
  moderated: 'muc#roomconfig_moderatedroom',
  'members-only': 'muc#roomconfig_membersonly',
  public: 'muc#roomconfig_publicroom',
  'subject-by-all': 'muc#roomconfig_changesubject',
  'password-protected': 'muc#roomconfig_passwordprotectedroom',
  password: 'muc#roomconfig_roomsecret',
  limit: 'muc#roomconfig_maxusers',
};
const KNOWN: ReadonlyMap<string, string> = new Map(Object.entries(NAMES).map(([name, known]) => [known, name]));
/** XEP-0004 §3.3. */
const TYPES: Readonly<Partial<Record<Field['type'], string>>> = { boolean: 'boolean', secret: 'text-private' };

/** The requests about them (§10). */
export const ownerRoutes: NonNullable<Extension['iq']> = {
  [`get/${OWNER} query`]: show,
  [`set/${OWNER} query`]: set,
};

async function show(request: Request): Promise<Xml> {
  const form = await formOf(request);
  return xml`<query xmlns='http://jabber.org/protocol/muc#owner'>${form}</query>`;
}

async function formOf(request: Request): Promise<Xml> {
  const { place } = insideRoom(request);
  const { core, view, user } = request;
  const { form } = await core.ask({ kind: 'config', place }, view.transport.domain, user);
  if (!form) throw new Failure('not-supported');
  return render(spokenForm(form, request.speak()));
}

const render = ({ fields }: Form<string>): Xml =>
  xml`<x xmlns='jabber:x:data' type='form'><field var='FORM_TYPE' type='hidden'><value>http://jabber.org/protocol/muc#roomconfig</value></field>${fields.map(fieldOf)}</x>`;

function fieldOf({ name, label, type, value = [] }: Field<string>): Xml {
  const values = value.filter((one) => one !== '').map((one) => xml`<value>${one}</value>`);
  return xml`<field${attrs({ var: NAMES[name] ?? name, type: TYPES[type] ?? 'text-single', label })}>${values}</field>`;
}

async function set(request: Request): Promise<undefined> {
  const { place } = insideRoom(request);
  if (childOf(request.payload, 'destroy', OWNER)) throw new Failure('not-allowed', { text: texts.noDestroy });
  const form = childOf(request.payload, 'x', DATA);
  if (!form) throw new Failure('bad-request');
  // XEP-0045 §10.1.2, §10.2: cancelled, or taken as it is (an instant room).
  const answer = answerOf(form);
  if (form.attrs.type === 'cancel' || Object.keys(answer).length === 0) return;
  if (form.attrs.type !== 'submit') throw new Failure('bad-request');
  const from = partyOf(splitJid(request.from));
  await request.core.perform([{ kind: 'room', change: 'config', answer, place, from }], request.from);
}

/** What was filled in, by the names of `ask config`. */
function answerOf(form: Element): Answer {
  const fields = form.getChildren('field', DATA).flatMap((field): [string, string[]][] => {
    const name = KNOWN.get(field.attrs.var ?? '');
    const values = field.getChildren('value', DATA).map((value) => value.getText());
    if (name === undefined) return [];
    // XEP-0045 §15.5.3: `none` is no limit.
    return [[name, name === 'limit' ? [(values[0] ?? '').replace(/^none$/, '')] : values]];
  });
  return Object.fromEntries(fields);
}
