import { addressTypeOf, senderAddress } from '#bridges/sms/addresses.ts';
import type { FormChanges, FormDialogue } from '#bridges/sms/forms/dialogue.ts';
import type { InboundText } from '#bridges/sms/provider/provider.ts';
import {
  afterMenu,
  type Conversation,
  type HeldText,
  inContact,
  mayAnswer,
  type NumberPair,
  nameTold,
  withHeld,
  withNameTold,
} from '#bridges/sms/routing/conversation.ts';
import { type Keyword, keywordOf } from '#bridges/sms/routing/keywords.ts';
import { homeOf, numberOf } from '#bridges/sms/routing/our-numbers.ts';
import { afterReached, reachabilityOf, type StateChanges } from '#bridges/sms/routing/reachability.ts';
import { type RoutingDecision, route } from '#bridges/sms/routing/routing.ts';
import { nameOf } from '#bridges/sms/routing/users.ts';
import type { SmsTransport } from '#bridges/sms/transport.ts';
import { cleanName } from '#mappings/names.ts';
import { wantsNoMore } from '#mappings/sms-wishes.ts';
import type { StateWrite } from '#src/bridge.ts';
import type { Draft } from '#src/model/event.ts';
import type { AccountKey } from '#src/model/ids.ts';
import { isBlank } from '#src/model/text.ts';
import { texts } from './catalogue.ts';
import { decode, hintOf, type InboundContext, type ReceivedText, type RecentText } from './decode.ts';
import { free, type GatewayTexts, type PaidText } from './gateway-texts.ts';

/** Where texts from outside come in. */
export type InboundTexts = {
  /** Takes a text. Resolves once it is durable; a repeat changes nothing. */
  take(text: InboundText): Promise<void>;
};

/** What becomes of a text: all of it is committed at once, and then `say` is sent, and `seen` can be quoted. */
type Taken = StateChanges & {
  readonly say?: PaidText | undefined;
  readonly seen?: { readonly key: string; readonly texts: readonly RecentText[] };
};

type InboundWork = SmsTransport & { readonly formDialogue: FormDialogue; readonly gatewayTexts: GatewayTexts };

const NONE: FormChanges = { counts: false, drafts: [], writes: [] };

