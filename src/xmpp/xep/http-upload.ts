// XEP-0363: HTTP File Upload, version 1.2.0: files of networks at the service of their user's own server.
import type { Element } from 'ltx';
import { attrs, type Xml, xml } from '#src/xmpp/stanza/xml.ts';
import { childOf, elements, own, ownText } from './elements.ts';
import type { Extension } from './extension.ts';

export const UPLOAD = 'urn:xmpp:http:upload:0';
const ITEMS = 'http://jabber.org/protocol/disco#items';
const INFO = 'http://jabber.org/protocol/disco#info';

/** Nothing is advertised: files are put there for users, and no service is offered. */
export const httpUpload: Extension = {
  xep: { number: '0363', title: 'HTTP File Upload', version: '1.2.0', part: 'as a client of the service of users' },
};

/** A file that is to be put somewhere. Size in bytes. */
export type UploadedFile = { readonly name: string; readonly type: string; readonly size: number };

/** Where it is put, with the headers that belong to the request, and where it is fetched then. */
export type Slot = { readonly put: string; readonly get: string; readonly headers: Readonly<Record<string, string>> };

export const itemsQuestion = xml`<query xmlns='http://jabber.org/protocol/disco#items'/>`;
export const infoQuestion = xml`<query xmlns='http://jabber.org/protocol/disco#info'/>`;

/** The services of a server (XEP-0030 §4). */
export const itemsIn = (answer: Element): string[] =>
  elements(answer.getChild('query', ITEMS) ?? answer).flatMap(({ attrs: { jid } }) => jid ?? []);

/** Whether it takes files, and up to which size in bytes (§4). */
export function limitIn(answer: Element): number | undefined {
  const query = answer.getChild('query', INFO);
  if (!query || !own(query, 'feature').some(({ attrs: { var: name } }) => name === UPLOAD)) return undefined;
  const fields = query.getChildren('x', 'jabber:x:data').flatMap((form) => own(form, 'field'));
  const most = fields.find(({ attrs: { var: name } }) => name === 'max-file-size');
  return Number((most && ownText(most, 'value')) || Number.POSITIVE_INFINITY);
}

/** §5 */
export const slotQuestion = ({ name, type, size }: UploadedFile): Xml =>
  xml`<request xmlns='urn:xmpp:http:upload:0'${attrs({ filename: name, size, 'content-type': type })}/>`;

/** §5: the names of headers that may be set; nothing else of what a service says goes into a request. */
const HEADERS = new Set(['authorization', 'cookie', 'expires']);

/** What the service has answered; nothing where that is no slot. */
export function slotIn(slot: Element | undefined): Slot | undefined {
  const put = slot && childOf(slot, 'put', UPLOAD);
  const get = slot && childOf(slot, 'get', UPLOAD)?.attrs.url;
  if (!put?.attrs.url || !get) return undefined;
  const given = own(put, 'header')
    .map((header): [string, string] => [header.attrs.name ?? '', header.getText().replace(/[\r\n]/g, '')])
    .filter(([name]) => HEADERS.has(name.toLowerCase()));
  return { put: put.attrs.url, get, headers: Object.fromEntries(given) };
}
