import type { MatrixConfig } from '#bridges/matrix/config.ts';
import { type Homeserver, openHomeserver } from '#bridges/matrix/homeserver/homeserver.ts';
import { objectOf, textOf } from '#bridges/matrix/wire/event.ts';
import { isServerName } from '#bridges/matrix/wire/ids.ts';
import type { Host } from '#src/bridge.ts';
import { Failure } from '#src/model/failure.ts';
import { accountTexts as texts } from './texts.ts';

/** A homeserver at which people log in: who named it, and where its API is. */
export type FoundHomeserver = {
  readonly url: string;
  readonly namedBy: 'operator' | 'account';
  /** A client that has no token yet, or this one. */
  open(token?: string): Homeserver;
};

/** Who named the host behind a login's address. */
export const namedBy = ({ homeserver }: MatrixConfig, url: string): 'operator' | 'account' =>
  url === homeserver.url ? 'operator' : 'account';

/** Finds where a server's API is (§3.1). Rejects with a `Failure` for servers that the operator does not permit. */
export async function findHomeserver(config: MatrixConfig, host: Host, name: string): Promise<FoundHomeserver> {
  const { homeserver, accounts } = config;
  const found = (url: string): FoundHomeserver => ({
    url,
    namedBy: namedBy(config, url),
    open: (token = '') =>
      openHomeserver({
        ...{ host, url, namedBy: namedBy(config, url), timeout: homeserver.timeout, tries: 1 },
        token: () => token,
      }),
  });
  const isOwn = name === homeserver.name;
  if (!accounts.some((one) => one === '*' || one === name || (one === 'local' && isOwn)))
    throw new Failure('not-allowed', { text: texts.otherServer });
  if (isOwn) return found(homeserver.url);
  if (!isServerName(name)) throw new Failure('not-acceptable');
  const response = await host.fetch(`https://${name}/.well-known/matrix/client`, { signal: host.signal });
  const known = response.ok ? objectOf(await response.json().catch(() => undefined)) : {};
  const base = textOf(objectOf(known['m.homeserver']).base_url) ?? `https://${name}`;
  // A password is never sent in the clear (SECURITY rule 7).
  if (!/^https:\/\//i.test(base)) throw new Failure('remote-server-not-found');
  return found(base.replace(/\/+$/, ''));
}
