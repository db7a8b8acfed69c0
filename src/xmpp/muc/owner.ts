// XEP-0045: Multi-User Chat, version 1.34.6: the settings of a room (§10).

import type { Element } from 'ltx';
import { fitting } from '#mappings/answers.ts';
import { spokenForm } from '#mappings/forms.ts';
import { roomTexts as texts } from '#mappings/texts/rooms.ts';
import { Failure } from '#src/model/failure.ts';
import type { Answer, Field, Form } from '#src/model/form.ts';
import { splitJid } from '#src/xmpp/stanza/jid.ts';
import { partyOf, type View } from '#src/xmpp/stanza/target.ts';
import { type Xml, xml } from '#src/xmpp/stanza/xml.ts';
import { FORMS, fieldsOf, formElement } from '#src/xmpp/xep/data-forms.ts';
import { childOf, ownText } from '#src/xmpp/xep/elements.ts';
import type { Extension, Request } from '#src/xmpp/xep/extension.ts';
import { type Asked, askedRoom, insideRoom } from './occupancy.ts';

const OWNER = 'http://jabber.org/protocol/muc#owner';
const CONFIG = 'http://jabber.org/protocol/muc#roomconfig';

/** XEP-0045 §15.5.3: what the registrar calls the settings of `ask config`. */
const NAMES: Readonly<Record<string, string>> = {
  name: 'muc#roomconfig_roomname',
  moderated: 'muc#roomconfig_moderatedroom',
  'members-only': 'muc#roomconfig_membersonly',
  public: 'muc#roomconfig_publicroom',
  'subject-by-all': 'muc#roomconfig_changesubject',
  'password-protected': 'muc#roomconfig_passwordprotectedroom',
  password: 'muc#roomconfig_roomsecret',
  limit: 'muc#roomconfig_maxusers',
};
const KNOWN: ReadonlyMap<string, string> = new Map(Object.entries(NAMES).map(([name, known]) => [known, name]));

/** What somebody has set for themselves stands beside what the room has. */
const OWN = 'own#';
/** The most fields that a form may come back with. */
const FIELDS = 200;

/** The requests about them (§10). */
export const ownerRoutes: NonNullable<Extension['iq']> = {
  [`get/${OWNER} query`]: show,
  [`set/${OWNER} query`]: set,
};

/** The settings of a room that are the asker's to change: those of the room for who keeps it, and what is their own. */
type Offered = { readonly room: Form | undefined; readonly own: Form | undefined };

async function show(request: Request): Promise<Xml> {
  const { room, own } = await offered(request);
  const theirs = (own?.fields ?? []).map((field) => ({ ...field, name: OWN + field.name }));
  const all = [...(room?.fields ?? []).map(known), ...theirs];
  return xml`<query xmlns='http://jabber.org/protocol/muc#owner'>${formElement(spokenForm({ fields: all }, request.speak()), { formType: CONFIG })}</query>`;
}

async function offered(request: Request): Promise<Offered> {
  const asked = request.kind === 'room' ? askedRoom(request) : undefined;
  if (!asked) throw new Failure('service-unavailable');
  const { core, view, user } = request;
  const keeps = asked.nick !== undefined && keepsOrder(request, asked);
  const room = keeps ? await core.ask({ kind: 'config', place: asked.place }, view.transport.domain, user) : undefined;
  const own = await core.settings.form(asked.place, 'room', user).catch(none);
  const found = { room: room?.form, own: own && own.fields.length > 0 ? own : undefined };
  // XEP-0045 §10.2: forbidden for who may change nothing.
  if (!found.room && !found.own) throw new Failure(keeps ? 'not-supported' : 'not-permitted');
  return found;
}

function none(error: unknown): undefined {
  if (!(error instanceof Failure)) throw error;
}

function keepsOrder({ view }: Request, { place, nick }: Asked): boolean {
  for (const one of view.occupants(place)) if (one.nick === nick) return one.role === 'moderator';
  return false;
}

