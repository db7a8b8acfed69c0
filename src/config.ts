import { bridgeKinds } from '#src/load.ts';
import { check, unknownKey } from './config/findings.ts';
import { type ConfigFile, house } from './config/schema.ts';
import { type Finding, type Path, readSource } from './config/source.ts';
import { checkTransports, type TransportConfig } from './config/transports.ts';

export type { Listen } from './config/fields.ts';
export type { TransportConfig } from './config/transports.ts';

/** The config file once checked: durations are milliseconds, sizes are bytes, secrets are sealed. */
export type Config = Omit<ConfigFile, 'transports'> & { readonly transports: readonly TransportConfig[] };

/** Something wrong in a config file, with its line counted from 1. */
export type Problem = { readonly line: number; readonly path: Path; readonly text: string };

/** Reads and checks a config file and reports every problem at once. Rejects only for faults of our own. */
export async function loadConfig(file: string): Promise<{ config: Config } | { problems: Problem[] }> {
  const source = await readSource(file);
  const locate = located(source.line);
  if (!source.value) return { problems: source.findings.map(locate) };
  const value = withoutEmpty(source.value);
  const checked = check(house, value);
  const { transports, findings } = await checkTransports(value.transports);
  const found = [
    ...source.findings,
    ...('findings' in checked ? checked.findings.filter(({ path }) => !path.includes('__proto__')) : []),
    ...findings,
    ...('value' in checked ? await expiryFindings(checked.value.limits.expiry) : []),
    ...('value' in checked ? transports.flatMap((one) => needFindings(checked.value.http, one)) : []),
  ];
  if ('value' in checked && found.length === 0) return { config: { ...checked.value, transports } };
  return { problems: found.map(locate).sort((a, b) => a.line - b.line) };
}

/** What has a time to expire of its own: the XMPP side, and each kind of network. */
async function expiryFindings(expiry: Readonly<Record<string, number>>): Promise<Finding[]> {
  const known = ['xmpp', ...(await bridgeKinds())];
  return Object.keys(expiry)
    .filter((kind) => !known.includes(kind))
    .map((kind) => ({ path: ['limits', 'expiry', kind], text: unknownKey(kind, known) }));
}

/** What a network cannot reach us without. */
function needFindings(http: ConfigFile['http'], { domain, definition, settings }: TransportConfig): Finding[] {
  const need = definition.needs?.(settings);
  if (need === undefined) return [];
  const why = `transports.${domain} cannot be reached from its network without it`;
  if (!http) return [{ path: ['http'], text: `is missing: ${why}` }];
  if (need === 'listener' || http.public_url !== undefined) return [];
  return [{ path: ['http', 'public_url'], text: `is missing: ${why}` }];
}

/** A section whose lines are all comments has no value: the same as if it were not there. */
function withoutEmpty(value: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(value).filter(([, part]) => part !== null));
}

function located(line: (path: Path) => number): (found: Finding) => Problem {
  return (found) => ({ line: found.line ?? line(found.path), path: found.path, text: found.text });
}

/** One line for the operator: `FILE:LINE key.path: what is wrong`. */
export function renderProblem(file: string, problem: Problem): string {
  return `${file}:${problem.line} ${problem.path.map(renderPart).join('.')}: ${problem.text}`;
}

/** A key as it is, unless it could break the line or fill the screen. */
function renderPart(part: PropertyKey): string {
  const text = String(part);
  if (/^[^\s\p{Cc}\p{Cf}]{1,64}$/u.test(text)) return text;
  return text.length > 64 ? `${JSON.stringify(text.slice(0, 64))}...` : JSON.stringify(text);
}
