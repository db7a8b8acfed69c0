// XEP-0050: Ad-Hoc Commands, version 1.3.0.

import { randomUUID } from 'node:crypto';
import { spokenForm } from '#mappings/forms.ts';
import { dialogueTexts as texts } from '#mappings/texts/dialogues.ts';
import type { BegunCommand, CommandAt, Offer, Progress, Talker } from '#src/core/index.ts';
import { Failure } from '#src/model/failure.ts';
import type { Answer, Form } from '#src/model/form.ts';
import { type Language, type Words, wordsIn } from '#src/model/language.ts';
import { placeKey } from '#src/model/place.ts';
import { RequestFailure } from '#src/xmpp/stanza/errors.ts';
import { targetPlace } from '#src/xmpp/stanza/target.ts';
import { attrs, type Xml, xml } from '#src/xmpp/stanza/xml.ts';
import { commandOf, formTypeFor, nodeOf } from './administration.ts';
import { FORMS, fieldsOf, formElement } from './data-forms.ts';
import { childOf } from './elements.ts';
import type { DiscoNode, Extension, Request } from './extension.ts';
import { stageForm } from './media-element.ts';

const COMMANDS = 'http://jabber.org/protocol/commands';
const both = [COMMANDS];

export const commands: Extension = {
  xep: { number: '0050', title: 'Ad-Hoc Commands', version: '1.3.0' },
  features: { gateway: both, realm: both, room: both, contact: both },
  iq: { [`set/${COMMANDS} command`]: answer },
  node,
};

/** What the commands here are offered for. Occupants have none: theirs are those of the room. */
function here({ kind }: Request): CommandAt['on'] {
  if (kind === 'occupant') throw new Failure('not-supported', { text: texts.occupants });
  return kind;
}

const offeredHere = (request: Request): readonly Offer[] =>
  request.core.dialogues
    .offered(request.user, request.view.transport.domain)
    .filter(({ on }) => request.kind !== 'occupant' && on === request.kind);

/** §2.2: the list of commands, and each of them. */
function node(name: string, request: Request): DiscoNode | undefined {
  const offered = offeredHere(request).map((offer) => ({
    node: nodeOf(offer),
    name: wordsIn(offer.title, request.speak()),
  }));
  if (name === COMMANDS)
    return {
      identity: { type: 'command-list', name: wordsIn(texts.commands, request.speak()) },
      features: both,
      items: offered,
    };
  const found = offered.find((one) => one.node === name);
  return found && { identity: { type: 'command-node', name: found.name }, features: [COMMANDS, FORMS] };
}

type Action = 'execute' | 'next' | 'complete' | 'prev' | 'cancel';
const ACTIONS: ReadonlySet<string> = new Set<Action>(['execute', 'next', 'complete', 'prev', 'cancel']);
const isAction = (text: string): text is Action => ACTIONS.has(text);

/**
 * §4.1: `execute` where nothing is said. Clients that write `status` for `action` mean it when they go back or give up;
 * what else stands there may be what we have told them.
 */
function actionOf({ attrs: { action, status } }: Request['payload']): Action {
  if (action !== undefined) {
    if (!isAction(action)) throw new Failure('malformed-action');
    return action;
  }
  if (status === 'prev') return 'prev';
  return status === 'cancel' || status === 'canceled' ? 'cancel' : 'execute';
}

/** A session ID of ours, whether or not it still is one. */
const OURS = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Clients know by the session ID which of their commands an error is about. */
async function answer(request: Request): Promise<Xml> {
  try {
    return await answered(request);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    const { node: named, sessionid } = request.payload.attrs;
    const about = attrs({ node: named, sessionid });
    throw new RequestFailure(error, xml`<command xmlns='http://jabber.org/protocol/commands'${about}/>`);
  }
}

async function answered(request: Request): Promise<Xml> {
  const { payload, core, from, user } = request;
  const { node: named } = payload.attrs;
  const language = request.speak();
  const who: Talker = { owner: from, user };
  const action = actionOf(payload);
  const begun = begunBy(request, action);
  if (begun) return goOn(request, begun, action);
  // §2.4: whoever names no session begins one, and there is nothing yet to go on with or back from.
  if (action !== 'execute') throw new Failure('bad-sessionid');
  if (!named) throw new Failure('bad-request', { text: texts.nodeMissing });
  const at = { place: placeOf(request), on: here(request), node: commandOf(named) };
  return progressed(await core.dialogues.command(who, at), { node: named, language });
}

const placeOf = ({ view, target, user }: Request) => targetPlace(view, target, user);

/**
 * What is gone on with. Whoever names no session and sends a form, or another action than the first, means the one that
 * they have here with this command.
 */
