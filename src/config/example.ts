import { stringify } from 'yaml';
import { z } from 'zod';
import { overrideSchema } from '#mappings/overrides.ts';
import type { BridgeDefinition } from '#src/bridge.ts';
import { house, transportBase } from './schema.ts';
import { fieldsOf, leafOf } from './tree.ts';

const WIDTH = 120;
const NOTE_COLUMN = 40;

const HEADER = `# Isthmus: an example configuration. Every key that there is stands here; what is commented out may be left out.
# Durations are written as 90s, 5m, 2h or 30d, sizes as 256KiB or 50MB. A secret is { env: NAME }, { file: PATH } or text in quotes.
# A path that does not begin with / is taken from the folder in which a command is started.
# "isthmus check-config --config FILE" tells what is wrong with a file.
`;

/** A key with its value, and a remark that stands behind it, or above where there is no room. */
type Row = { readonly left: string; readonly note: string | undefined };
type Values = Readonly<Record<string, unknown>>;

/** Renders the example file from the schemas: descriptions as comments, defaults and examples as values. */
export function renderExample(definitions: readonly BridgeDefinition[]): string {
  const sections = fieldsOf(house).filter(([key]) => key !== 'transports');
  const blocks = sections.map(([key, schema]) => section(key, schema));
  return `${[HEADER.trimEnd(), ...blocks, transports(definitions)].join('\n\n')}\n`;
}

function section(key: string, schema: z.ZodType): string {
  const leaf = leafOf(schema);
  const head = comment(leaf.description ?? '', '');
  const [first, ...rest] = fieldRows([key, schema], {}, '');
  const rows = first ? [{ ...first, note: undefined }, ...rest] : [];
  const body = lay(rows).map((line) => (leaf.aside ? `# ${line}` : line));
  return [...head, ...body].join('\n');
}

function transports(definitions: readonly BridgeDefinition[]): string {
  const [, schema] = fieldsOf(house).find(([key]) => key === 'transports') ?? [];
  const head = comment((schema && leafOf(schema).description) ?? '', '');
  const entries = definitions.map((definition) => lay(transportRows(definition)).join('\n'));
  return [...head, 'transports:', entries.join('\n\n')].join('\n');
}

function transportRows({ kind, title, config, mapping }: BridgeDefinition): Row[] {
  const values = { bridge: kind, secret: { env: `ISTHMUS_${kind.toUpperCase()}_SECRET` } };
  const choices = overrideSchema(mapping).describe(
    'What becomes of what the network does not carry (docs/features.md)',
  );
  const fields = [...fieldsOf(transportBase), ...fieldsOf(leafOf(config).core), ['mapping', choices] as const];
  return [
    { left: `  ${kind}.example.org:`, note: title },
    ...fields.flatMap((field) => fieldRows(field, values, '    ')),
  ];
}

/** A field and what is inside it. `values` says more than the schema's own examples do. */
function fieldRows([key, schema]: readonly [string, z.ZodType], values: Values, indent: string): Row[] {
  const { core, description, example, fallback, aside } = leafOf(schema);
  const shown = values[key] ?? example ?? fallback;
  const note = description || undefined;
  // What may be left out and means nothing when it is empty stands there by its name.
  const empty = shown === undefined && aside && indent !== '' && !core.safeParse({}).success;
  if (core instanceof z.ZodObject && !empty)
    return [{ left: `${indent}${key}:`, note }, ...objectRows(core, shown, indent)];
  if (core instanceof z.ZodRecord && isFull(shown))
    return [{ left: `${indent}${key}:`, note }, ...recordRows(core, shown, indent)];
  const outside = values[key] === undefined && (aside || shown === undefined);
  return [{ left: `${indent}${outside ? '# ' : ''}${key}:${shown === undefined ? '' : ` ${inline(shown)}`}`, note }];
}

function objectRows(core: z.ZodType, shown: unknown, indent: string): Row[] {
  return fieldsOf(core).flatMap((field) => fieldRows(field, isFull(shown) ? shown : {}, `${indent}  `));
}

function recordRows(core: z.ZodRecord, shown: Values, indent: string): Row[] {
  const entry = leafOf(core.def.valueType as z.ZodType).core;
  return Object.entries(shown).flatMap(([name, value]) => {
    const key = `${indent}  ${inline(name)}:`;
    if (!(entry instanceof z.ZodObject)) return [{ left: `${key} ${inline(value)}`, note: undefined }];
    return [{ left: key, note: undefined }, ...objectRows(entry, value, `${indent}  `)];
  });
}

function isFull(value: unknown): value is Values {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && Object.keys(value).length > 0;
}

function inline(value: unknown): string {
  return stringify(value, {
    collectionStyle: 'flow',
    flowCollectionPadding: !Array.isArray(value),
    lineWidth: 0,
  }).trim();
}

/** Remarks stand in one column; one that would leave the page goes above its key. */
function lay(rows: readonly Row[]): string[] {
  return rows.flatMap(({ left, note }) => {
    if (!note) return [left];
    const line = `${left.padEnd(NOTE_COLUMN)}  # ${note}`;
    return line.length <= WIDTH ? [line] : [...comment(note, /^ */.exec(left)?.[0] ?? ''), left];
  });
}

function comment(text: string, indent: string): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ').filter((part) => part !== '')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + word.length < WIDTH) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(`${indent}# ${word}`);
  }
  return lines;
}
