// XEP-0045: Multi-User Chat, version 1.34.6: the wish for a voice, and what moderators make of it (§7.13, §8.6).
import { randomUUID } from 'node:crypto';
import type { Element } from 'ltx';
import { roomTexts as texts } from '#mappings/texts/rooms.ts';
import { Failure } from '#src/model/failure.ts';
import { type BareJid, splitAccount } from '#src/model/ids.ts';
import { wordsIn } from '#src/model/language.ts';
import type { Occupant } from '#src/model/party.ts';
import { splitJid } from '#src/xmpp/stanza/jid.ts';
import { occupantOf, partyOf, roomPlace } from '#src/xmpp/stanza/target.ts';
import { xml } from '#src/xmpp/stanza/xml.ts';
import { fieldsOf, formElement } from '#src/xmpp/xep/data-forms.ts';
import type { Answering, Sending, StanzaAnswer } from '#src/xmpp/xep/extension.ts';
import { hintElements } from '#src/xmpp/xep/hints.ts';

const REQUEST = 'http://jabber.org/protocol/muc#request';

/** A message to a room about who may speak in it. Throws a `Failure`; nothing where it is about something else. */
export function answerVoice(form: Element, stanza: Element, answering: Answering): ReturnType<StanzaAnswer> {
  if (form.attrs.type !== 'submit') return undefined;
  const fields = fieldsOf(form);
  if (fields.FORM_TYPE?.[0] !== REQUEST) return undefined;
  const { view } = answering;
  const [from, to] = [splitJid(stanza.attrs.from ?? ''), splitJid(stanza.attrs.to ?? '')];
  const target = view.target(to.local);
  if (target.kind !== 'room' || to.resource !== '') return undefined;
  const place = roomPlace(view, target, from.bare);
  const nick = view.nickOf(place, from.full);
  if (nick === undefined) throw new Failure('not-joined');
  const room = { target, place };
  const own = occupantOf(view, room, nick);
  const named = fields['muc#roomnick']?.[0];
  const allow = fields['muc#request_allow']?.[0];
  if (named === undefined || allow === undefined) {
    // Each wish is written to all who keep order, by somebody who may not speak.
    answering.core.admit(from.bare, 'messages');
    return asked(own ?? unknown(nick), [...view.occupants(place)], { ...answering, room: to.bare, asker: from });
  }
  // §8.6: whoever keeps order answers.
  if (own?.role !== 'moderator') throw new Failure('not-permitted');
  const who = occupantOf(view, room, named);
  if (!who) throw new Failure('item-not-found', { text: texts.noSuchNick });
  // Who has a voice by now would lose what they are beside.
  if ((allow !== 'true' && allow !== '1') || who.role !== 'visitor') return [];
  const draft = {
    kind: 'occupant',
    change: 'role',
    who: { ...who, role: 'participant' },
    place,
    from: partyOf(from),
  } as const;
  return answering.core.perform([draft], from.full).then(() => []);
}

const unknown = (nick: string): Occupant => ({ id: nick, nick, affiliation: 'none', role: 'visitor' });

type Asker = Answering & { readonly room: BareJid; readonly asker: ReturnType<typeof splitJid> };

/** §8.6: those who keep order and are here from XMPP are asked, and the asker hears that. */
function asked(own: Occupant, occupants: readonly Occupant[], { room, asker, language }: Asker): readonly Sending[] {
  if (own.role !== 'visitor') throw new Failure('not-acceptable', { text: texts.maySpeak });
  const keepers = occupants.filter(({ role, account }) => role === 'moderator' && account !== undefined);
  // The network has no word for it: who is there only, is asked there.
  if (keepers.length === 0) throw new Failure('not-allowed', { text: texts.nobodyGivesVoice });
  const form = formElement(
    {
      title: texts.voice[language],
      fields: [
        {
          name: 'muc#role',
          type: 'choice',
          label: texts.voiceRole[language],
          value: ['participant'],
          options: [{ value: 'participant' }],
        },
        { name: 'muc#roomnick', type: 'text', label: texts.voiceNick[language], value: [own.nick] },
        { name: 'muc#request_allow', type: 'boolean', label: texts.voiceAllow[language], value: ['false'] },
      ],
    },
    { formType: REQUEST },
  );
  const to = keepers.flatMap(({ account }) => (account === undefined ? [] : splitAccount(account).user));
  return [
    { name: 'message', from: room, to, id: randomUUID(), children: [form] },
    {
      name: 'message',
      type: 'groupchat',
      from: room,
      to: [asker.full],
      id: randomUUID(),
      children: [
        xml`<body>${wordsIn(texts.voiceAsked(keepers.length), language)}</body>`,
        ...hintElements({ store: false }),
      ],
    },
  ];
}
