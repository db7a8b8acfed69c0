import { overrideSchema } from '#mappings/overrides.ts';
import type { BridgeDefinition } from '#src/bridge.ts';
import type { Transport } from '#src/core/index.ts';
import { bridgeKinds, findBridge } from '#src/load.ts';
import { isHostName } from './fields.ts';
import { check, closest, unknownKey } from './findings.ts';
import { transportBase } from './schema.ts';
import type { Finding, Path } from './source.ts';
import { keysAt } from './tree.ts';

/** What the operator wrote of one transport. */
export type TransportConfig = Pick<
  Transport,
  'domain' | 'kind' | 'definition' | 'secret' | 'persistent' | 'history' | 'receipts' | 'settings' | 'overrides'
>;

type Outcome = { transport?: TransportConfig; findings: Finding[] };

/** Checks the entries below `transports:`, each against its own bridge's schema. */
export async function checkTransports(value: unknown): Promise<{ transports: TransportConfig[]; findings: Finding[] }> {
  const outcomes = await Promise.all(
    Object.entries(isMapping(value) ? value : {}).map(([domain, entry]) => checkTransport(domain, entry)),
  );
  return {
    transports: outcomes.flatMap(({ transport }) => transport ?? []),
    findings: outcomes.flatMap(({ findings }) => findings),
  };
}

async function checkTransport(domain: string, entry: unknown): Promise<Outcome> {
  const path = ['transports', domain];
  const findings = domainFindings(domain, path);
  if (!isMapping(entry)) {
    return {
      findings: [
        ...findings,
        { path, text: 'must be a mapping with "bridge", "secret" and the settings of the bridge' },
      ],
    };
  }
  const { bridge: kind, secret, history, receipts, persistent, mapping, ...own } = entry;
  const base = check(transportBase, { bridge: kind, secret, history, receipts, persistent }, path);
  const definition = typeof kind === 'string' ? await findBridge(kind) : undefined;
  if (!definition) {
    const unknown = typeof kind === 'string' ? [{ path: [...path, 'bridge'], text: await unknownBridge(kind) }] : [];
    return { findings: [...findings, ...('findings' in base ? base.findings : []), ...unknown] };
  }
  const settings = check(definition.config, own, path);
  const overrides = check(overrideSchema(definition.mapping), mapping ?? {}, [...path, 'mapping']);
  if ('value' in base && 'value' in settings && 'value' in overrides && findings.length === 0) {
    const transport = {
      domain,
      kind: definition.kind,
      definition,
      secret: base.value.secret,
      history: base.value.history,
      receipts: base.value.receipts,
      persistent: base.value.persistent,
      settings: settings.value,
      overrides: overrides.value,
    };
    return { transport, findings };
  }
  if ('findings' in base) findings.push(...base.findings);
  if ('findings' in overrides) findings.push(...overrides.findings);
  if ('findings' in settings) findings.push(...settings.findings.map((found) => withBaseKeys(found, path, definition)));
  return { findings };
}

/** A mistyped `secret` lands among the bridge's own keys: the suggestion has to know both. */
function withBaseKeys(found: Finding, path: Path, definition: BridgeDefinition): Finding {
  const key = found.path.length === path.length + 1 ? String(found.path.at(-1)) : undefined;
  const own = keysAt(definition.config, []);
  if (key === undefined || own.includes(key) || !found.text.startsWith('is not a known key')) return found;
  return { ...found, text: unknownKey(key, [...keysAt(transportBase, []), 'mapping', ...own]) };
}

function domainFindings(domain: string, path: Path): Finding[] {
  if (isHostName(domain) && domain === domain.toLowerCase()) return [];
  return [{ path, text: 'must be a host name in lower case, such as irc.example.org' }];
}

async function unknownBridge(kind: string): Promise<string> {
  const kinds = await bridgeKinds();
  const close = closest(kind, kinds);
  const name = kind.length > 64 ? 'of this name' : JSON.stringify(kind);
  return close
    ? `there is no bridge ${name}; did you mean "${close}"?`
    : `there is no bridge ${name}; there are: ${kinds.join(', ')}`;
}

function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
