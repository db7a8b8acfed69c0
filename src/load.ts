import { readdir } from 'node:fs/promises';
import type { BridgeDefinition } from '#src/bridge.ts';

/** The folder beside `src`, in a checkout as in the built package. */
const BRIDGES = new URL('../bridges/', import.meta.url);

/** The kinds of bridges that there are: the folders of `bridges/` that hold an index. */
export async function bridgeKinds(): Promise<readonly string[]> {
  const entries = await readdir(BRIDGES, { recursive: true });
  const kinds = entries.map((entry) => /^([a-z][a-z0-9]*)[\\/]index\.(?:ts|js)$/.exec(entry)?.[1]);
  return kinds.filter((kind) => kind !== undefined).sort();
}

/** Loads a bridge by its kind; undefined where there is none. Each `bridges/<kind>/index.ts` exports it as `bridge`. */
export async function findBridge(kind: string): Promise<BridgeDefinition | undefined> {
  if (!(await bridgeKinds()).includes(kind)) return undefined;
  const { bridge }: { bridge?: BridgeDefinition } = await import(`#bridges/${kind}/index.ts`);
  if (bridge?.kind !== kind) throw new Error(`bridges/${kind} does not export a bridge of its name`);
  return bridge;
}
