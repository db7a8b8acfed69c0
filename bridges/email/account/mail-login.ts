import { randomUUID } from 'node:crypto';
import type { EmailConfig } from '#bridges/email/config.ts';
import type { ImapServer } from '#bridges/email/in/imap-line.ts';
import type { Credentials } from '#src/bridge.ts';
import type { OauthTokens } from '#src/lib/http/oauth.ts';
import { Failure } from '#src/model/failure.ts';
import { Sealed } from '#src/model/sealed.ts';
import type { MailServers } from './providers.ts';
import { operatorProvider, readServer } from './servers.ts';

/** What a mailbox of a user is read and written by. */
export type MailLogin = {
  readonly address: string;
  /** What its servers know its owner by. */
  readonly user: string;
  /** Which link this is: what was kept for an earlier one says nothing of it. */
  readonly link: string;
  readonly secret: { readonly password: string } | OauthTokens;
  /** What its user has named; where the operator has named the servers these are those. */
  readonly imap: string;
  readonly submission: string;
};

export const newLink = (): string => randomUUID();

const seal = (value: string): Sealed => new Sealed(value);

export function credentialsOf({ secret, ...login }: MailLogin): Credentials {
  const secrets =
    'password' in secret
      ? { password: seal(secret.password) }
      : {
          token: seal(secret.token),
          ...(secret.refresh !== undefined && { refresh: seal(secret.refresh) }),
          ...(secret.expires !== undefined && { expires: seal(String(secret.expires)) }),
        };
  const plain = Object.entries(login).map(([name, value]) => [name, seal(value)] as const);
  return { ...Object.fromEntries(plain), ...secrets };
}

/** Reads it. Throws `Failure('not-registered')` for what is none. */
export function loginOf(credentials: Credentials | undefined): MailLogin {
  const value = (name: string): string | undefined => credentials?.[name]?.open();
  const [address, user, link, imap = '', submission = ''] = ['address', 'user', 'link', 'imap', 'submission'].map(
    value,
  );
  const [password, token, refresh, expires] = ['password', 'token', 'refresh', 'expires'].map(value);
  if (address === undefined || user === undefined || link === undefined) throw new Failure('not-registered');
  const rest = { address, user, link, imap, submission };
  if (password !== undefined) return { ...rest, secret: { password } };
  if (token === undefined) throw new Failure('not-registered');
  const tokens = {
    token,
    ...(refresh !== undefined && { refresh }),
    ...(expires !== undefined && { expires: Number(expires) }),
  };
  return { ...rest, secret: tokens };
}

/** Where a mailbox is: at the operator's servers for its domain, as they are now, or at those that its user has named, always by TLS. */
export function serversOf(config: EmailConfig, { address, imap, submission }: Omit<MailLogin, 'secret'>): MailServers {
  const provider = operatorProvider(config, address);
  if (provider) return provider;
  return { imap: readServer('imap', imap), submission: readServer('submission', submission) };
}

export const written = ({ host, port }: ImapServer): string => `${host.includes(':') ? `[${host}]` : host}:${port}`;
