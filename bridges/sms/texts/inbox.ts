import { peerOf, senderAddress } from '#bridges/sms/addresses.ts';
import type { Asked, Asking } from '#bridges/sms/forms/asking.ts';
import type { Inbound } from '#bridges/sms/provider/provider.ts';
import { type Keyword, keywordOf } from '#bridges/sms/routing/optout.ts';
import { type Decision, route } from '#bridges/sms/routing/routing.ts';
import { OUT, reached, standing } from '#bridges/sms/routing/standing.ts';
import { asked, type Held, holding, mayAnswer, type Thread, touched } from '#bridges/sms/routing/thread.ts';
import { homeOf, nameOf, numberOf, type Parts } from '#bridges/sms/transport.ts';
import { cleanName } from '#mappings/names.ts';
import { wantsNoMore } from '#mappings/sms-wishes.ts';
import type { StateWrite } from '#src/bridge.ts';
import type { Draft } from '#src/model/event.ts';
import type { AccountKey } from '#src/model/ids.ts';
import { isBlank } from '#src/model/text.ts';
import { type Automatic, free, type Paid } from './automatic.ts';
import { decode, hintOf, type InText, type InView, type Seen } from './decode.ts';

/** Where texts from outside come in. */
export type Inbox = {
  /** Takes a text. Resolves once it is durable; a repeat changes nothing. */
  take(text: Inbound): Promise<void>;
};

/** What becomes of a text: all of it is committed at once, and then `say` is sent, and `seen` can be quoted. */
type Taken = {
  readonly drafts: readonly Draft[];
  readonly writes: readonly StateWrite[];
  readonly say?: Paid | undefined;
  readonly seen?: { readonly key: string; readonly texts: readonly Seen[] };
};

type Place = { readonly our: string; readonly their: string };

type InboxParts = Parts & { readonly asking: Asking; readonly automatic: Automatic };

const NONE: Asked = { counts: false, drafts: [], writes: [] };

