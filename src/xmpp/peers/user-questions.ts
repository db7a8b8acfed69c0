import type { Element } from 'ltx';
import type { XmppSide } from '#src/core/index.ts';
import { splitJid } from '#src/xmpp/stanza/jid.ts';
import type { Ask } from '#src/xmpp/stream/requests.ts';
import { askForBits } from '#src/xmpp/xep/bits-of-binary.ts';
import { pingElement } from '#src/xmpp/xep/ping.ts';
import { pictureQuestion, publishedPicture } from '#src/xmpp/xep/user-avatar.ts';
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
    async card(domain, user, photo) {
      const answer = await ask(domain, { to: user, payload: cardQuestion });
      const card = answer.attrs.type === 'result' ? cardIn(answer) : undefined;
      // XEP-0398 §2: a server need not show in cards what is published as an event.
      const isElsewhere = photo !== undefined && photo !== '' && card?.picture?.sha1 !== photo;
      const asked = isElsewhere ? await ask(domain, { to: user, payload: pictureQuestion(photo) }) : undefined;
      const picture = asked?.attrs.type === 'result' ? publishedPicture(asked, photo ?? '') : undefined;
      if (!card && !picture) throw new Error('the server of the user does not give the card');
      return { ...card, ...(picture && { picture }) };
    },
    answers: (domain, server) =>
      ask(domain, { to: server, payload: pingElement, anyway: true }).then(isOwnAnswer, () => false),
  };
}
