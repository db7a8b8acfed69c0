/** The names that the laboratory's gateway is configured with. */
export const DOMAIN = 'pigeon.example';
export const USERS = 'a.example';
export const SECRET = 's3cret';

/** What a gateway of the laboratory is started with, as JSON in a file. */
export type Setting = {
  /** A folder of its own: the key, and the store where that is SQLite. */
  readonly dir: string;
  readonly store: string;
  readonly xmppPort: number;
  readonly loftPort: number;
  /** Wrong on purpose: the network is acknowledged before the commit. */
  readonly hasty?: boolean;
  /** How long a message is tried, such as `60s`. */
  readonly expiry?: string;
};