export function openInboundTexts(
  { formDialogue, gatewayTexts, ...transport }: InboundWork,
  filesDue: () => void,
): InboundTexts {
  const { host, config, state, recent } = transport;

  async function take(text: InboundText): Promise<void> {
    if (!config.provider.numbers.includes(text.to)) return;
    const their = senderAddress(text.from, homeOf(transport, text.to));
    const place: NumberPair = { our: text.to, their };
    const words = await transport.alone(their, () => accept(text, place));
    if (text.media.length > 0) filesDue();
    if (words !== undefined) void gatewayTexts.send(place.our, their, words);
    if (addressTypeOf(their) === 'phone') void formDialogue.flush(place);
  }

  async function accept(text: InboundText, place: NumberPair): Promise<PaidText | undefined> {
    if (await state.seen(text.sid)) return undefined;
    if (isBlank(text.text) && text.media.length === 0) {
      await host.emit([], [state.writeSeen(text.sid)]);
      return undefined;
    }
    const conversation = await state.conversation(place.our, place.their);
    const optedOut = await state.optedOut(place.our, place.their);
    const keyword =
      addressTypeOf(place.their) === 'sender'
        ? undefined
        : keywordOf(text.text, homeOf(transport, place.our), optedOut);
    const form = await answered(text, place, keyword);
    const taken = await become(text, { conversation, place, keyword, form, optedOut });
    await commit(text.sid, { place, form, taken });
    for (const one of taken.seen?.texts ?? []) recent.add(taken.seen?.key ?? '', one);
    return taken.say;
  }

  type Whole = { readonly place: NumberPair; readonly form: FormChanges; readonly taken: Taken };

  /** All that a text changes is one unit: a repeat of the text finds all of it, or nothing. */
  async function commit(sid: string, { place, form, taken }: Whole): Promise<void> {
    try {
      // What else is said in between leaves a bare number without a meaning.
      const kept = taken.say && form.drafts.length === 0 ? await formDialogue.interrupted(place) : form.writes;
      await host.emit([...form.drafts, ...taken.drafts], [...kept, ...taken.writes, state.writeSeen(sid)]);
    } catch (error) {
      await taken.say?.giveBack().catch((err: unknown) => host.log.error({ err }, 'a budget was not given back'));
      throw error;
    }
  }

  /** What a text does to the form that its phone was sent. */
  async function answered(text: InboundText, place: NumberPair, keyword: Keyword | undefined): Promise<FormChanges> {
    if (addressTypeOf(place.their) !== 'phone') return NONE;
    if (keyword === 'stop') return formDialogue.stopped(place);
    return keyword ? NONE : formDialogue.heard(text, place);
  }

  type Coming = {
    readonly conversation: Conversation;
    readonly place: NumberPair;
    readonly keyword: Keyword | undefined;
    readonly optedOut: boolean;
  };

  async function become(text: InboundText, { form, ...coming }: Coming & { form: FormChanges }): Promise<Taken> {
    if (coming.keyword) return obey(coming.keyword, coming);
    return form.counts ? { drafts: [], writes: [] } : deliver(text, coming);
  }

  function obey(keyword: Keyword, { conversation, place: { our, their }, optedOut }: Coming): Taken {
    host.log.info({ keyword }, 'a phone sent a keyword');
    if (keyword !== 'help') {
      const out = keyword === 'stop';
      const accounts = conversation.pairs.map(({ account }) => account as AccountKey);
      const drafts = accounts.map((account) => reachabilityOf(host, account, their, out ? texts.stopped : undefined));
      const back = out ? [] : accounts.flatMap((account) => state.clearRefusals(account, their));
      return { drafts, writes: [state.writeOptOut(our, their, out), ...back] };
    }
    const now = host.clock.now();
    if (optedOut || !mayAnswer(conversation, now) || addressTypeOf(their) !== 'phone')
      return { drafts: [], writes: [] };
    const text = config.texts.help.replaceAll('{domain}', () => host.transport);
    // Whoever asks must be answered, whatever may be spent.
    const say = text === '' ? undefined : free(text);
    return { drafts: [], writes: [state.writeConversation(our, their, { ...conversation, automatic: now })], say };
  }

  async function deliver(text: InboundText, { conversation, place, optedOut }: Coming): Promise<Taken> {
    const now = host.clock.now();
    const number = await numberOf(transport, place.our);
    const decision = route({ peer: addressTypeOf(place.their), text: text.text, conversation, number, optedOut, now });
    host.log.info({ why: decision.why, sid: text.sid }, 'a text was routed');
    return carryOut(decision, text, { conversation, place, now });
  }

  type Here = { readonly conversation: Conversation; readonly place: NumberPair; readonly now: number };

  async function carryOut(
    decision: RoutingDecision,
    text: InboundText,
    { conversation, place, now }: Here,
  ): Promise<Taken> {
    const { our, their } = place;
    const keep = (next: Conversation) => [state.writeConversation(our, their, next)];
    switch (decision.to) {
      case 'account': {
        const said = { ...heldOf(text, their, now), text: decision.text };
        return tell([said], decision.account as AccountKey, {
          place,
          next: inContact(conversation, decision.account, now),
        });
      }
      case 'answer': {
        const next = { ...inContact(conversation, decision.account, now), chosen: decision.account, held: [] };
        return tell(conversation.held, decision.account as AccountKey, { place, next });
      }
      case 'hold': {
        const next = withHeld(conversation, heldOf(text, their, now));
        // Without a menu it waits, and the next text may be answered with one.
        const say = decision.ask ? await gatewayTexts.pay(await menuOf(decision.options)) : undefined;
        return { drafts: [], writes: keep(say ? afterMenu(next, decision.options, now) : next), say };
      }
      case 'nobody': {
        const { refused } = config.texts;
        const say = decision.refuse && refused !== '' ? await gatewayTexts.pay(refused) : undefined;
        return { drafts: [], writes: say ? keep({ ...conversation, automatic: now }) : [], say };
      }
    }
  }

  async function menuOf(options: readonly string[]): Promise<string> {
    const names = await Promise.all(options.map((account) => nameOf(transport, account as AccountKey)));
    return [config.texts.menu, ...names.map((name, index) => `${index + 1} ${name}`)].join('\n');
  }

  type Going = { readonly place: NumberPair; readonly next: Conversation };

  /** Texts for an account, the thread after them, and what the account learns of the phone. */
  async function tell(texts: readonly HeldText[], account: AccountKey, { place, next }: Going): Promise<Taken> {
    const { our, their } = place;
    const { drafts, writes, seen, called } = told(texts, account, { place, next });
    const back = await afterReached(transport, { account, our, their });
    return {
      drafts: [...back.drafts, ...drafts],
      writes: [
        ...writes,
        ...back.writes,
        state.writeConversation(our, their, called === undefined ? next : withNameTold(next, account, called)),
      ],
      seen,
    };
  }

  /** The events of texts for an account, and the files that are still to be fetched for it. */
  function told(texts: readonly HeldText[], account: AccountKey, { place: { our, their }, next }: Going) {
    const key = `${account} ${our} ${their}`;
    const thread = state.mac('conversation', our, their).slice(0, 16);
    const drafts: Draft[] = [];
    const writes: StateWrite[] = [];
    const fresh: RecentText[] = [];
    let called = nameTold(next, account);
    for (const { id: sid, text, at, media, name } of texts) {
      // XEP-0172 §4.2: with the first message; later ones tell what has changed.
      const named = name !== undefined && name !== called && { name };
      called = name ?? called;
      const who = { account, their, thread };
      const view: InboundContext = { ...who, ...named, seen: [...recent.of(key), ...fresh] };
      const said: ReceivedText = { sid, text, at };
      const draft = isBlank(text) ? undefined : decode(said, view);
      if (draft) drafts.push(draft);
      if (draft?.kind === 'message') fresh.push({ sid, by: 'them', text, at });
      if (wantsNoMore(text)) drafts.push(hintOf(view, host, at));
      const file = { ...who, ...(!draft && named), sid, at, attempts: 0 };
      writes.push(...media.map((url, index) => state.writeFile(`file/${sid}/${index}`, { ...file, url })));
    }
    return { drafts, writes, seen: { key, texts: fresh }, called };
  }

  return { take };
}

function heldOf({ sid, text, media, at, from, name = from }: InboundText, their: string, now: number): HeldText {
  const called = calledOf(name, their);
  return { id: sid, text, media: [...media], at: at ?? now, ...(called !== undefined && { name: called }) };
}

/** What a sender calls itself, unless its address says the same. What has no letter is no name. */
function calledOf(name: string, their: string): string | undefined {
  const clean = cleanName(name);
  const said = their === `~${clean.toLowerCase()}` || /^[a-z]+:\+?\d+$/.test(clean);
  return said || !/\p{L}/u.test(clean) ? undefined : clean;
}
