// XEP-0444: Message Reactions, version 0.2.0.
import type { Field } from '#src/model/form.ts';
import type { XmppId } from '#src/model/ids.ts';
import { type Xml, xml } from '#src/xmpp/stanza/xml.ts';
import { formElement } from './data-forms.ts';
import { own } from './elements.ts';
import { aboutId, carriedIn, type Extension, type Request, type TargetKind } from './extension.ts';
import { quoteLine } from './replies.ts';

const REACTIONS = 'urn:xmpp:reactions:0';

export const reactions: Extension = {
  xep: { number: '0444', title: 'Message Reactions', version: '0.2.0' },
  features: (transport) => carriedIn(transport, 'reaction', REACTIONS),
  form: restrictions,
  reads: {
    // §3.1, §3.2: all reactions that its sender has to the message now, and none where there are none any more.
    [`${REACTIONS} reactions`]: (child, reading, { understood }) => {
      const { id } = child.attrs;
      if (id === undefined) return reading;
      understood.push(REACTIONS);
      // §4: the same one twice counts once.
      const emoji = new Set(own(child, 'reaction').map((one) => one.getText().trim()));
      emoji.delete('');
      return { kind: 'reaction', target: id as XmppId, emoji: [...emoji] };
    },
  },
  // Nothing is said for those who do not know it where reactions are taken away.
  fallbacks: {
    reaction: ({ emoji }, { marks: { about } }) =>
      emoji.length === 0 ? undefined : { of: REACTIONS, text: quoteLine(about) + emoji.join(' '), at: 'end' },
  },
  writes: {
    reaction(event, context) {
      const each = [...new Set(event.emoji)].map((one) => xml`<reaction>${one}</reaction>`);
      return [xml`<reactions xmlns='urn:xmpp:reactions:0' id='${aboutId(event, context)}'>${each}</reactions>`];
    },
  },
};

/** §2.2: what the network lets stand, for those whose reactions reach it. */
function restrictions({ kind, view }: Request): Xml | undefined {
  const { advertised, mapping } = view.transport;
  const { most, among } = mapping.facts.reactions ?? {};
  const { contact, room, unseen } = advertised;
  const reaching = kind === 'room' ? room.filter((one) => !unseen.includes(one)) : kind in PEOPLE ? contact : [];
  if ((most ?? among) === undefined || !reaching.includes('reaction')) return undefined;
  const fields: Field<string>[] = [];
  if (most !== undefined) fields.push({ name: 'max_reactions_per_user', type: 'text', value: [String(most)] });
  if (among !== undefined) fields.push({ name: 'allowlist', type: 'lines', value: among });
  return formElement({ fields }, { formType: `${REACTIONS}:restrictions`, type: 'result' });
}

const PEOPLE: Readonly<Partial<Record<TargetKind, true>>> = { contact: true, occupant: true };
