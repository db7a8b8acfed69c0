import type { Config } from '#src/config.ts';
import { packageVersion } from '#src/process/version.ts';
import type { Service } from '#src/xmpp/xep/extension.ts';

/** What the config says of the gateway to whoever asks. */
export function serviceOf({ about = {}, admins, limits, media }: Config): Service {
  const { outages = [], terms, ...contacts } = about;
  return {
    version: packageVersion(),
    contacts: { admin: admins.map((jid) => `xmpp:${jid}`), ...withoutBlank(contacts) },
    outages,
    terms,
    keeps: { messages: limits.journal_kept, files: media?.retention ?? 0 },
  };
}

const withoutBlank = (
  all: Readonly<Record<string, readonly string[] | undefined>>,
): Record<string, readonly string[]> =>
  Object.fromEntries(Object.entries(all).flatMap(([role, uris]) => (uris ? [[role, uris]] : [])));
