import pg from 'pg';
import type { Result, Row, StoreQuery, UnitFailure, Value } from '#src/store/unit.ts';

/** Milliseconds until the server counts as gone: while connecting, and while it should answer a statement. */
export const CONNECT_LIMIT = 10_000;
export const ANSWER_LIMIT = 30_000;

const INT8 = 20;
const BYTEA = 17;
const MOST_PREPARED = 500;

/** int8 arrives as a number and bytea as a plain Uint8Array, as from SQLite. */
export const types: pg.CustomTypesConfig = {
  getTypeParser: ((oid: number, format?: 'text' | 'binary') => {
    if (oid === INT8) return Number;
    if (oid === BYTEA) return (hex: string) => new Uint8Array(Buffer.from(hex.slice(2), 'hex'));
    return pg.types.getTypeParser(oid, format);
  }) as typeof pg.types.getTypeParser,
};

type Prepared = { readonly text: string; readonly name?: string };
const prepared = new Map<string, Prepared>();

/** The statement in PostgreSQL's words, with a name for the first few hundred so that the server parses them once. */
function inPostgres(sql: string): Prepared {
  const known = prepared.get(sql);
  if (known) return known;
  const text = numbered(sql);
  if (prepared.size >= MOST_PREPARED) return { text };
  const entry = { text, name: `s${prepared.size}` };
  prepared.set(sql, entry);
  return entry;
}

/** `?` becomes `$1`, `$2`, ... except inside of quotes. */
export function numbered(sql: string): string {
  let count = 0;
  return sql.replace(/'[^']*'|"[^"]*"|\?/g, (found) => (found === '?' ? `$${++count}` : found));
}

type Asker = { query(config: pg.QueryConfig): Promise<pg.QueryResult<Row>> };

/** Runs one statement. */
export async function ask(client: Asker, { sql, params }: StoreQuery<unknown>): Promise<Result> {
  const values: Value[] = params.map((value) => (value instanceof Uint8Array ? Buffer.from(value) : value));
  const { rows, rowCount } = await client.query({ ...inPostgres(sql), values });
  return { rows, changed: rowCount ?? 0 };
}

/** Classes of SQLSTATE that speak about a statement; all else is about the connection or the server. */
const OF_A_STATEMENT = /^(?:0A|21|22|23|25006|25P02|26|42|44|54)/;

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';

/** What a failed statement means for its unit, or for everything. The server's `detail` holds values: it is left out. */
export function noteOf(error: unknown, index: number): UnitFailure {
  const code = codeOf(error);
  const reason = error instanceof Error ? error.message : String(error);
  if (!OF_A_STATEMENT.test(code)) return { kind: 'unavailable', reason, certain: true };
  // A message of class 22 quotes the value that was refused.
  return code.startsWith('22')
    ? { kind: 'statement', index, reason: `a value was refused (SQLSTATE ${code})`, constraint: true }
    : { kind: 'statement', index, reason, constraint: code.startsWith('23') };
}
