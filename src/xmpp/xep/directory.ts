// XEP-0030: Service Discovery, version 2.5.0, §3.2 with XEP-0059: the rooms of a realm, in pages.
import { Failure } from '#src/model/failure.ts';
import type { Query, ReplyTo } from '#src/model/query.ts';
import { jidOf } from '#src/xmpp/stanza/jid.ts';
import { type Xml, xml } from '#src/xmpp/stanza/xml.ts';
import type { Request } from './extension.ts';
import { rangeElement, rangeOf } from './rsm.ts';

/** Rooms on a page where the asker does not say, and at most. */
const PAGE = 100;
const MOST = 1000;

/** The rooms below a room that lists others, beside those who are in it; the latter alone where it cannot be asked now. */
export async function below({ target, core, view, user }: Request, occupants: readonly Xml[]): Promise<Xml> {
  const id = target.kind === 'room' ? target.id : '';
  const { list } = await core
    .ask({ kind: 'rooms', realm: '', page: { max: PAGE }, below: id }, view.transport.domain, user)
    .catch((error: unknown) => {
      if (error instanceof Failure) return { list: [] };
      throw error;
    });
  return xml`<query xmlns='http://jabber.org/protocol/disco#items'>${occupants}${list.map((room) => item(room, view))}</query>`;
}

const item = (room: Listed, { transport }: Request['view']): Xml =>
  xml`<item jid='${jidOf(room.id, transport.domain)}' name='${titleOf(room)}'/>`;

/** The rooms that a realm lists. Empty where the network has no such list. */
export async function directory({ payload, target, core, view, user }: Request): Promise<Xml> {
  // The gateway itself is the realm of a network that has no other.
  const realm = target.kind === 'realm' ? target.realm : '';
  const { max = PAGE, ...range } = rangeOf(payload, true);
  const page = { ...range, max: Math.min(max, MOST) };
  const { list, count, index } = await core
    .ask({ kind: 'rooms', realm, page }, view.transport.domain, user)
    .catch((error: unknown) => {
      if (error instanceof Failure && error.code === 'not-supported') return { list: [], count: 0, index: 0 };
      throw error;
    });
  const items = list.map((room) => item(room, view));
  const jids = [list.at(0)?.id, list.at(-1)?.id];
  const set = rangeElement(jids[0], jids[1], count, index);
  return xml`<query xmlns='http://jabber.org/protocol/disco#items'>${items}${set}</query>`;
}

type Listed = ReplyTo<Extract<Query, { kind: 'rooms' }>>['list'][number];

/** An item has a name and nothing else to say how many are there, and what about. */
const titleOf = ({ name, users, topic }: Listed): string =>
  `${name}${users === undefined ? '' : ` (${users})`}${topic ? `: ${topic}` : ''}`;
