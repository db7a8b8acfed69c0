import type { SmsAddressType } from '#bridges/sms/addresses.ts';
import { type Conversation, mayAnswer } from './conversation.ts';

/** What the operator has said of the number that a text came to. Accounts by their keys. */
export type OurNumber = {
  readonly owner?: string;
  /** Whether the owner has the number alone. */
  readonly dedicated: boolean;
  readonly first: 'owner' | 'last' | 'menu' | 'refuse';
  /** Whom a stranger may choose from. */
  readonly menu: readonly string[];
  /** Who of our users wrote last from this number, to whomever. */
  readonly last?: string;
};

/** Why a text went where it went; the log keeps it. */
export type RoutingReason =
  | 'named-sender'
  | 'dedicated'
  | 'sticky'
  | 'token'
  | 'answer'
  | 'chosen'
  | 'several'
  | 'waiting'
  | 'first-owner'
  | 'first-last'
  | 'first-menu'
  | 'nobody';

export type RoutingDecision =
  /** It goes to an account; `text` is what is left of it, and with `release` all that waited goes before it. */
  | { readonly to: 'account'; readonly account: string; readonly text: string; readonly why: RoutingReason }
  /** The phone has said whom the texts that wait are for; this one only said so. */
  | { readonly to: 'answer'; readonly account: string; readonly why: RoutingReason }
  /** It waits for the answer to a menu, which is sent with `ask`. */
  | { readonly to: 'hold'; readonly options: readonly string[]; readonly ask: boolean; readonly why: RoutingReason }
  /** It goes to nobody; with `refuse` the phone is told. */
  | { readonly to: 'nobody'; readonly refuse: boolean; readonly why: RoutingReason };

/** What is decided on. The thread is as it lives now. */
export type RoutingInput = {
  readonly peer: SmsAddressType;
  readonly text: string;
  readonly conversation: Conversation;
  readonly number: OurNumber;
  /** Whether the phone wants no texts from this number: then nothing is asked or explained. */
  readonly optedOut: boolean;
  readonly now: number;
};

type Rule = (incoming: RoutingInput) => RoutingDecision | undefined;

/** Who a text is for: the first rule that says something decides. Never a guess. */
const RULES: readonly Rule[] = [
  // Short codes and names belong to machines: their texts (often codes) are the owner's or nobody's.
  ({ peer, number, text }) => {
    if (peer === 'phone') return undefined;
    return number.owner === undefined
      ? { to: 'nobody', refuse: false, why: 'named-sender' }
      : { to: 'account', account: number.owner, text, why: 'named-sender' };
  },
  ({ number, text }) =>
    number.dedicated && number.owner !== undefined
      ? { to: 'account', account: number.owner, text, why: 'dedicated' }
      : undefined,
  ({ conversation, text }) => {
    const account = answered(conversation, text);
    return account === undefined ? undefined : { to: 'answer', account, why: 'answer' };
  },
  ({ conversation, text }) => {
    const [only, ...more] = conversation.pairs;
    return only && more.length === 0 ? { to: 'account', account: only.account, text, why: 'sticky' } : undefined;
  },
  ({ conversation, text }) => {
    // At the very start only, and only a number that texts to this phone have offered.
    const [, token, rest] = /^#(\d{1,4})(?:\s+([\s\S]*))?$/.exec(text) ?? [];
    const pair = conversation.pairs.find((one) => String(one.token) === token);
    return pair && { to: 'account', account: pair.account, text: rest ?? '', why: 'token' };
  },
  ({ conversation, text }) =>
    conversation.chosen === undefined
      ? undefined
      : { to: 'account', account: conversation.chosen, text, why: 'chosen' },
  (incoming) => {
    const options = incoming.conversation.pairs.map(({ account }) => account);
    return options.length === 0 ? undefined : hold(options, incoming);
  },
  first,
];

/** The account that a text from outside is for, or what else becomes of it. Pure and total. */
export function route(incoming: RoutingInput): RoutingDecision {
  for (const rule of RULES) {
    const decision = rule(incoming);
    if (decision) return decision;
  }
  return { to: 'nobody', refuse: false, why: 'nobody' };
}

/** An answer counts while something waits for it, and only if it is exactly an option. */
function answered({ menu, held }: Conversation, text: string): string | undefined {
  if (!menu || held.length === 0 || !/^[1-9]\d?$/.test(text.trim())) return undefined;
  return menu.options[Number(text.trim()) - 1];
}

const maySay = ({ conversation, optedOut, now }: RoutingInput): boolean => !optedOut && mayAnswer(conversation, now);

const hold = (options: readonly string[], incoming: RoutingInput): RoutingDecision => {
  const ask = maySay(incoming);
  return { to: 'hold', options, ask, why: ask ? 'several' : 'waiting' };
};

/** A phone that nobody is in touch with. */
function first(incoming: RoutingInput): RoutingDecision | undefined {
  const { number, text } = incoming;
  if (number.first === 'owner' && number.owner !== undefined)
    return { to: 'account', account: number.owner, text, why: 'first-owner' };
  if (number.first === 'last' && number.last !== undefined)
    return { to: 'account', account: number.last, text, why: 'first-last' };
  if (number.first === 'menu') {
    const decision = hold(number.menu, incoming);
    return decision.to === 'hold' && decision.ask ? { ...decision, why: 'first-menu' } : decision;
  }
  return { to: 'nobody', refuse: number.first === 'refuse' && maySay(incoming), why: 'nobody' };
}
