// XEP-0433: Extended Channel Search, version 0.1.0.
import type { Element } from 'ltx';
import { spokenForm } from '#mappings/forms.ts';
import { searchTexts as texts } from '#mappings/texts/search.ts';
import { Failure } from '#src/model/failure.ts';
import type { Answer } from '#src/model/form.ts';
import type { Query, ReplyTo } from '#src/model/query.ts';
import { jidOf } from '#src/xmpp/stanza/jid.ts';
import { type Xml, xml } from '#src/xmpp/stanza/xml.ts';
import { FORMS, fieldsOf, formElement } from './data-forms.ts';
import { childOf } from './elements.ts';
import type { Extension, Request } from './extension.ts';
import { rangeElement, rangeOf } from './rsm.ts';
import { none, realmsOf } from './searched-realms.ts';

const SEARCH = 'urn:xmpp:channel-search:0:search';
const PARAMS = 'urn:xmpp:channel-search:0:search-params';
/** Keys by which results are ordered (§6.1). */
const USERS = '{urn:xmpp:channel-search:0:order}nusers';
const ADDRESS = '{urn:xmpp:channel-search:0:order}address';

/** Rooms of a page where the asker does not say, and at most; and the longest words, in UTF-16 units. */
const PAGE = 50;
const MOST = 100;
const LONGEST = 200;

/** Looks for rooms by words, where the network lists its rooms. */
export const channelSearch: Extension = {
  xep: { number: '0433', title: 'Extended Channel Search', version: '0.1.0' },
  features: ({ advertised }) =>
    advertised.rooms && advertised.extras.includes('rooms') ? { gateway: [SEARCH], realm: [SEARCH] } : {},
  iq: { [`get/${SEARCH} search`]: answer },
};

type Listed = ReplyTo<Extract<Query, { kind: 'rooms' }>>['list'][number];
type Wish = { readonly words: string; readonly fits: (room: Listed) => boolean; readonly byUsers: boolean };

async function answer(request: Request): Promise<Xml> {
  const realms = realmsOf(request, 'rooms');
  const form = childOf(request.payload, 'x', FORMS);
  return form ? await found(request, realms, form) : template(request);
}

/** §4.2.1: all that can be asked for, with what holds where nothing is said. */
function template(request: Request): Xml {
  const on = ['true'];
  const form = formElement(
    spokenForm(
      {
        fields: [
          { name: 'q', type: 'text', label: texts.words },
          { name: 'all', type: 'boolean', label: texts.all },
          { name: 'sinname', type: 'boolean', label: texts.inName, value: on },
          { name: 'sindescription', type: 'boolean', label: texts.inDescription, value: on },
          { name: 'sinaddress', type: 'boolean', label: texts.inAddress, value: on },
          { name: 'min_users', type: 'text', label: texts.least, value: ['0'] },
          {
            name: 'types',
            type: 'choices',
            label: texts.types,
            value: ['xep-0045'],
            options: [{ label: 'XEP-0045', value: 'xep-0045' }],
          },
          {
            name: 'key',
            type: 'choice',
            label: texts.order,
            value: [ADDRESS],
            options: [
              { label: texts.byUsers, value: USERS },
              { label: texts.byAddress, value: ADDRESS },
            ],
          },
        ],
      },
      request.speak(),
    ),
    { formType: PARAMS },
  );
  return xml`<search xmlns='urn:xmpp:channel-search:0:search'>${form}</search>`;
}

/** §4.2.2: one page. Of several realms all have their first, and there is no second. */
async function found(request: Request, realms: readonly string[], form: Element): Promise<Xml> {
  const { core, view, user, payload } = request;
  const { domain } = view.transport;
  const { max = PAGE, ...range } = rangeOf(payload);
  const wish = wishOf(fieldsOf(form));
  const page = { ...(realms.length > 1 ? {} : range), max: Math.min(max, MOST) };
  const match = wish.words === '' ? {} : { match: wish.words };
  const replies = await Promise.all(
    realms.map((realm) =>
      core.ask({ kind: 'rooms', realm, page, ...match }, domain, user).catch((error: unknown) => none(error, realms)),
    ),
  );
  const rooms = replies.flatMap(({ list }) => list).filter(wish.fits);
  if (wish.byUsers) rooms.sort((a, b) => (b.users ?? 0) - (a.users ?? 0));
  const [only] = replies;
  const set =
    realms.length === 1 && only ? rangeElement(only.list.at(0)?.id, only.list.at(-1)?.id, only.count) : undefined;
  return xml`<result xmlns='urn:xmpp:channel-search:0:search'>${rooms.map((room) => item(room, domain))}${set}</result>`;
}

/** §6.2 */
function item({ id, name, topic, users }: Listed, domain: string): Xml {
  const about = topic === undefined || topic === '' ? undefined : xml`<description>${topic}</description>`;
  const count = users === undefined ? undefined : xml`<nusers>${users}</nusers>`;
  return xml`<item address='${jidOf(id, domain)}'><name>${name}</name>${about}${count}<service-type>xep-0045</service-type><anonymity-mode>muc_semianonymous</anonymity-mode></item>`;
}

/** Throws a `Failure` for what makes no sense together (§4.2.2.2 to §4.2.2.6). What is not known is passed over (§5). */
function wishOf(answer: Answer): Wish {
  const one = (name: string): string | undefined => answer[name]?.[0];
  const isOn = (name: string, usual: boolean): boolean => {
    const value = one(name);
    return value === undefined ? usual : value === 'true' || value === '1';
  };
  const words = (one('q') ?? '').trim();
  if (words.length > LONGEST) throw new Failure('invalid-search-terms', { text: texts.tooLong(LONGEST) });
  if (words !== '' && isOn('all', false)) throw new Failure('conflicting-fields');
  if (one('q') !== undefined && words === '' && !isOn('all', false)) throw new Failure('invalid-search-terms');
  if (words === '' && !isOn('all', false)) throw new Failure('no-search-conditions');
  const key = one('key') ?? ADDRESS;
  if (key !== USERS && key !== ADDRESS) throw new Failure('invalid-sort-key');
  const least = Number(one('min_users') ?? 0);
  if (!Number.isSafeInteger(least)) throw new Failure('bad-request');
  const sought = words.toLowerCase().split(/\s+/);
  const fits = ({ id, name, topic = '', users = 0 }: Listed): boolean => {
    const { types } = answer;
    if ((types !== undefined && !types.includes('xep-0045')) || users < least) return false;
    const text = [
      isOn('sinname', true) ? name : '',
      isOn('sindescription', true) ? topic : '',
      isOn('sinaddress', true) ? id : '',
    ]
      .join('\n')
      .toLowerCase();
    return words === '' || sought.every((word) => text.includes(word));
  };
  return { words, fits, byUsers: key === USERS };
}
