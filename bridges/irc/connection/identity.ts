import type { IrcConfig } from '#bridges/irc/config.ts';
import type { RealmSettings } from '#bridges/irc/settings.ts';
import { userName } from '#bridges/irc/wire/names.ts';
import type { SessionKey } from '#src/bridge.ts';
import { splitAccount } from '#src/model/ids.ts';
import { Sealed } from '#src/model/sealed.ts';
import type { ServicesAccount } from './sasl.ts';

/** As whom a connection registers (RFC 2812 §3.1): PASS, NICK and USER. */
export type ConnectionIdentity = {
  readonly nick: string | undefined;
  readonly username: string;
  readonly realname: string;
  readonly pass: Sealed | undefined;
};

/** What the user has set comes before what the gateway makes up; `nick` is the one that was asked for. Pure. */
export function identityOf(
  { account }: SessionKey,
  set: RealmSettings,
  { config, nick }: { readonly config: IrcConfig; readonly nick: string | undefined },
): ConnectionIdentity {
  const { user } = splitAccount(account);
  const username = set.username.replace(/[^A-Za-z0-9._-]/g, '_').slice(0, 10);
  return {
    nick: set.nick || nick,
    username: username || userName(user),
    realname: set.realname || (config.realname_from_jid ? user : config.realname),
    pass: set.pass,
  };
}

/** The account with services among the settings: it is called as the nick where nothing else is said. */
export const accountIn = ({ sasl_username, sasl_password, nick }: RealmSettings): ServicesAccount | undefined => {
  const username = sasl_username || nick;
  return sasl_password && username !== '' ? { username: new Sealed(username), password: sasl_password } : undefined;
};
