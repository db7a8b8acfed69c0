import type { RawHeader } from '#bridges/email/wire/header-block.ts';

/** What one method found, as an Authentication-Results header tells it (RFC 8601 §2.2): `smtp.mailfrom` and the like are `properties`. */
export type MethodResult = {
  readonly method: string;
  readonly result: string;
  readonly properties: ReadonlyMap<string, string>;
};

/**
 * What our own mail server says of a method, which it says of every mail: the first of its headers that does counts, above the Received
 * of the server before it. All below came with the mail, whoever it says to be of (§5).
 */
export function trustedResults(
  headers: readonly RawHeader[],
  trusted: readonly string[],
  method: string,
): MethodResult[] {
  const received = headers.flatMap(({ name }, at) => (name === 'received' ? [at] : []));
  const ids = new Set(trusted.map((id) => id.toLowerCase()));
  if (received.length === 0) return [];
  const [, ...statements] =
    headers
      .slice(0, received[1])
      .filter(({ name, value }) => name === 'authentication-results' && value.toLowerCase().includes(method))
      .map(({ value }) => statementsOf(value))
      .find(([id = '']) => ids.has(id.trim().split(/\s/, 1)[0]?.toLowerCase() ?? '')) ?? [];
  return statements.map(resultOf).filter((found) => found?.method === method) as MethodResult[];
}

const DEEPEST_COMMENT = 10;
/** Longer ones say nothing: no server writes them, and what is cut could say something else. */
const LONGEST_RESULTS = 4096;

/** The id and the statements of a header, without comments (RFC 5322 §3.2.2). The id alone where it cannot be told what is a comment. */
function statementsOf(value: string): string[] {
  if (value.length > LONGEST_RESULTS) return value.slice(0, LONGEST_RESULTS).split(';', 1);
  // A quoted word that could be read as more than a word is none that we need.
  let text = value.replace(/"((?:[^"\\]|\\.)*)"/g, (_, word: string) => (/^[^\s;=()\\]*$/.test(word) ? word : '?'));
  for (let depth = 0; depth < DEEPEST_COMMENT && text.includes('('); depth++) text = text.replace(/\([^()]*\)/g, ' ');
  const statements = text.split(';');
  return /["()]/.test(text) ? statements.slice(0, 1) : statements;
}

function resultOf(statement: string): MethodResult | undefined {
  const words = statement
    .replace(/\s*=\s*/g, '=')
    .trim()
    .toLowerCase()
    .split(/\s+/);
  const [, method, result] = /^([a-z0-9-]+)(?:\/\d+)?=([a-z]+)$/.exec(words[0] ?? '') ?? [];
  if (method === undefined || result === undefined) return undefined;
  const properties = words.slice(1).flatMap((word): [string, string][] => {
    const equals = word.indexOf('=');
    return equals > 0 ? [[word.slice(0, equals), word.slice(equals + 1)]] : [];
  });
  // What is told twice is told by nobody whom we could believe.
  const twice = properties.some(([name], at) => properties.findIndex(([other]) => other === name) < at);
  return twice ? undefined : { method, result, properties: new Map(properties) };
}
