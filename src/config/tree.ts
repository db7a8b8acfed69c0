import { z } from 'zod';

/** What a schema says of itself once optional, default and transforming layers are taken off. */
export type Leaf = {
  /** The object, record, list, union or scalar inside. */
  readonly core: z.ZodType;
  readonly description: string | undefined;
  /** What to write into an example file. */
  readonly example: unknown;
  /** As it would be written in the file; undefined where there is none. */
  readonly fallback: unknown;
  /** Whether an example file shows it commented out: optional, or marked so by `meta({ aside: true })`. */
  readonly aside: boolean;
};

/** Takes the layers off a schema, from the outermost to the innermost. */
export function leafOf(schema: z.ZodType): Leaf {
  let core = schema;
  let leaf: Omit<Leaf, 'core'> = { description: undefined, example: undefined, fallback: undefined, aside: false };
  for (;;) {
    const meta = core.meta();
    const [example] = Array.isArray(meta?.examples) ? meta.examples : [];
    leaf = {
      description: leaf.description ?? meta?.description,
      example: leaf.example ?? example,
      fallback: leaf.fallback ?? fallbackOf(core),
      aside: leaf.aside || core instanceof z.ZodOptional || meta?.aside === true,
    };
    const inner = innerOf(core);
    if (!inner) return { core, ...leaf };
    core = inner;
  }
}

function fallbackOf(schema: z.ZodType): unknown {
  if (schema instanceof z.ZodPrefault) return schema.def.defaultValue;
  // `default` gives what the schema yields, which is also how it is written unless the schema transforms.
  const plain = schema instanceof z.ZodDefault && !(schema.def.innerType instanceof z.ZodPipe);
  return plain ? schema.def.defaultValue : undefined;
}

function innerOf(schema: z.ZodType): z.ZodType | undefined {
  // A preprocessing step has the shape of the file behind it, every other transforming step before it.
  if (schema instanceof z.ZodPipe)
    return (schema.def.in instanceof z.ZodTransform ? schema.def.out : schema.def.in) as z.ZodType;
  const layered =
    schema instanceof z.ZodOptional ||
    schema instanceof z.ZodNullable ||
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodPrefault;
  return layered ? (schema.def.innerType as z.ZodType) : undefined;
}

/** The fields of an object schema, in the order in which they are declared. */
export function fieldsOf(core: z.ZodType): readonly (readonly [string, z.ZodType])[] {
  return core instanceof z.ZodObject ? Object.entries(core.def.shape as Record<string, z.ZodType>) : [];
}

/** The keys that may be written at a path; none where any key may be. */
export function keysAt(schema: z.ZodType, path: readonly PropertyKey[]): readonly string[] {
  const { core } = leafOf(schema);
  if (core instanceof z.ZodUnion) return core.def.options.flatMap((option) => keysAt(option as z.ZodType, path));
  const [part, ...rest] = path;
  if (part === undefined) return fieldsOf(core).map(([key]) => key);
  if (core instanceof z.ZodRecord) return keysAt(core.def.valueType as z.ZodType, rest);
  if (core instanceof z.ZodArray) return keysAt(core.def.element as z.ZodType, rest);
  const field = fieldsOf(core).find(([key]) => key === part);
  return field ? keysAt(field[1], rest) : [];
}
