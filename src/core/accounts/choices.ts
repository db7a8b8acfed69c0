import { z } from 'zod';
import {
  CHOICE,
  type Choice,
  choicesOf,
  choose,
  holdsAt,
  type OperatorChoice,
  operatorChoice,
  storedChoices,
} from '#mappings/overrides.ts';
import { inward } from '#mappings/targets.ts';
import { settingTexts as texts } from '#mappings/texts/settings.ts';
import type { Transport } from '#src/core/transport.ts';
import { lanes as openLanes } from '#src/lib/lanes.ts';
import type { Chosen, Direction, Ladders } from '#src/model/capabilities.ts';
import { Failure } from '#src/model/failure.ts';
import type { Answer, Form } from '#src/model/form.ts';
import type { AccountKey } from '#src/model/ids.ts';
import { joined } from '#src/model/language.ts';
import { type Place, placeTransport } from '#src/model/place.ts';
import type { Store } from '#src/store/index.ts';
import { changesOf, fieldOf, type Setting, type Values } from './settings-form.ts';

export type ChoiceParts = {
  readonly store: Pick<Store, 'settings' | 'accounts' | 'unit'>;
  readonly transports: ReadonlyMap<string, Pick<Transport, 'mapping' | 'overrides'>>;
  now(): number;
};

/** A conversation of an account that is no realm: the choices for it come before those of the account. */
export type ConversationAt = { readonly account: AccountKey; readonly place: Place };

export type Choices = {
  /** Reads what people have chosen. Resolves once it is known; until then nobody has chosen anything. */
  load(): Promise<void>;
  /** The rungs that hold at a place: the conversation's, the account's, the operator's. Synchronous, from memory. */
  at(direction: Direction, place: Place, account: AccountKey | undefined): Chosen;
  /** What accounts of a transport may choose, as settings. */
  settings(transport: string): readonly Setting[];
  /** An account has changed some of its settings. */
  took(account: AccountKey, changes: Values): void;
  /** What somebody may choose for one conversation, with what holds there by their own choice. */
  form(of: ConversationAt): Form;
  /** Stores what the answer contains. Rejects with `Failure('not-acceptable')` naming the field. */
  change(of: ConversationAt, answer: Answer): Promise<void>;
  /** Drops what is remembered of an account that was removed. */
  forget(account: AccountKey): void;
};

/** Conversations for which one account may choose: more are refused, since all are kept in memory. */
const MOST = 200;
/** What stands for no choice. No rung has this name. */
const USUAL = 'usual';

type Sides = Readonly<
  Record<Direction, { readonly ladders: Ladders; readonly operator: OperatorChoice; readonly own: Chosen }>
>;

/** What users choose of the tables of their networks, for themselves and for single conversations. */
export function openChoices({ store, transports, now }: ChoiceParts): Choices {
  /** Values by account, and by place below it: `''` is the account's own. Only those who have chosen are here. */
  const known = new Map<AccountKey, Map<string, Values>>();
  const lanes = openLanes((error) => {
    throw error;
  });
  const sides = new Map([...transports].map(([domain, one]) => [domain, sidesOf(one)]));
  const rendered = new Map(
    [...transports].map(([domain, one]) => [domain, choicesOf(one.mapping, one.overrides).map(settingOf)]),
  );

  const settings = (transport: string): readonly Setting[] => rendered.get(transport) ?? [];
  const settingsAt = (place: Place): readonly Setting[] =>
    settings(placeTransport(place)).filter(({ name }) => holdsAt(name, place.kind));
  const valuesOf = ({ account, place }: ConversationAt): Values => known.get(account)?.get(subjectOf(place)) ?? {};

  function put(account: AccountKey, subject: string, values: Values): void {
    const left = Object.entries(values).filter(
      ([name, rung]) => name.startsWith(CHOICE) && rung !== undefined && rung !== USUAL,
    );
    const places = known.get(account) ?? new Map<string, Values>();
    if (left.length > 0) places.set(subject, Object.fromEntries(left));
    else places.delete(subject);
    if (places.size > 0) known.set(account, places);
    else known.delete(account);
  }

  async function change(of: ConversationAt, answer: Answer): Promise<void> {
    const { account, place } = of;
    const values = { ...valuesOf(of), ...changesOf(settingsAt(place), answer) };
    const isNew = !known.get(account)?.has(subjectOf(place));
    if (isNew && (known.get(account)?.size ?? 0) >= MOST)
      throw new Failure('not-acceptable', { text: texts.choicesFull(MOST) });
    await store.unit([
      store.accounts.used(account, now()),
      store.settings.put({ account, scope: 'conversation', subject: subjectOf(place) }, values),
    ]);
    put(account, subjectOf(place), values);
  }

  return {
    async load() {
      for (const { account, scope, subject, values } of await store.settings.naming(CHOICE))
        if (scope === 'account' || scope === 'conversation') put(account as AccountKey, subject, values);
    },
    at(direction, place, account) {
      const side = sides.get(placeTransport(place))?.[direction];
      if (!side) return {};
      const own = account === undefined ? undefined : known.get(account);
      // Most have chosen nothing, and share that.
      if (!own) return side.own;
      const [mine, here] = [own.get(''), own.get(subjectOf(place))].map((values) =>
        storedChoices(values ?? {}, direction),
      );
      return choose(side.ladders, side.operator, mine, here);
    },
    settings,
    took: (account, changes) => put(account, '', { ...known.get(account)?.get(''), ...changes }),
    form(of) {
      const values = valuesOf(of);
      const mine = known.get(of.account)?.get('') ?? {};
      return {
        title: texts.choices,
        instructions: texts.choicesAlone,
        fields: settingsAt(of.place).map((setting) => fieldOf(after(setting, mine), values[setting.name])),
      };
    },
    change: async (of, answer) => lanes.within(of.account, () => change(of, answer)),
    forget: (account) => void known.delete(account),
  };
}

/** Places of one account differ by this; nothing else has none. */
const subjectOf = (place: Place): string =>
  place.kind === 'realm' ? `realm ${place.realm}` : `${place.kind} ${place.id}`;

function sidesOf({ mapping, overrides }: Pick<Transport, 'mapping' | 'overrides'>): Sides {
  const side = (direction: Direction, ladders: Ladders) => {
    const operator = operatorChoice(overrides, direction);
    return { ladders, operator, own: choose(ladders, operator) };
  };
  return { out: side('out', mapping.policy.out), in: side('in', inward(mapping).ladders) };
}

/** A setting of a conversation, where the account's own choice is what is usual. */
const after = (setting: Setting, mine: Values): Setting =>
  mine[setting.name] === undefined
    ? setting
    : { ...setting, labels: { ...setting.labels, [USUAL]: texts.asUsual(String(mine[setting.name])) } };

function settingOf({ name, title, rungs, usual }: Choice): Setting {
  const names = rungs.map((rung) => rung.name);
  return {
    name,
    label: title,
    schema: z.enum([USUAL, ...names]),
    kind: 'choice',
    options: [USUAL, ...names],
    labels: {
      [USUAL]: texts.asUsual(usual),
      ...Object.fromEntries(rungs.map((rung) => [rung.name, joined([rung.name, rung.does], ': ')])),
    },
    required: false,
    fallback: USUAL,
  };
}
