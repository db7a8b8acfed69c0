import type { z } from 'zod';
import type { Finding, Path } from './source.ts';
import { keysAt } from './tree.ts';

type Raw = z.core.$ZodRawIssue;
type Issue = z.core.$ZodIssue;

/** Checks a value and says in plain sentences what is wrong with it, all at once. Paths begin with `prefix`. */
export function check<T>(
  schema: z.ZodType<T>,
  value: unknown,
  prefix: Path = [],
): { value: T } | { findings: Finding[] } {
  const result = schema.safeParse(value, { error: sentence });
  if (result.success) return { value: result.data };
  return {
    findings: result.error.issues
      .flatMap((issue) => findingsOf(issue, schema, []))
      .map((f) => ({ ...f, path: [...prefix, ...f.path] })),
  };
}

function findingsOf(issue: Issue, schema: z.ZodType, above: Path): Finding[] {
  const path = [...above, ...issue.path];
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({ path: [...path, key], text: unknownKey(key, keysAt(schema, path)) }));
  }
  if (issue.code === 'invalid_key') return [{ path, text: issue.issues[0]?.message ?? 'is not a valid key' }];
  if (issue.code === 'invalid_union') return unionFindings(issue, schema, path);
  return [{ path, text: issue.message }];
}

/** Follows the one alternative whose outer shape fits; where there is none, says what the union says or names them all. */
function unionFindings(union: z.core.$ZodIssueInvalidUnion, schema: z.ZodType, path: Path): Finding[] {
  const strict = union.message !== '';
  const fitting = union.errors.filter((issues) =>
    issues.every((issue) => issue.path.length > 0 || (!strict && issue.code === 'unrecognized_keys')),
  );
  const [inner, ...others] = fitting;
  if (inner && others.length === 0) return inner.flatMap((issue) => findingsOf(issue, schema, path));
  if (strict) return [{ path, text: union.message }];
  const ways = new Set(union.errors.flatMap((issues) => issues.map((issue) => issue.message.replace(/^must be /, ''))));
  return [{ path, text: `must be ${[...ways].join(' or ')}` }];
}

/** What to say of a name that is not among the known ones. */
export function unknownKey(key: string, known: readonly string[]): string {
  const close = closest(key, known);
  if (close) return `is not a known key; did you mean "${close}"?`;
  return known.length > 0 ? `is not a known key; known here: ${known.join(', ')}` : 'is not a known key';
}

const TYPES: Readonly<Record<string, string>> = {
  string: 'must be text',
  number: 'must be a number',
  int: 'must be a whole number',
  boolean: 'must be true or false',
  object: 'must be a mapping of keys to values',
  record: 'must be a mapping of keys to values',
  array: 'must be a list, such as [one, two]',
  null: 'must be null',
};

/** zod's own words are for programmers: these are for operators. An empty text means that the issue has parts. */
function sentence(issue: Raw): string {
  if (issue.input === undefined && issue.code !== 'custom') return 'is missing';
  if (issue.code === 'invalid_type') return typeSentence(String(issue.expected), issue.input);
  if (issue.code === 'invalid_value') return valueSentence(issue.values as readonly unknown[], issue.input);
  if (issue.code === 'too_small') return boundSentence(issue, 'least', Number(issue.minimum));
  if (issue.code === 'too_big') return boundSentence(issue, 'most', Number(issue.maximum));
  if (issue.code === 'invalid_union') return '';
  return 'is not valid';
}

function typeSentence(expected: string, input: unknown): string {
  const must = TYPES[expected] ?? 'has the wrong form';
  if (input === null) return `has no value; it ${must}`;
  if (expected === 'string' && (typeof input === 'number' || typeof input === 'boolean'))
    return `${must}; put it in quotes`;
  return expected === 'number' && /^\d+$/.test(String(input)) ? `${must}, without quotes` : must;
}

function valueSentence(values: readonly unknown[], input: unknown): string {
  const names = values.map((value) => (typeof value === 'string' ? `"${value}"` : String(value)));
  const close =
    typeof input === 'string'
      ? closest(
          input,
          values.filter((value) => typeof value === 'string'),
        )
      : undefined;
  const must = names.length === 1 ? `must be ${names[0]}` : `must be one of ${names.join(', ')}`;
  return close ? `${must}; did you mean "${close}"?` : must;
}

function boundSentence(issue: Raw, side: 'least' | 'most', bound: number): string {
  if (issue.origin === 'number' || issue.origin === 'int') {
    const edge = issue.inclusive === false ? (side === 'least' ? 'more than' : 'less than') : `at ${side}`;
    return `must be ${edge} ${bound}`;
  }
  if (side === 'least' && bound === 1) return 'must not be empty';
  return issue.origin === 'string'
    ? `must have at ${side} ${bound} characters`
    : `must have at ${side} ${bound} entries`;
}

/** The known name that a typing mistake probably meant. */
export function closest(name: string, known: readonly string[]): string | undefined {
  if (name.length > 64) return undefined;
  const reach = Math.max(1, Math.floor(name.length / 3));
  const near = known
    .map((candidate) => ({ candidate, steps: distance(name.toLowerCase(), candidate.toLowerCase()) }))
    .filter(({ steps }) => steps <= reach)
    .sort((a, b) => a.steps - b.steps);
  return near[0]?.candidate;
}

/** Levenshtein's distance with swaps: how many letters have to be put in, left out, changed or swapped with the next. */
function distance(a: string, b: string): number {
  let before: number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = at(row, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const swap = swapped ? at(before, j - 2) + 1 : change;
      next.push(Math.min(change, swap, at(row, j) + 1, at(next, j - 1) + 1));
    }
    [before, row] = [row, next];
  }
  return at(row, b.length);
}

function at(row: readonly number[], column: number): number {
  return row[column] ?? 0;
}
