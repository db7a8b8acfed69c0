// XEP-0100: Gateway Interaction, version 1.0: addresses of people who are known by another one (§6.3).
import { dialogueTexts as texts } from '#mappings/texts/dialogues.ts';
import { Failure } from '#src/model/failure.ts';
import { wordsIn } from '#src/model/language.ts';
import { jidOf } from '#src/xmpp/stanza/jid.ts';
import { type Xml, xml } from '#src/xmpp/stanza/xml.ts';
import { ownText } from './elements.ts';
import type { Extension, Request } from './extension.ts';

const GATEWAY = 'jabber:iq:gateway';

export const gatewayPrompt: Extension = {
  xep: { number: '0100', title: 'Gateway Interaction', version: '1.0' },
  features: { gateway: [GATEWAY] },
  iq: { [`get/${GATEWAY} query`]: answerGet, [`set/${GATEWAY} query`]: answerSet },
};

/** The longest address that is looked at, in UTF-16 units. */
const LONGEST = 1000;

function assertHere({ kind, core, user }: Request): void {
  if (kind !== 'gateway') throw new Failure('service-unavailable');
  core.admit(user);
}

function answerGet(request: Request): Xml {
  assertHere(request);
  const { name, prompt } = request.identity;
  const language = request.speak();
  const text = wordsIn(prompt?.text ?? texts.enterAddress(name), language);
  const label = wordsIn(prompt?.label ?? texts.addressLabel, language);
  return xml`<query xmlns='jabber:iq:gateway'><desc>${text}</desc><prompt>${label}</prompt></query>`;
}

async function answerSet(request: Request): Promise<Xml> {
  assertHere(request);
  const { payload, core, view, user } = request;
  const text = ownText(payload, 'prompt')?.trim() ?? '';
  if (text === '' || text.length > LONGEST) throw new Failure('not-acceptable');
  const { id, shown = id } = await core.ask({ kind: 'resolve', text }, view.transport.domain, user);
  const jid = jidOf(shown, view.transport.domain);
  // XEP-0100 §6.3 answers with <jid/>; clients of its drafts look for <prompt/>.
  return xml`<query xmlns='jabber:iq:gateway'><jid>${jid}</jid><prompt>${jid}</prompt></query>`;
}
