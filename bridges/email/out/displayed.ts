import { addresses } from '#bridges/email/addresses.ts';
import { texts } from '#bridges/email/texts.ts';
import { type EmailTransport, nameIn, settingsOf, userMailbox } from '#bridges/email/transport.ts';
import type { EventOf } from '#src/model/event.ts';
import type { AccountKey } from '#src/model/ids.ts';
import { wordsIn } from '#src/model/language.ts';
import { composeDisplayed, messageIdOf, signed } from './compose.ts';
import type { OwnSender } from './prepare.ts';
import type { Smarthost } from './smarthost.ts';

type Asking = { readonly id: string; readonly to: string; readonly at: number };

/** Tells peers who have asked for it that their mails were displayed. */
export type DisplayedMails = {
  /** Takes a marker (XEP-0333) of a user who lets that be told: it speaks of all mails up to its own. Never throws. */
  take(event: EventOf<'receipt'>, by?: OwnSender): void;
};

/** Tried once: who is not told has asked for no more than a courtesy. */
export function openDisplayedMails(transport: EmailTransport, smarthost: Smarthost): DisplayedMails {
  const { host, config, state, alone } = transport;

  /** Those that are told of, which nobody is told of again. */
  async function due(account: AccountKey, their: string, target: string): Promise<readonly Asking[]> {
    const peer = await state.peer(account, their);
    const placed = await state.placed(account, their, messageIdOf(target));
    const until = peer.asking.find(({ id }) => id === target)?.at ?? placed?.at ?? 0;
    const told = peer.asking.filter(({ at }) => at <= until);
    if (told.length > 0)
      await host.emit(
        [],
        [state.writePeer(account, their, { ...peer, asking: peer.asking.filter(({ at }) => at > until) })],
      );
    return told;
  }

  async function tell(account: AccountKey, their: string, { id, to }: Asking, by?: OwnSender): Promise<void> {
    const address = by?.address ?? (await userMailbox(transport, account));
    const about = messageIdOf(id);
    if (address === undefined) return;
    const language = host.language(account);
    const placed = await state.placed(account, their, id);
    const thread = placed && (await state.thread(account, their, placed.thread));
    const token = state.mac('displayed', account, id);
    const mail = await composeDisplayed({
      ...{ about, to: { address: to }, messageId: `${token}@${config.domain}`, domain: config.domain },
      from: { name: nameIn(await settingsOf(transport, account), account, { config, by }), address },
      subject: wordsIn(texts.readSubject(thread?.subject ?? about), language),
      text: wordsIn(texts.readText(address), language),
      ...{ date: host.clock.now(), language },
    });
    const envelope = { from: '', to, envelopeId: token, success: false };
    const signing = by ? {} : config.outgoing;
    await (by?.submission ?? smarthost).send(async () => ({ envelope, mail: await signed(mail, signing) }));
  }

  return {
    take({ place, target }, by) {
      if (place.kind !== 'contact') return;
      const { account } = place;
      const their = addresses.fold(addresses.parse(place.id)).name;
      alone(account, their, () => due(account, their, target))
        .then(async (all) => {
          for (const one of all) await tell(account, their, one, by);
        })
        .catch((error: unknown) => host.log.warn({ err: error }, 'it could not be told that a mail was read'));
    },
  };
}
