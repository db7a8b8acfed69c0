import {
  type CompiledQuery,
  DummyDriver,
  Kysely,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from 'kysely';
import type { Schema } from './schema.ts';
import type { Statement, StoreQuery, Value } from './unit.ts';

export type Db = Kysely<Schema>;
type Args = Readonly<Record<string, Value>>;
type Compilable<R> = { compile(): CompiledQuery<R> };

/** Builds and types statements, connected to nothing. Its SQL is that which both engines read. */
export const db: Db = new Kysely<Schema>({
  dialect: {
    createAdapter: () => new SqliteAdapter(),
    createDriver: () => new DummyDriver(),
    createIntrospector: (kysely) => new SqliteIntrospector(kysely),
    createQueryCompiler: () => new SqliteQueryCompiler(),
  },
});

/** Stands in a compiled query for the argument that each call brings. */
class Hole {
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }
}

type Compiled = { readonly sql: string; bind(args: Args): Value[] };

/** Compiles at the first call (11.5 µs), later calls only fill in the arguments. */
function fixed<A extends Args, R>(build: (db: Db, args: A) => Compilable<R>): () => Compiled {
  let compiled: Compiled | undefined;
  const compile = (): Compiled => {
    const holes = new Proxy({}, { get: (_, name) => new Hole(String(name)) }) as A;
    const { sql, parameters } = build(db, holes).compile();
    return {
      sql,
      bind: (args) => parameters.map((each) => (each instanceof Hole ? argument(args, each) : (each as Value))),
    };
  };
  return () => (compiled ??= compile());
}

const argument = (args: Args, { name }: Hole): Value => given(args, name);

function given(args: Args, name: string): Value {
  const value = args[name];
  if (value === undefined) throw new TypeError(`the statement misses its argument ${name}`);
  return value;
}

/** A query that is compiled once: `build` sees each argument as if it were there. */
export function reading<A extends Args, R>(build: (db: Db, args: A) => Compilable<R>): (args: A) => StoreQuery<R> {
  const compiled = fixed(build);
  return (args) => ({ sql: compiled().sql, params: compiled().bind(args) });
}

/** A changing statement that is compiled once, with the number of rows that it must change. */
export function writing<A extends Args>(
  build: (db: Db, args: A) => Compilable<unknown>,
  expect: number | 'any' = 'any',
): (args: A) => Statement {
  const compiled = fixed(build);
  return (args) => ({ sql: compiled().sql, params: compiled().bind(args), expect });
}

/** A function of its own, for V8 throws away what it makes of a loop within a loop each time that ends. */
function put(params: Value[], row: Args, columns: readonly string[]): void {
  for (const name of columns) params.push(given(row, name));
}

/** How many rows one insert takes. Few sizes, so that few statements are compiled and kept; a message has two links. */
const SIZES = [100, 10, 2, 1] as const;

/**
 * Inserts of many rows by few statements, each compiled once. `build` sees rows of the given columns as if they were
 * there, and has to insert all of them in that order.
 */
export function writingRows<Row extends Args>(
  columns: readonly (keyof Row & string)[],
  build: (db: Db, rows: readonly Row[]) => Compilable<unknown>,
): (rows: readonly Row[]) => Statement[] {
  const sqlOf = new Map<number, string>();
  const compile = (size: number): string => {
    const holes = Array.from({ length: size }, () =>
      Object.fromEntries(columns.map((name) => [name, new Hole(name) as unknown])),
    ) as Row[];
    const { sql, parameters } = build(db, holes).compile();
    const ordered =
      parameters.length === size * columns.length &&
      parameters.every((each, index) => each instanceof Hole && each.name === columns[index % columns.length]);
    if (!ordered) throw new TypeError('an insert of rows takes its columns in another order than they were named');
    sqlOf.set(size, sql);
    return sql;
  };
  return (rows) => {
    const statements: Statement[] = [];
    let done = 0;
    for (const size of SIZES) {
      for (; rows.length - done >= size; done += size) {
        const params: Value[] = [];
        for (const row of rows.slice(done, done + size)) put(params, row, columns);
        statements.push({ sql: sqlOf.get(size) ?? compile(size), params, expect: 'any' });
      }
    }
    return statements;
  };
}

/** Reads typed rows from the store that the nouns belong to. */
export type Read = <R>(query: StoreQuery<R>) => Promise<readonly R[]>;