export function openInbox({ asking, automatic, ...parts }: InboxParts, filesDue: () => void): Inbox {
  const { host, config, memory, recent } = parts;

  async function take(text: Inbound): Promise<void> {
    if (!config.provider.numbers.includes(text.to)) return;
    const their = senderAddress(text.from, homeOf(parts, text.to));
    const place: Place = { our: text.to, their };
    const words = await parts.alone(their, () => accept(text, place));
    if (text.media.length > 0) filesDue();
    if (words !== undefined) void automatic.send(place.our, their, words);
    if (peerOf(their) === 'phone') void asking.flush(place);
  }

  async function accept(text: Inbound, place: Place): Promise<Paid | undefined> {
    if (await memory.seen(text.sid)) return undefined;
    if (isBlank(text.text) && text.media.length === 0) {
      await host.emit([], [memory.writeSeen(text.sid)]);
      return undefined;
    }
    const thread = await memory.thread(place.our, place.their);
    const optedOut = await memory.optedOut(place.our, place.their);
    const keyword =
      peerOf(place.their) === 'sender' ? undefined : keywordOf(text.text, homeOf(parts, place.our), optedOut);
    const form = await answered(text, place, keyword);
    const taken = await become(text, { thread, place, keyword, form, optedOut });
    await commit(text.sid, { place, form, taken });
    for (const one of taken.seen?.texts ?? []) recent.add(taken.seen?.key ?? '', one);
    return taken.say;
  }

  type Whole = { readonly place: Place; readonly form: Asked; readonly taken: Taken };

  /** All that a text changes is one unit: a repeat of the text finds all of it, or nothing. */
  async function commit(sid: string, { place, form, taken }: Whole): Promise<void> {
    try {
      // What else is said in between leaves a bare number without a meaning.
      const kept = taken.say && form.drafts.length === 0 ? await asking.interrupted(place) : form.writes;
      await host.emit([...form.drafts, ...taken.drafts], [...kept, ...taken.writes, memory.writeSeen(sid)]);
    } catch (error) {
      await taken.say?.giveBack().catch((err: unknown) => host.log.error({ err }, 'a budget was not given back'));
      throw error;
    }
  }

  /** What a text does to the form that its phone was sent. */
  async function answered(text: Inbound, place: Place, keyword: Keyword | undefined): Promise<Asked> {
    if (peerOf(place.their) !== 'phone') return NONE;
    if (keyword === 'stop') return asking.stopped(place);
    return keyword ? NONE : asking.heard(text, place);
  }

  type Coming = {
    readonly thread: Thread;
    readonly place: Place;
    readonly keyword: Keyword | undefined;
    readonly optedOut: boolean;
  };

  async function become(text: Inbound, { form, ...coming }: Coming & { form: Asked }): Promise<Taken> {
    if (coming.keyword) return obey(coming.keyword, coming);
    return form.counts ? { drafts: [], writes: [] } : deliver(text, coming);
  }

  function obey(keyword: Keyword, { thread, place: { our, their }, optedOut }: Coming): Taken {
    host.log.info({ keyword }, 'a phone sent a keyword');
    if (keyword !== 'help') {
      const out = keyword === 'stop';
      const accounts = thread.pairs.map(({ account }) => account as AccountKey);
      const drafts = accounts.map((account) => standing(account, their, out ? OUT : undefined));
      const back = out ? [] : accounts.flatMap((account) => memory.writeWelcome(account, their));
      return { drafts, writes: [memory.writeOptOut(our, their, out), ...back] };
    }
    const now = host.clock.now();
    if (optedOut || !mayAnswer(thread, now) || peerOf(their) !== 'phone') return { drafts: [], writes: [] };
    const text = config.texts.help.replaceAll('{domain}', () => host.transport);
    // Whoever asks must be answered, whatever may be spent.
    const say = text === '' ? undefined : free(text);
    return { drafts: [], writes: [memory.writeThread(our, their, { ...thread, automatic: now })], say };
  }

  async function deliver(text: Inbound, { thread, place, optedOut }: Coming): Promise<Taken> {
    const now = host.clock.now();
    const number = await numberOf(parts, place.our);
    const decision = route({ peer: peerOf(place.their), text: text.text, thread, number, optedOut, now });
    host.log.info({ why: decision.why, sid: text.sid }, 'a text was routed');
    return carryOut(decision, text, { thread, place, now });
  }

  type Here = { readonly thread: Thread; readonly place: Place; readonly now: number };

  async function carryOut(decision: Decision, text: Inbound, { thread, place, now }: Here): Promise<Taken> {
    const { our, their } = place;
    const keep = (next: Thread) => [memory.writeThread(our, their, next)];
    switch (decision.to) {
      case 'account': {
        const said = { ...heldOf(text, their, now), text: decision.text };
        return tell([said], decision.account as AccountKey, { place, next: touched(thread, decision.account, now) });
      }
      case 'answer': {
        const next = { ...touched(thread, decision.account, now), chosen: decision.account, held: [] };
        return tell(thread.held, decision.account as AccountKey, { place, next });
      }
      case 'hold': {
        const next = holding(thread, heldOf(text, their, now));
        // Without a menu it waits, and the next text may be answered with one.
        const say = decision.ask ? await automatic.pay(await menuOf(decision.options)) : undefined;
        return { drafts: [], writes: keep(say ? asked(next, decision.options, now) : next), say };
      }
      case 'nobody': {
        const { refused } = config.texts;
        const say = decision.refuse && refused !== '' ? await automatic.pay(refused) : undefined;
        return { drafts: [], writes: say ? keep({ ...thread, automatic: now }) : [], say };
      }
    }
  }

  async function menuOf(options: readonly string[]): Promise<string> {
    const names = await Promise.all(options.map((account) => nameOf(parts, account as AccountKey)));
    return [config.texts.menu, ...names.map((name, index) => `${index + 1} ${name}`)].join('\n');
  }

  type Going = { readonly place: Place; readonly next: Thread };

  /** Texts for an account, the thread after them, and what the account learns of the phone. */
  async function tell(texts: readonly Held[], account: AccountKey, { place, next }: Going): Promise<Taken> {
    const { our, their } = place;
    const { drafts, writes, seen } = told(texts, account, place);
    const back = await reached(parts, { account, our, their });
    return {
      drafts: [...back.drafts, ...drafts],
      writes: [...writes, ...back.writes, memory.writeThread(our, their, next)],
      seen,
    };
  }

  /** The events of texts for an account, and the files that are still to be fetched for it. */
  function told(texts: readonly Held[], account: AccountKey, { our, their }: Place) {
    const key = `${account} ${our} ${their}`;
    const thread = memory.mac('conversation', our, their).slice(0, 16);
    const drafts: Draft[] = [];
    const writes: StateWrite[] = [];
    const fresh: Seen[] = [];
    for (const { id: sid, text, at, media, name } of texts) {
      const who = { account, their, thread, ...(name !== undefined && { name }) };
      const view: InView = { ...who, seen: [...recent.of(key), ...fresh] };
      const said: InText = { sid, text, at };
      const draft = isBlank(text) ? undefined : decode(said, view);
      if (draft) drafts.push(draft);
      if (draft?.kind === 'message') fresh.push({ sid, by: 'them', text, at });
      if (wantsNoMore(text)) drafts.push(hintOf(view, host.transport, at));
      writes.push(
        ...media.map((url, index) => memory.writeFile(`file/${sid}/${index}`, { ...who, sid, url, at, attempts: 0 })),
      );
    }
    return { drafts, writes, seen: { key, texts: fresh } };
  }

  return { take };
}

function heldOf({ sid, text, media, at, from, name = from }: Inbound, their: string, now: number): Held {
  const called = calledOf(name, their);
  return { id: sid, text, media: [...media], at: at ?? now, ...(called !== undefined && { name: called }) };
}

/** What a sender calls itself, unless its address says the same. What has no letter is no name. */
function calledOf(name: string, their: string): string | undefined {
  const clean = cleanName(name);
  const said = their === `~${clean.toLowerCase()}` || /^[a-z]+:\+?\d+$/.test(clean);
  return said || !/\p{L}/u.test(clean) ? undefined : clean;
}