const AS_IT_IS: readonly Field['type'][] = ['boolean', 'secret', 'choice'];

/** A field of the room by the name that the registrar has for it. No value is none. */
const known = (field: Field): Field => ({
  ...field,
  name: NAMES[field.name] ?? field.name,
  type: AS_IT_IS.includes(field.type) ? field.type : 'text',
  value: (field.value ?? []).filter((one) => one !== ''),
});

async function set(request: Request): Promise<undefined> {
  const destroy = childOf(request.payload, 'destroy', OWNER);
  if (destroy) return destroyed(request, destroy);
  const form = childOf(request.payload, 'x', FORMS);
  if (!form) throw new Failure('bad-request');
  if (form.attrs.type !== 'cancel' && form.attrs.type !== 'submit') throw new Failure('bad-request');
  const answer = answerIn(form);
  // XEP-0045 §10.1.2, §10.2: cancelled, or taken as it is (an instant room).
  if (form.attrs.type === 'cancel' || Object.keys(answer).length === 0) return void insideRoom(request);
  const { room, own } = await offered(request);
  const { place } = askedRoom(request) ?? insideRoom(request);
  const theirs =
    own &&
    fitting(
      own,
      named(answer, (name) => (name.startsWith(OWN) ? name.slice(OWN.length) : name)),
    );
  const config =
    room &&
    fitting(
      room,
      named(answer, (name) => KNOWN.get(name) ?? undefined),
    );
  const from = partyOf(splitJid(request.from));
  if (config && Object.keys(config).length > 0)
    await request.core.perform([{ kind: 'room', change: 'config', answer: config, place, from }], request.from);
  if (theirs && Object.keys(theirs).length > 0)
    await request.core.settings.change({ place, scope: 'room', answer: theirs }, request.user);
}

/** XEP-0045 §10.9: where the network lets it be done. */
async function destroyed(request: Request, destroy: Element): Promise<undefined> {
  const { place } = insideRoom(request);
  const { view, core, from } = request;
  const reason = ownText(destroy, 'reason');
  const alternate = destroy.attrs.jid === undefined ? undefined : roomAt(destroy.attrs.jid, view);
  const more = { ...(reason && { text: reason }), ...(alternate !== undefined && { alternate }) };
  const draft = { kind: 'room', change: 'destroyed', ...more, place, from: partyOf(splitJid(from)) } as const;
  await core.perform([draft], from).catch((error: unknown) => {
    if (!(error instanceof Failure) || error.code !== 'not-supported') throw error;
    throw new Failure('not-allowed', { text: texts.noDestroy });
  });
}

function roomAt(jid: string, view: View): string {
  const { domain, local } = splitJid(jid);
  const target = domain === view.transport.domain ? view.target(local) : undefined;
  if (target?.kind !== 'room') throw new Failure('not-acceptable', { text: texts.goOnHere });
  return target.id;
}

/** What was filled in, by the names of the form. Throws a `Failure` for a form of another kind. */
function answerIn(form: Element): Answer {
  const { FORM_TYPE, ...answer } = fieldsOf(form);
  if (FORM_TYPE && FORM_TYPE[0] !== CONFIG) throw new Failure('bad-request', { text: texts.otherForm });
  if (Object.keys(answer).length > FIELDS) throw new Failure('bad-request', { text: texts.fields(FIELDS) });
  return answer;
}

/** The fields that have a name here. */
function named(answer: Answer, nameOf: (name: string) => string | undefined): Answer {
  const found = Object.entries(answer).flatMap(([field, values]): [string, readonly string[]][] => {
    const name = nameOf(field);
    // XEP-0045 §15.5.3: `none` is no limit.
    return name === undefined
      ? []
      : [[name, name === 'limit' ? values.map((one) => one.replace(/^none$/, '')) : values]];
  });
  return Object.fromEntries(found);
}
