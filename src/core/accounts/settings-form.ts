import { z } from 'zod';
import { formTexts } from '#mappings/texts/forms.ts';
import { Failure } from '#src/model/failure.ts';
import type { Answer, Field, NumberRange } from '#src/model/form.ts';
import { inEach, type Text, type Words, wordsIn } from '#src/model/language.ts';

/**
 * One thing that people set, as its schema describes it. `secret` is shown to nobody, not even to who has set it; what is
 * `sealed` is encrypted at rest.
 */
export type Setting = {
  readonly name: string;
  readonly label: Words;
  readonly schema: z.ZodType;
  readonly kind: 'boolean' | 'number' | 'choice' | 'choices' | 'lines' | 'text' | 'secret';
  readonly options: readonly string[];
  /** What options are called where their own names do not say it. */
  readonly labels?: Readonly<Record<string, Words>>;
  readonly number?: NumberRange;
  readonly sealed?: true;
  readonly required: boolean;
  readonly fallback: unknown;
};

/** Values as they are stored: JSON, before the schema transforms them. */
export type Values = Readonly<Record<string, unknown>>;

/** The longest value that is read, in UTF-16 units. */
const LONGEST = 4096;

/** What of a JSON Schema is read here. */
type Described = {
  readonly type?: unknown;
  readonly title?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly items?: Described;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly secret?: unknown;
  readonly sealed?: unknown;
  readonly label?: Text;
  readonly labels?: Readonly<Record<string, Text>>;
};

/** The settings of an object schema, in its order. `meta({ secret: true })` marks a secret, `sealed` what may hold one, `label` and the `labels` of options name it. */
export function settingsOf(schema: z.ZodType | undefined): readonly Setting[] {
  if (!schema) return [];
  if (!(schema instanceof z.ZodObject)) throw new Error('settings are an object of fields');
  const described = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
  const properties = (described.properties ?? {}) as Readonly<Record<string, Described>>;
  return Object.entries(properties).map(([name, one]) => ({
    name,
    label: one.label ?? one.title ?? one.description ?? name,
    schema: schema.shape[name] as z.ZodType,
    kind: kindOf(one),
    ...numbersOf(one),
    options: (one.enum ?? one.items?.enum ?? []).map(String),
    ...(one.labels && { labels: one.labels }),
    ...((one.secret === true || one.sealed === true) && { sealed: true }),
    required: described.required?.includes(name) === true,
    fallback: one.default,
  }));
}

function kindOf({ secret, type, enum: options, items }: Described): Setting['kind'] {
  if (secret === true) return 'secret';
  if (options) return 'choice';
  if (type === 'boolean') return 'boolean';
  if (type === 'number' || type === 'integer') return 'number';
  if (type === 'array') return items?.enum ? 'choices' : 'lines';
  return 'text';
}

/** Which numbers are taken, where it is one: bounds that are those of JSON itself are none. */
function numbersOf({ type, minimum, maximum }: Described): { number?: NumberRange } {
  if (type !== 'number' && type !== 'integer') return {};
  const min = Number.isSafeInteger((minimum ?? -Infinity) - 1) ? minimum : undefined;
  const max = Number.isSafeInteger((maximum ?? Infinity) + 1) ? maximum : undefined;
  const whole = type === 'integer';
  return { number: { whole, ...(min !== undefined && { min }), ...(max !== undefined && { max }) } };
}

/** The field in which a setting is shown with its value. */
export function fieldOf(setting: Setting, value: unknown): Field {
  const { name, label, kind, options, labels, number, required, fallback } = setting;
  const shown = value ?? fallback;
  return {
    name,
    label,
    type: kind === 'number' ? 'text' : kind,
    ...(required && { required }),
    ...(number && { number }),
    ...(kind !== 'secret' && shown !== undefined && { value: [shown].flat().map(String) }),
    ...(options.length > 0 && { options: options.map((option) => optionOf(option, labels?.[option])) }),
  };
}

const optionOf = (value: string, label: Words | undefined) => ({ value, ...(label !== undefined && { label }) });

/**
 * What an answer changes: `undefined` for a value that is taken back. What it does not contain stays as it is, and so
 * does a secret that was left blank (XEP-0077 §3.2 shows no secrets). Throws `Failure('not-acceptable')` for a value
 * that does not fit, naming its field.
 */
export function changesOf(settings: readonly Setting[], answer: Answer): Values {
  const changes: Record<string, unknown> = {};
  for (const setting of settings) {
    const given = Object.hasOwn(answer, setting.name) ? answer[setting.name] : undefined;
    if (!given || (setting.kind === 'secret' && (given[0] ?? '') === '')) continue;
    changes[setting.name] = checked(setting, given);
  }
  return changes;
}

function checked(setting: Setting, given: readonly string[]): unknown {
  if (given.some((one) => one.length > LONGEST)) throw unfit(setting, formTexts.longer(LONGEST));
  const value = read(setting, given);
  const found = setting.schema.safeParse(value);
  if (!found.success) throw unfit(setting, reasonOf(setting, value));
  return value;
}

function read(setting: Setting, given: readonly string[]): unknown {
  const [first = ''] = given;
  switch (setting.kind) {
    case 'choices':
    case 'lines':
      return given.filter((one) => one !== '');
    case 'boolean':
      return given.length === 0 ? undefined : flag(setting, first);
    case 'number':
      return first.trim() === '' ? undefined : Number(first);
    case 'choice':
      return first === '' && !setting.options.includes('') ? undefined : first;
    default:
      return given.length === 0 ? undefined : first;
  }
}

/** XEP-0004 §3.3: the lexical forms of xs:boolean. */
function flag(setting: Setting, text: string): boolean {
  if (text === 'true' || text === '1') return true;
  if (text === 'false' || text === '0') return false;
  throw unfit(setting, formTexts.neither);
}

const unfit = ({ name, label }: Setting, why: Words): Failure =>
  new Failure('not-acceptable', { text: formTexts.unfit(label === name ? name : named(label, name), why) });

const named = (label: Words, name: string): Text => inEach((language) => `${wordsIn(label, language)} (${name})`);

/** Why the schema takes no such value: in its own words, or as the schema library has it in each language. */
function reasonOf({ schema }: Setting, value: unknown): Words {
  const issues = inEach((language) => {
    const found = schema.safeParse(value, language === 'de' ? { error: z.locales.de().localeError } : {});
    return found.error?.issues[0]?.message ?? '';
  });
  return issues.en === '' ? formTexts.notAcceptable : issues;
}
