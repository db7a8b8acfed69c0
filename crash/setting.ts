/** The names that the laboratory's gateway is configured with. */
export const USERS = 'a.example';
/** The domain of users of another server. */
export const FAR = 'far.example';
export const SECRET = 's3cret';

/** What the ids of receipts that clients give begin with. */
export const RECEIPT = 'receipt-';

/** What a gateway of the laboratory is started with, as JSON in a file. */
export type Setting = {
  /** A folder of its own: the key, and the store where that is SQLite. */
  readonly dir: string;
  readonly store: string;
  readonly xmppPort: number;
  readonly network: NetworkSetting;
  /** Wrong on purpose, in a way that its network's books must notice. */
  readonly hasty?: boolean;
  /** How long a message is tried, such as `60s`. */
  readonly expiry?: string;
  /** Some users are of another server. */
  readonly far?: boolean;
};

/** Where the network is, and what its gateway has to know of it. */
export type NetworkSetting =
  | { readonly kind: 'pigeon'; readonly port: number }
  /** Where the homeserver is, its name, and the port of the public listener, where its transactions come in. */
  | { readonly kind: 'matrix'; readonly url: string; readonly name: string; readonly port: number }
  /** Where mail goes, where it comes in, who is asked for names, and where users' own mailboxes are: ports of 127.0.0.1. */
  | {
      readonly kind: 'email';
      readonly smtp: number;
      readonly lmtp: number;
      readonly dns: number;
      readonly mailboxes?: Readonly<Record<string, number>>;
    }
  | {
      readonly kind: 'sms';
      readonly api: string;
      /** Of the public listener, where the provider's requests come in. */
      readonly port: number;
      /** Our numbers, each with the user whose own it is. */
      readonly owners: Readonly<Record<string, string>>;
      /** How long one request may take, how long an unclear one may go on, and how often the provider is asked, in ms. */
      readonly timeout: number;
      readonly unclear: number;
      readonly poll: number;
      /** How far the time of day is ahead of the machine's when the gateway starts, and by how much SIGUSR2 moves it, in ms. */
      readonly ahead: number;
      readonly step: number;
    };
