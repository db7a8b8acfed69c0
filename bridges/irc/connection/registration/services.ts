import { entryOf, type IrcConfig, type ServerConfig } from '#bridges/irc/config.ts';
import { texts } from '#bridges/irc/texts.ts';
import type { Credentials, Login } from '#src/bridge.ts';
import { Failure } from '#src/model/failure.ts';
import type { Answer } from '#src/model/form.ts';
import { Sealed } from '#src/model/sealed.ts';
import { nickKey } from '../remembered.ts';
import type { ServicesAccount } from './sasl-mechanisms.ts';

/** Throws a `Failure` where a password would go in the clear (SECURITY rule 7), unless the operator allows it there. */
export function assertPrivate(server: ServerConfig, realm: string): void {
  if (server.tls || server.insecure_login) return;
  throw new Failure('not-allowed', {
    text: texts.notEncrypted(realm),
  });
}

/** What is sent at the login, of what is kept for the realm. */
export const loginOf = (known: Credentials | undefined): ServicesAccount['login'] =>
  known?.username && known.password && { username: known.username, password: known.password };

/** An account with the services of a network. It is tried with the next connection: IRC has no other way. */
export const services: Login<IrcConfig> = {
  name: texts.services,
  oneForm: true,
  guests: true,
  async *start({ config, host, account, realm }) {
    const server = entryOf(config, realm);
    if (!server) throw new Failure('not-allowed', { text: texts.notServed(realm) });
    assertPrivate(server.entry, realm);
    const known = await host.state.get(nickKey({ account, realm }));
    const answer = yield {
      kind: 'form',
      form: {
        title: texts.accountWith(realm),
        instructions: texts.accountInstructions(realm),
        fields: [
          { name: 'username', label: texts.account, type: 'text', required: true },
          { name: 'password', label: texts.password, type: 'secret', required: true },
          { name: 'nick', label: texts.nickToAsk, type: 'text', ...(known !== undefined && { value: [known] }) },
        ],
      },
    };
    const [nick = ''] = answer.nick ?? [];
    if (nick !== '') await host.state.put(nickKey({ account, realm }), nick);
    return { username: secret(answer, 'username'), password: secret(answer, 'password') };
  },
};

function secret(answer: Answer, name: string): Sealed {
  const [value = ''] = answer[name] ?? [];
  // RFC 4616 §2: NUL divides.
  if (value === '' || value.includes('\0')) throw new Failure('not-acceptable', { text: texts.noAccount });
  return new Sealed(value);
}
