// XEP-0030: Service Discovery, version 2.5.0.
import { Failure } from '#src/model/failure.ts';

import { askedOccupant } from '#src/xmpp/muc/occupancy.ts';
import { nameOf, occupantItems, roomFeatures, roomForm, seenRoom } from '#src/xmpp/muc/room-info.ts';
import { jidOf, placeJid } from '#src/xmpp/stanza/jid.ts';
import { targetPlace } from '#src/xmpp/stanza/target.ts';
import { type Xml, xml } from '#src/xmpp/stanza/xml.ts';
import { capsInfo, WISHES } from './caps.ts';
import { below, directory } from './directory.ts';
import type { DiscoNode, Extension, Request, TargetKind } from './extension.ts';

const INFO = 'http://jabber.org/protocol/disco#info';
const ITEMS = 'http://jabber.org/protocol/disco#items';

const both = [INFO, ITEMS];

export const disco: Extension = {
  xep: { number: '0030', title: 'Service Discovery', version: '2.5.0' },
  features: { gateway: both, realm: both, room: both, occupant: [INFO], contact: [INFO] },
  iq: { [`get/${INFO} query`]: answerInfo, [`get/${ITEMS} query`]: answerItems },
};

/** XEP-0030 §7: the node that is asked about, if one is. Throws where there is none of this name. */
function nodeOf(request: Request): DiscoNode | undefined {
  const { node } = request.payload.attrs;
  if (node === undefined) return undefined;
  const found = request.node(node);
  if (!found) throw new Failure('item-not-found');
  return found;
}

async function answerInfo(request: Request): Promise<Xml> {
  const { kind, features } = request;
  // XEP-0045 §6.6: others are told that the request makes no sense.
  if (kind === 'occupant') askedOccupant(request, 'bad-request');
  const { node: named } = request.payload.attrs;
  const hashed = named === undefined ? undefined : hashedInfo(named, request);
  if (hashed) return hashed;
  const node = nodeOf(request);
  if (node) return nodeInfo(request, node);
  const room = kind === 'room' ? await seenRoom(request) : undefined;
  const all = kind === 'room' ? roomFeatures(room, features(kind)) : features(kind);
  const vars = all.map((feature) => xml`<feature var='${feature}'/>`);
  const forms = [...request.forms(), room && roomForm(request, room)];
  return xml`<query xmlns='http://jabber.org/protocol/disco#info'>${room ? conference(nameOf(room) ?? roomName(request)) : identities[kind](request)}${vars}${forms}</query>`;
}

/** What one of the hashes in presence stands for (XEP-0115 §6.2). */
function hashedInfo(node: string, { kind, features }: Request): Xml | undefined {
  if (kind === 'gateway') return capsInfo(node, WISHES, kind);
  return kind === 'contact' ? capsInfo(node, features(kind)) : undefined;
}

const nodeInfo = ({ payload }: Request, { identity, features }: DiscoNode): Xml =>
  xml`<query xmlns='http://jabber.org/protocol/disco#info' node='${payload.attrs.node}'>${identity && xml`<identity category='automation' type='${identity.type}' name='${identity.name}'/>`}${features.map((feature) => xml`<feature var='${feature}'/>`)}</query>`;

function nodeItems({ payload, target, user, view }: Request, { items = [] }: DiscoNode): Xml {
  const { addresses, domain } = view.transport;
  // A network of one realm gives that the gateway's own address, and the commands differ.
  const jid = target.kind === 'gateway' ? domain : placeJid(targetPlace(view, target, user), addresses);
  return xml`<query xmlns='http://jabber.org/protocol/disco#items' node='${payload.attrs.node}'>${items.map(({ node, name }) => xml`<item jid='${jid}' node='${node}' name='${name}'/>`)}</query>`;
}

/** XEP-0030 §3.1 and the registrar's list of categories. */
const identities: Readonly<Record<TargetKind, (request: Request) => Xml>> = {
  gateway: ({ identity, view }) =>
    !view.transport.advertised.rooms ? gateway(identity) : xml`${gateway(identity)}${conference(identity.name)}`,
  // What is browsed for rooms is a conference first: clients go by the first that they know.
  realm({ identity: { type, name }, target, view }) {
    const realm = { type, name: target.kind === 'realm' ? target.realm : name };
    return !view.transport.advertised.rooms ? gateway(realm) : xml`${conference(realm.name)}${gateway(realm)}`;
  },
  room: (request) => conference(roomName(request)),
  occupant: ({ resource }) => person(resource),
  // XEP-0163 §6.1
  contact: ({ target }) =>
    xml`${person(target.kind === 'contact' ? target.name : '')}<identity category='pubsub' type='pep'/>`,
};

const roomName = ({ target, identity }: Request): string => (target.kind === 'room' ? target.name : identity.name);

type Named = { readonly type: string; readonly name: string };

const gateway = ({ type, name }: Named): Xml => xml`<identity category='gateway' type='${type}' name='${name}'/>`;
/** With a network's own type Gajim takes the change of nick and the button to join away. */
const conference = (name: string): Xml => xml`<identity category='conference' type='text' name='${name}'/>`;
const person = (name: string): Xml => xml`<identity category='account' type='registered' name='${name}'/>`;

const itemsOf: Readonly<Partial<Record<TargetKind, (request: Request) => Xml[]>>> = {
  gateway: realmItems,
  room: occupantItems,
};

function answerItems(request: Request): Xml | Promise<Xml> {
  if (request.kind === 'occupant') askedOccupant(request, 'bad-request');
  const node = nodeOf(request);
  if (node) return nodeItems(request, node);
  if (request.kind === 'realm' || isWhole(request)) return directory(request);
  if (request.kind === 'room' && request.advertised().extras.includes('spaces') && request.core.permitted(request.user))
    return below(request, occupantItems(request));
  return xml`<query xmlns='http://jabber.org/protocol/disco#items'>${itemsOf[request.kind]?.(request)}</query>`;
}

/** Where the network has one realm, which is the gateway itself, what is browsed there are its rooms. */
const isWhole = ({ kind, core, user, view: { transport } }: Request): boolean =>
  kind === 'gateway' &&
  transport.advertised.rooms &&
  core.permitted(user) &&
  transport.addresses.format({ kind: 'realm', realm: '', name: '' }) === '' &&
  transport.realms.includes('');

/** The items of a gateway are personal; a stranger has none. */
function realmItems({ core, user, view }: Request): Xml[] {
  if (!core.permitted(user)) return [];
  const { domain, addresses } = view.transport;
  return core.realms(domain, user).flatMap((realm) => {
    const id = addresses.format({ kind: 'realm', realm, name: '' });
    return id === '' ? [] : [xml`<item jid='${jidOf(id, domain)}' name='${realm}'/>`];
  });
}
