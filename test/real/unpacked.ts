import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Servers that Debian does not have, not as new or not beside others, which `npm run test:real` puts side by side, each into a folder. */
export type Unpacked = 'prosody13' | 'ejabberd24' | 'hybrid' | 'irc2' | 'synapse';

const folders = fileURLToPath(new URL('../../.servers/', import.meta.url));

/** The root of a server's files, as its packages have them. It need not exist. */
export const rootOf = (name: Unpacked): string => `${folders}${name}`;

/** Why the server cannot be started here, in one sentence; undefined when it can. */
export const notUnpacked = (name: Unpacked): string | undefined =>
  existsSync(name === 'synapse' ? `${rootOf(name)}/installed.txt` : rootOf(name))
    ? undefined
    : `${name} is not unpacked (npm run test:real)`;
