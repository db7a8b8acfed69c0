import { memo } from '#src/lib/memo.ts';

const shared = memo(
  50,
  (written): ReadonlyMap<string, string> => new Map(JSON.parse(written) as (readonly [string, string])[]),
);

/** Capabilities with their values. Most connections to a server have the same, and share them. */
export const capabilities = (known: Iterable<readonly [string, string]>): ReadonlyMap<string, string> =>
  shared(JSON.stringify([...known].sort()));
