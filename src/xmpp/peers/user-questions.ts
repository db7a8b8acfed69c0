import type { Element } from 'ltx';
import type { XmppSide } from '#src/core/index.ts';
import { splitJid } from '#src/xmpp/stanza/jid.ts';
import type { Ask } from '#src/xmpp/stream/requests.ts';
import { askForBits } from '#src/xmpp/xep/bits-of-binary.ts';
import { pingElement } from '#src/xmpp/xep/ping.ts';
import { cardIn, cardQuestion } from '#src/xmpp/xep/vcard.ts';
import { isOwnAnswer } from './gone.ts';

/** What users and their servers are asked, by the link of each domain of ours. */
export function openUserQuestions(
  links: ReadonlyMap<string, { request(ask: Ask): Promise<Element> }>,
): Pick<XmppSide, 'bits' | 'card' | 'answers'> {
  async function ask(domain: string, question: Ask): Promise<Element> {
    const link = links.get(domain);
    if (!link) throw new Error('there is no such transport');
    return link.request(question);
  }

  return {
    bits: (origin, name) => askForBits(origin, name, (question) => ask(splitJid(origin.to).domain, question)),
    async card(domain, user) {
      const answer = await ask(domain, { to: user, payload: cardQuestion });
      if (answer.attrs.type !== 'result') throw new Error('the server of the user does not give the card');
      return cardIn(answer);
    },
    answers: (domain, server) =>
      ask(domain, { to: server, payload: pingElement, anyway: true }).then(isOwnAnswer, () => false),
  };
}
