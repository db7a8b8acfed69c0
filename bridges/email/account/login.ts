import { resolveMailbox } from '#bridges/email/addresses.ts';
import type { EmailConfig } from '#bridges/email/config.ts';
import { openImapLine } from '#bridges/email/in/imap-line.ts';
import { openSubmission } from '#bridges/email/out/smarthost.ts';
import { openResolver } from '#bridges/email/resolver.ts';
import { act, type Credentials, type Host, type Login, type Step } from '#src/bridge.ts';
import { askForDevice, awaitDevice, postForm, tokensOf } from '#src/lib/http/oauth.ts';
import { Failure } from '#src/model/failure.ts';
import type { Answer, Field } from '#src/model/form.ts';
import { failureOf } from './failures.ts';
import { clientOf, postTo, refusalOf } from './mail-auth.ts';
import { credentialsOf, type MailLogin, newLink, serversOf, written } from './mail-login.ts';
import type { ProviderFacts } from './providers.ts';
import { checkPermitted, factsOf, guessServers, operatorProvider } from './servers.ts';
import { submissionOf } from './submission.ts';
import { accountTexts as texts } from './texts.ts';

type Dialogue = AsyncGenerator<Step, Credentials, Answer>;

const first = (filled: Answer, name: string): string => (filled[name]?.[0] ?? '').trim();

const form = (instructions: typeof texts.consent, fields: readonly Field[]) => ({
  kind: 'form' as const,
  form: { title: texts.title, instructions, fields },
});

const ADDRESS: Field = { name: 'address', label: texts.address, type: 'text', required: true };

/** Which mailbox it is. Throws a `Failure` for one that may not be linked here. */
async function* askedAddress(config: EmailConfig): AsyncGenerator<Step, string, Answer> {
  if (!config.accounts) throw new Failure('service-unavailable', { text: texts.notOffered });
  const address = resolveMailbox(first(yield form(texts.consent, [ADDRESS]), 'address'));
  checkPermitted(config, address);
  return address;
}

const instructionsFor = (passwords: ProviderFacts['passwords'], isGuessed: boolean) => {
  if (passwords === 'app') return texts.appPassword;
  if (passwords === 'enabled') return texts.enabledFirst;
  return isGuessed ? texts.servers : texts.consent;
};

const byPassword: Login<EmailConfig> = {
  name: texts.byPassword,
  guests: true,
  async *start({ config, host }): Dialogue {
    const address = yield* askedAddress(config);
    const named = operatorProvider(config, address) !== undefined;
    const { passwords } = named ? {} : factsOf(config, address);
    if (passwords === 'none') throw new Failure('not-supported', { text: texts.noPasswords });
    const guessed = named ? undefined : yield* act(() => guessServers(address, { host, dns: openResolver(config) }));
    const servers: readonly Field[] = guessed
      ? [
          { name: 'imap', label: texts.imap, type: 'text', required: true, value: [written(guessed.imap)] },
          {
            ...{ name: 'submission', label: texts.submission, type: 'text', required: true },
            value: [written(guessed.submission)],
          },
        ]
      : [];
    const filled = yield form(instructionsFor(passwords, guessed !== undefined), [
      ...servers,
      { name: 'user', label: texts.user, type: 'text', required: true, value: [address] },
      { name: 'password', label: texts.password, type: 'secret', required: true },
    ]);
    const [user, imap, submission] = ['user', 'imap', 'submission'].map((name) => first(filled, name));
    const login: MailLogin = {
      ...{ address, user: user ?? address, link: newLink(), imap: imap ?? '', submission: submission ?? '' },
      secret: { password: filled.password?.[0] ?? '' },
    };
    yield* act(() => tried(config, host, login));
    return credentialsOf(login);
  },
};

/** With another device that has a browser (RFC 8628). */
const byOauth: Login<EmailConfig> = {
  name: texts.byOauth,
  guests: true,
  async *start({ config, host }): Dialogue {
    const address = yield* askedAddress(config);
    const { oauth } = operatorProvider(config, address) ?? {};
    if (!oauth) throw new Failure('not-supported', { text: texts.noOauth });
    const post = postTo(host);
    const body = { ...clientOf(oauth), scope: oauth.scope };
    const grant = yield* act(() => askForDevice(post, host.clock, oauth.device, body).catch(refused));
    yield { kind: 'show', text: texts.open(grant.whole === undefined ? grant.userCode : ''), ...linkOf(grant) };
    const over = new AbortController();
    try {
      const signal = AbortSignal.any([host.signal, over.signal]);
      const ask = (asked: Readonly<Record<string, string>>) =>
        postForm(post, oauth.token, { ...asked, ...clientOf(oauth) });
      const asked = yield* act(async () => ({ answer: awaitDevice(ask, host.clock, grant, signal).catch(refused) }));
      asked.answer.catch(() => undefined);
      yield { kind: 'wait', text: texts.waiting, until: asked.answer };
      const secret = tokensOf(host.clock, await asked.answer);
      if (!secret) throw new Failure('remote-server-timeout');
      const login: MailLogin = { address, user: address, link: newLink(), imap: '', submission: '', secret };
      yield* act(() => tried(config, host, login));
      return credentialsOf(login);
    } finally {
      over.abort();
    }
  },
};

const linkOf = ({ whole, url }: { readonly whole?: string; readonly url: string }) => ({
  url: whole ?? url,
  qr: whole ?? url,
});

function refused(error: unknown): never {
  throw refusalOf(error);
}

/** Logs in at both servers, and leaves. Rejects with a `Failure` that says what was wrong. */
async function tried(config: EmailConfig, host: Host, login: MailLogin): Promise<void> {
  const { imap, submission } = serversOf(config, login);
  const { secret, user } = login;
  const auth = 'password' in secret ? { user, password: secret.password } : { user, token: secret.token };
  const line = await openImapLine(host, { server: imap, auth }, host.signal).catch((error: unknown) => {
    throw failureOf(error, 'token' in auth ? 'token' : 'password');
  });
  line.close();
  const sending = openSubmission(
    submissionOf(config, submission, async () => auth),
    host,
  );
  try {
    await sending.check();
  } finally {
    sending.close();
  }
}

/** How users link a mailbox of their own. */
export const logins: readonly Login<EmailConfig>[] = [byPassword, byOauth];
