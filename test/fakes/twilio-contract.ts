import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

const field = z.strictObject({
  type: z.enum(['string', 'integer', 'object']),
  nullable: z.boolean().default(false),
  pattern: z.string().optional(),
  format: z.literal('date-time-rfc-2822').optional(),
  enum: z.array(z.string()).optional(),
});
type Field = z.infer<typeof field>;

const operation = z.strictObject({
  method: z.enum(['GET', 'POST']),
  path: z.string(),
  query: z.array(z.string()).default([]),
  form: z.array(z.string()).default([]),
  required: z.array(z.string()).default([]),
  /** Fields that may be there several times. */
  several: z.array(z.string()).default([]),
  status: z.number(),
  answer: z.enum(['message', 'media']),
  /** Where the answer is a page, under which name its entries are. */
  list: z.string().optional(),
});
export type Operation = z.infer<typeof operation>;

/**
 * The facts of Twilio's own description that the fake has to keep to; `source` says where they are from. They were
 * taken over by hand: the file is made anew when the description changes.
 */
export const contract = z
  .strictObject({
    source: z.string(),
    operations: z.array(operation),
    schemas: z.record(z.enum(['message', 'media', 'page']), z.record(z.string(), field)),
  })
  .parse(JSON.parse(readFileSync(join(import.meta.dirname, 'twilio-contract.json'), 'utf8')));

/** The operation of a request, if it is a described one. */
export const operationOf = (method: string, path: string): Operation | undefined =>
  contract.operations.find((one) => {
    const pattern = one.path.replaceAll('.', '\\.').replace(/\{\w+\}/g, '[^/]+?');
    return one.method === method && new RegExp(`^${pattern}$`).test(path);
  });

/** What is wrong with the names in a request: unknown ones, doubled ones, missing ones. */
export function strayNames(
  { query, form, required, several }: Operation,
  asked: { readonly url: URL; readonly body: URLSearchParams },
): string[] {
  const [inUrl, inBody] = [[...asked.url.searchParams.keys()], [...asked.body.keys()]];
  return [
    ...inUrl.filter((name) => !query.includes(name)),
    ...inBody.filter((name) => !form.includes(name)),
    ...inBody.filter((name, index) => !several.includes(name) && inBody.indexOf(name) !== index),
    ...required.filter((name) => !inBody.includes(name)),
  ];
}

/** What of an answer is not as it is described, as `NAME: VALUE`. A field that is missing counts as much as one too many. */
export function strayFields(kind: keyof typeof contract.schemas, value: object): string[] {
  const fields: Readonly<Record<string, Field>> = contract.schemas[kind];
  const names = new Set([...Object.keys(fields), ...Object.keys(value)]);
  return [...names].flatMap((name) => {
    const known = fields[name];
    const found: unknown = Object.entries(value).find(([key]) => key === name)?.[1];
    return known && fits(known, found) ? [] : [`${name}: ${JSON.stringify(found)}`];
  });
}

function fits({ type, nullable, pattern, format, enum: words }: Field, value: unknown): boolean {
  if (value === null) return nullable;
  if (type === 'integer') return Number.isSafeInteger(value);
  if (type === 'object') return typeof value === 'object';
  if (typeof value !== 'string') return false;
  if (words && !words.includes(value)) return false;
  if (format === 'date-time-rfc-2822' && !/^\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d \+0000$/.test(value)) return false;
  return pattern === undefined || new RegExp(pattern).test(value);
}
