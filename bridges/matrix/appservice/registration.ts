import type { MatrixConfig } from '#bridges/matrix/config.ts';
import { PROTOCOL } from './transactions.ts';

/** What the homeserver calls us, where nobody has changed it. */
export const registrationId = (domain: string): string => `isthmus ${domain}`;

/**
 * What the homeserver is told of us (application service API §2). `url` is where it reaches us; `domain` is the transport's.
 * Both names of the wish for what is no event are there: homeservers read one or the other.
 */
export function registration(
  { homeserver, appservice }: MatrixConfig,
  { domain, url }: { domain: string; url: string },
) {
  const server = homeserver.name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  const prefix = appservice.prefix.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return {
    id: registrationId(domain),
    url: appservice.url ?? `${url.replace(/\/+$/, '')}/hooks/${domain}`,
    as_token: appservice.as_token.open(),
    hs_token: appservice.hs_token.open(),
    sender_localpart: appservice.bot,
    namespaces: {
      users: [{ exclusive: true, regex: `@${prefix}.*:${server}` }],
      aliases: [],
      rooms: [],
    },
    protocols: [PROTOCOL],
    rate_limited: false,
    receive_ephemeral: true,
    'de.sorunome.msc2409.push_ephemeral': true,
  };
}