function begunBy(request: Request, action: Action): BegunCommand | undefined {
  const { payload, core, from, user } = request;
  const { sessionid, node: named } = payload.attrs;
  const here = placeKey(placeOf(request));
  const isHere = (one: BegunCommand): boolean =>
    one.on === request.kind &&
    placeKey(one.place) === here &&
    (one.node === commandOf(named ?? '') || (!named && Boolean(sessionid)));
  const all = core.dialogues.begun(user);
  if (!sessionid) {
    const [only, ...more] = all.filter((one) => one.owner === from && isHere(one));
    const goesOn = action !== 'execute' || childOf(payload, 'x', FORMS) !== undefined;
    return goesOn && more.length === 0 ? only : undefined;
  }
  const found = all.find(({ id }) => id === sessionid);
  // §4.4: no longer active, or never so here. §3.3: it is one requester's and one responder's.
  if (!found) throw new Failure(OURS.test(sessionid) ? 'session-expired' : 'bad-sessionid');
  if (found.owner !== from || !isHere(found)) throw new Failure('bad-sessionid');
  return found;
}

async function goOn(request: Request, begun: BegunCommand, action: Action): Promise<Xml> {
  const { core, from } = request;
  const { id, back, step } = begun;
  const as = { node: request.payload.attrs.node ?? nodeOf(begun), id, language: request.speak() };
  const at = { owner: from, id };
  if (action === 'cancel') {
    core.dialogues.cancel(at);
    return xml`<command xmlns='http://jabber.org/protocol/commands' node='${as.node}' sessionid='${id}' status='canceled'/>`;
  }
  if (action === 'prev') {
    if (!back) throw new Failure('bad-action', { text: texts.noWayBack });
    return progressed(await core.dialogues.back(at), as);
  }
  // §3.4: what is next or the last is known here alone, so all three actions go on.
  const given = step.kind === 'form' ? filledIn(request, step.form) : {};
  if (!given) return progressed({ kind: 'step', ...begun }, as, texts.otherStep);
  try {
    return progressed(await core.dialogues.answer(at, given), as);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    const isOpen = core.dialogues.begun(request.user).some((one) => one.id === id);
    if (isOpen) throw error.code === 'not-acceptable' ? new Failure('bad-payload', { text: error.words }) : error;
    return ended(as, note('error', wordsIn(error.words, as.language)));
  }
}

/** What was filled in; nothing where it is about none of what is asked, as when a form is sent twice. */
function filledIn({ payload }: Request, { fields }: Form): Answer | undefined {
  const x = childOf(payload, 'x', FORMS);
  if (!x) throw new Failure('bad-payload', { text: texts.formMissing });
  // §3.5: whoever cancels the form alone submits it.
  const given = fieldsOf(x);
  const names = Object.keys(given).filter((name) => name !== 'FORM_TYPE');
  const isOther = names.length > 0 && !fields.some(({ name, type }) => type !== 'note' && names.includes(name));
  return isOther ? undefined : given;
}

type As = { readonly node: string; readonly id?: string; readonly language: Language };

/** A step, or the end. */
function progressed(progress: Progress, as: As, warning?: Words): Xml {
  const { language } = as;
  if (progress.kind === 'done') {
    const { text, fields } = progress;
    const said = wordsIn(text, language);
    const form =
      fields && formElement(spokenForm({ fields }, language), { formType: formTypeFor(as.node), type: 'result' });
    return ended(as, said === '' ? undefined : note('info', said), form);
  }
  const { id, step, back } = progress;
  const isLast = step.kind === 'form' && step.last === true;
  // §3.4: `execute` names one of the actions that are there.
  const actions = isLast
    ? xml`<actions execute='complete'>${back && xml`<prev/>`}<complete/></actions>`
    : xml`<actions execute='next'>${back && xml`<prev/>`}<next/></actions>`;
  const form =
    step.kind === 'form'
      ? formElement(spokenForm(step.form, language), { formType: formTypeFor(as.node) })
      : stageForm(step, language);
  const said = warning === undefined ? undefined : note('warn', wordsIn(warning, language));
  return xml`<command xmlns='http://jabber.org/protocol/commands' node='${as.node}' sessionid='${id}' status='executing'>${actions}${form}${said}</command>`;
}

const ended = ({ node: named, id = randomUUID() }: As, ...payload: readonly (Xml | undefined)[]): Xml =>
  xml`<command xmlns='http://jabber.org/protocol/commands' node='${named}' sessionid='${id}' status='completed'>${payload}</command>`;

const note = (type: 'info' | 'warn' | 'error', text: string): Xml => xml`<note type='${type}'>${text}</note>`;
