// XEP-0313: Message Archive Management, version 1.1.3: the archives of rooms.

import type { Element } from 'ltx';
import { messageTexts as texts } from '#mappings/texts/messages.ts';
import type { ArchivedEvent, ArchiveQuery } from '#src/core/index.ts';
import { Failure } from '#src/model/failure.ts';
import type { Place } from '#src/model/place.ts';
import { roomPlace } from '#src/xmpp/stanza/target.ts';
import { attrs, type Xml, xml } from '#src/xmpp/stanza/xml.ts';
import { archiveStampOf, timeOf } from './datetime.ts';
import { childOf } from './elements.ts';
import type { Extension, Request } from './extension.ts';
import { rangeElement, rangeOf } from './rsm.ts';

const MAM = 'urn:xmpp:mam:2';

/** Messages of a page where the asker names no number. */
const PAGE = 100;

export const mam: Extension = {
  xep: { number: '0313', title: 'Message Archive Management', version: '1.1.3' },
  // §6.1.1; XEP-0359 §4: rooms with an archive give out stanza ids.
  features: ({ history, advertised }) =>
    history.record && advertised.rooms ? { room: [MAM, `${MAM}#extended`, 'urn:xmpp:sid:0'] } : {},
  iq: {
    [`set/${MAM} query`]: answerQuery,
    [`get/${MAM} query`]: answerForm,
    [`get/${MAM} metadata`]: answerMetadata,
  },
};

/** What an asker wants: a query of the archive, or certain ids; and how the answer is to be told. */
type Wish = { readonly query: ArchiveQuery; readonly ids: readonly string[]; readonly flip: boolean };

function archiveOf({ target, user, view }: Request): Place {
  if (target.kind !== 'room' || !view.transport.history.record) throw new Failure('service-unavailable');
  return roomPlace(view, target, user);
}

async function answerQuery(request: Request): Promise<Xml> {
  const place = archiveOf(request);
  const { payload, core, user } = request;
  const { query, ids, flip } = wishOf(payload);
  const page = ids.length > 0 ? await core.archived(place, user, ids) : await core.archive(place, user, query);
  const { events, complete, count } = page;
  // flip-page turns the order in which a page is told, not what is on it.
  for (const one of flip ? events.toReversed() : events) request.tell(resultOf(one, request));
  const set = rangeElement(events.at(0)?.id, events.at(-1)?.id, count);
  return complete
    ? xml`<fin xmlns='urn:xmpp:mam:2' complete='true'>${set}</fin>`
    : xml`<fin xmlns='urn:xmpp:mam:2'>${set}</fin>`;
}

/** §4.2: the result, with the message as it was said in the room (XEP-0313 §5.1.1). */
function resultOf({ id, at, event, marks }: ArchivedEvent, { payload, written }: Request): Xml {
  const { queryid } = payload.attrs;
  // The stamp and the id stand around it.
  const { stanzaId: _, ...own } = marks;
  const said = written({ ...event, live: true }, own).map(
    ({ from, type, id: sent, children }) =>
      xml`<message${attrs({ xmlns: 'jabber:client', type, from, id: sent })}>${children}</message>`,
  );
  const forwarded = xml`<forwarded xmlns='urn:xmpp:forward:0'><delay xmlns='urn:xmpp:delay' stamp='${archiveStampOf(at, id)}'/>${said}</forwarded>`;
  return xml`<result xmlns='urn:xmpp:mam:2'${attrs({ id, queryid })}>${forwarded}</result>`;
}

function wishOf(payload: Element): Wish {
  const fields = fieldsOf(payload);
  const { max = PAGE, before, after } = rangeOf(payload);
  const start = instant(fields, 'start');
  const end = instant(fields, 'end');
  const [beforeId] = fields.get('before-id') ?? [];
  const [afterId] = fields.get('after-id') ?? [];
  return {
    query: {
      max,
      ...(start !== undefined && { start }),
      ...(end !== undefined && { end }),
      ...(beforeId !== undefined && { beforeId }),
      ...(afterId !== undefined && { afterId }),
      ...(before !== undefined && { before }),
      ...(after !== undefined && { after }),
    },
    ids: fields.get('ids') ?? [],
    flip: childOf(payload, 'flip-page', MAM) !== undefined,
  };
}

const KNOWN = new Set(['FORM_TYPE', 'start', 'end', 'before-id', 'after-id', 'ids']);

/** §4.1: a field that we do not know must not be passed over, or the asker would get what it did not ask for. */
function fieldsOf(payload: Element): Map<string, string[]> {
  const fields = new Map<string, string[]>();
  for (const field of childOf(payload, 'x', 'jabber:x:data')?.getChildren('field') ?? []) {
    const name = field.attrs.var ?? '';
    if (!KNOWN.has(name)) throw new Failure('not-supported', { text: texts.noSearchBy(name) });
    fields.set(
      name,
      field.getChildren('value').map((value) => value.getText()),
    );
  }
  return fields;
}

function instant(fields: ReadonlyMap<string, readonly string[]>, name: string): number | undefined {
  const [text] = fields.get(name) ?? [];
  if (text === undefined) return undefined;
  const time = timeOf(text);
  if (time === undefined) throw new Failure('bad-request', { text: texts.noTime(name) });
  return time;
}

/** What a query may hold. */
function answerForm(request: Request): Xml {
  archiveOf(request);
  return xml`<query xmlns='urn:xmpp:mam:2'><x xmlns='jabber:x:data' type='form'><field type='hidden' var='FORM_TYPE'><value>urn:xmpp:mam:2</value></field><field type='text-single' var='start'/><field type='text-single' var='end'/><field type='text-single' var='before-id'/><field type='text-single' var='after-id'/><field type='list-multi' var='ids'><validate xmlns='http://jabber.org/protocol/xdata-validate' datatype='xs:string'><open/></validate></field></x></query>`;
}

/** Where the archive begins and ends. */
async function answerMetadata(request: Request): Promise<Xml> {
  const place = archiveOf(request);
  const { core, user } = request;
  const [oldest, newest] = await Promise.all([
    core.archive(place, user, { max: 1 }),
    core.archive(place, user, { max: 1, before: '' }),
  ]);
  const first = end('start', oldest.events[0]);
  const last = end('end', newest.events[0]);
  return xml`<metadata xmlns='urn:xmpp:mam:2'>${first}${last}</metadata>`;
}

function end(name: 'start' | 'end', event: ArchivedEvent | undefined): Xml | undefined {
  if (!event) return undefined;
  const stamp = archiveStampOf(event.at, event.id);
  return name === 'start'
    ? xml`<start id='${event.id}' timestamp='${stamp}'/>`
    : xml`<end id='${event.id}' timestamp='${stamp}'/>`;
}
