import type { IrcConfig } from '#bridges/irc/config.ts';
import type { Server } from '#bridges/irc/servers.ts';
import type { RealmSettings } from '#bridges/irc/settings.ts';
import { userName } from '#bridges/irc/wire/names.ts';
import type { Credentials, SessionKey } from '#src/bridge.ts';
import { splitAccount } from '#src/model/ids.ts';
import { Sealed } from '#src/model/sealed.ts';
import { certificateIn, clientCertificate } from './client-certificate.ts';
import type { ServicesAccount } from './sasl-mechanisms.ts';
import { loginOf } from './services.ts';

/** As whom a connection registers (RFC 2812 §3.1): PASS, NICK and USER. */
export type ConnectionIdentity = {
  readonly nick: string | undefined;
  readonly username: string;
  readonly realname: string;
  readonly pass: Sealed | undefined;
  /** The line that says where they come from. */
  readonly webirc?: Sealed | undefined;
};

/** What the user has set comes before what the gateway makes up; `nick` is the one that was asked for. Pure. */
export function identityOf(
  { account }: SessionKey,
  set: RealmSettings,
  { config, nick }: { readonly config: IrcConfig; readonly nick: string | undefined },
): ConnectionIdentity {
  const { user } = splitAccount(account);
  const realname = config.realname_from_jid ? user : config.realname;
  // What every ircd takes: some refuse dots, or what begins with no letter or digit (ircd-hybrid, charybdis).
  const username = set.username
    .replace(/[^A-Za-z0-9_-]/g, '_')
    .replace(/^[_-]+/, '')
    .slice(0, 10);
  return {
    nick: set.nick || nick,
    username: username || userName(user),
    realname: set.realname || (config.contact === undefined ? realname : `${realname} (${config.contact})`),
    pass: set.pass,
  };
}

/** The account with services among the settings: it is called as the nick where nothing else is said. */
function loginIn({ sasl_username, sasl_password, nick }: RealmSettings): ServicesAccount['login'] {
  const username = sasl_username || nick;
  return sasl_password && username !== '' ? { username: new Sealed(username), password: sasl_password } : undefined;
}

/**
 * The account with services that somebody logs in with: what they have registered, else what they have set, else what the
 * operator has for all. Rejects with a `Failure` for a certificate that is none.
 */
export async function accountFor(
  credentials: Credentials | undefined,
  set: RealmSettings,
  server: Server,
): Promise<ServicesAccount | undefined> {
  const login = loginOf(credentials) ?? loginIn(set);
  const own = set.sasl_certificate !== '' || set.sasl_key !== undefined;
  // The operator's is for those who have nothing of their own.
  const file = login || server.certificate === undefined ? undefined : certificateIn(server.certificate);
  const certificate = own ? clientCertificate(set.sasl_certificate, set.sasl_key?.open() ?? '') : await file;
  return login || certificate ? { ...(login && { login }), ...(certificate && { certificate }) } : undefined;
}
