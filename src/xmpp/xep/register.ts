// XEP-0077: In-Band Registration, version 2.4.

import type { Element } from 'ltx';
import { spokenForm } from '#mappings/forms.ts';
import { registerTexts as texts } from '#mappings/texts/dialogues.ts';
import { roomTexts as rooms } from '#mappings/texts/rooms.ts';
import type { RegistrationAt } from '#src/core/index.ts';
import { Failure } from '#src/model/failure.ts';
import type { Answer, Field, Form } from '#src/model/form.ts';
import type { Text } from '#src/model/language.ts';
import { type Xml, xml } from '#src/xmpp/stanza/xml.ts';
import { answerOf, FORMS, formElement } from './data-forms.ts';
import { childOf, elements } from './elements.ts';
import type { Extension, Request } from './extension.ts';

const REGISTER = 'jabber:iq:register';

export const register: Extension = {
  xep: { number: '0077', title: 'In-Band Registration', version: '2.4' },
  features: { gateway: [REGISTER], realm: [REGISTER] },
  iq: { [`get/${REGISTER} query`]: answerGet, [`set/${REGISTER} query`]: answerSet },
};

/** XEP-0077 §12.4.1 (the registrar's fields) as far as networks ask for them; other fields are in the data form alone. */
const LEGACY: Readonly<Record<string, (value: string) => Xml>> = {
  username: (value) => xml`<username>${value}</username>`,
  nick: (value) => xml`<nick>${value}</nick>`,
  password: (value) => xml`<password>${value}</password>`,
  name: (value) => xml`<name>${value}</name>`,
  phone: (value) => xml`<phone>${value}</phone>`,
  url: (value) => xml`<url>${value}</url>`,
};

/** The gateway registers, and a realm of it that has logins of its own; only those who may use it. */
function here({ target, core, user, view }: Request): RegistrationAt {
  if (target.kind !== 'gateway' && target.kind !== 'realm') throw new Failure('service-unavailable');
  core.admit(user);
  const transport = view.transport.domain;
  return target.kind === 'realm' ? { transport, realm: target.realm } : { transport };
}

/** XEP-0045 §7.10: where the network holds the memberships of rooms, a member is registered with the room. */
function inRoom({ target, kind, core, user, view }: Request): { readonly member: boolean; quit(): void } | undefined {
  if (target.kind !== 'room' || kind !== 'room') return undefined;
  const { place, membership } = core.standing(user, view.transport.domain, target);
  // §7.10: whoever sits in a room of this kind is in it, and there is nothing more to it.
  if (membership === 'seat') throw new Failure('service-unavailable', { text: rooms.noRegistration });
  return { member: core.rooms.isMember(place, user), quit: () => core.rooms.quit(place, user) };
}

async function answerGet(request: Request): Promise<Xml> {
  const room = inRoom(request);
  if (room)
    return xml`<query xmlns='jabber:iq:register'>${room.member && xml`<registered/>`}<instructions>${(room.member ? rooms.registered : rooms.joinToRegister)[request.speak()]}</instructions></query>`;
  const at = here(request);
  const { core, user, from, identity } = request;
  const registered = await core.registered(at, user);
  const language = request.speak();
  const asked = await core.registration.form(at, { owner: from, user });
  const form = spokenForm(
    { ...asked, instructions: asked.instructions ?? instructionsFor(asked, identity.name) },
    language,
  );
  // XEP-0077 §3.1.1: what is known is in the fields, and <registered/> says that somebody has it.
  return xml`<query xmlns='jabber:iq:register'>${registered && xml`<registered/>`}<instructions>${form.instructions}</instructions>${form.fields.map(legacyField)}${formElement(form, { formType: REGISTER })}</query>`;
}

const instructionsFor = ({ fields }: Form, network: string): Text =>
  fields.some(({ required }) => required) ? texts.asks(network) : texts.asksNothing(network);

function legacyField({ name, value }: Field): Xml | undefined {
  const element = Object.hasOwn(LEGACY, name) ? LEGACY[name] : undefined;
  return element?.(value?.[0] ?? '');
}

async function answerSet(request: Request): Promise<undefined> {
  const room = inRoom(request);
  if (room) {
    // One becomes a member by joining.
    if (!elements(request.payload).some((child) => child.getName() === 'remove'))
      throw new Failure('not-allowed', { text: rooms.joinToRegister });
    if (!room.member) throw new Failure('not-registered');
    room.quit();
    return;
  }
  const at = here(request);
  const { core, user, from, payload, afterwards } = request;
  const children = elements(payload);
  if (children.some((child) => child.getName() === 'remove')) {
    // XEP-0077 §3.2: <remove/> stands alone; whose registration it is, the stanza's sender says.
    if (children.length > 1) throw new Failure('bad-request');
    if (!(await core.registered(at, user))) throw new Failure('not-registered');
    if (at.realm !== undefined) return void (await core.unlink(at.transport, at.realm, user));
    afterwards(await core.unregister(at.transport, user));
    return;
  }
  const answer = given(payload);
  if (answer) afterwards(await core.registration.register(at, { owner: from, user }, answer));
}

/** XEP-0077 §4, §6: the data form takes precedence over the fields beside it. */
function given(payload: Element): Answer | undefined {
  const form = childOf(payload, 'x', FORMS);
  if (form) return answerOf(form);
  const fields = elements(payload).filter((child) => child.getNS() === REGISTER);
  return Object.fromEntries(fields.map((field) => [field.getName(), [field.getText()]] as const));
}
