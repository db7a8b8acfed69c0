import { registerTexts as texts } from '#mappings/texts/dialogues.ts';
import { act, type Step } from '#src/bridge.ts';
import type { Logins } from '#src/core/accounts/logins.ts';
import type { Membership } from '#src/core/accounts/membership.ts';
import type { OpenSettings } from '#src/core/accounts/settings.ts';
import type { Limits } from '#src/core/limits.ts';
import type { People } from '#src/core/people/people.ts';
import type { Sessions } from '#src/core/sessions/sessions.ts';
import type { Transport } from '#src/core/transport.ts';
import { Failure } from '#src/model/failure.ts';
import type { Answer, Form } from '#src/model/form.ts';
import { type AccountKey, splitAccount } from '#src/model/ids.ts';
import { type Words, wordsIn } from '#src/model/language.ts';
import type { BoundCommand, CommandEnd, TransportTalks } from './talks.ts';

export type RegisterParts = {
  readonly limits: Limits;
  readonly logins: Pick<Logins, 'register' | 'enrol'>;
  readonly membership: Membership;
  readonly people: Pick<People, 'enrolled'>;
  readonly sessions: Pick<Sessions, 'need'>;
  readonly settings: Pick<OpenSettings, 'staysConnected'>;
};

type Login = TransportTalks['logins'][number];
type Run = BoundCommand['run'];

/**
 * `register`, in as many steps as a login has, and `unregister`: on the gateway, and on realms that have logins of their
 * own.
 */
export function registerCommands(
  parts: RegisterParts,
  { talks: { logins }, realms, mapping }: Pick<Transport, 'talks' | 'realms' | 'mapping'>,
): readonly BoundCommand[] {
  // Credentials are for a realm: of several, the gateway's address does not say which.
  const isOfRealm = ({ guests }: Login): boolean => guests || realms.length > 1;
  const own = logins.filter(isOfRealm);
  const needed = logins.filter((one) => !isOfRealm(one));
  const [first] = own;
  const command = { node: 'register', who: 'user' } as const;
  const leave = { node: 'unregister', who: 'user' } as const;
  return [
    {
      ...command,
      on: 'gateway',
      title: mapping.facts.identity === 'both' ? texts.titleOwn : texts.title,
      run: needed.length > 0 ? loggingIn(parts, needed) : enrolling(parts),
    },
    { ...leave, on: 'gateway', title: texts.leave, run: leaving(parts) },
    ...(first
      ? ([
          { ...command, on: 'realm', title: first.name, run: loggingIn(parts, own) },
          { ...leave, on: 'realm', title: texts.forget, run: forgetting(parts) },
        ] as const)
      : []),
  ];
}

const sure = (instructions: Words): Form => ({
  instructions,
  fields: [{ name: 'sure', label: texts.sure, type: 'boolean', required: true }],
});

/** Asks once more. Throws the `Failure` of who is not sure. */
async function* confirmed(text: Words): AsyncGenerator<Step, void, Answer> {
  const { sure: [given] = [] } = yield { kind: 'form', form: sure(text), last: true };
  if (given !== '1' && given !== 'true') throw new Failure('not-allowed', { text: texts.notDone });
}

function leaving({ membership }: RegisterParts): Run {
  return async function* ({ account }): AsyncGenerator<Step, CommandEnd, Answer> {
    const { user, transport } = splitAccount(account);
    if (!(await membership.registered({ transport }, user))) throw new Failure('not-registered');
    yield* confirmed(texts.leaving);
    return async () => {
      (await membership.unregister(transport, user))();
      return texts.left;
    };
  };
}

function forgetting({ membership }: RegisterParts): Run {
  return async function* ({ account, place }): AsyncGenerator<Step, Words, Answer> {
    if (place.kind !== 'realm') throw new Failure('bad-request');
    const { user, transport } = splitAccount(account);
    const { realm } = place;
    if (!(await membership.registered({ transport, realm }, user))) throw new Failure('not-registered');
    yield* confirmed(texts.forgetting);
    return (yield* act(() => membership.unlink(transport, realm, user))) ?? texts.forgotten;
  };
}

function enrolling(parts: RegisterParts): Run {
  return async function* ({ account }): AsyncGenerator<Step, Words, Answer> {
    yield* act(() => register(parts, account, () => parts.logins.enrol(account)));
    return texts.done;
  };
}

function loggingIn(parts: RegisterParts, logins: readonly Login[]): Run {
  return async function* ({ account, place }, signal): AsyncGenerator<Step, Words, Answer> {
    if (place.kind !== 'realm') throw new Failure('bad-request');
    const key = { account, realm: place.realm };
    const login = yield* chosen(logins);
    const credentials = yield* login.start(signal, key);
    yield* act(() =>
      register(parts, account, async () => {
        await parts.logins.register(key, credentials);
        // Whoever stays connected is connected by it; others with their first room.
        if (await parts.settings.staysConnected(account)) parts.sessions.need(key, undefined, true);
      }),
    );
    return texts.done;
  };
}

async function* chosen(logins: readonly Login[]): AsyncGenerator<Step, Login, Answer> {
  const [first, ...more] = logins;
  const options = logins.map(({ name }) => ({
    value: wordsIn(name, 'en'),
    ...(typeof name !== 'string' && { label: name }),
  }));
  const how = { name: 'login', label: texts.login, type: 'choice', required: true, options } as const;
  const { login: [name] = [first && wordsIn(first.name, 'en')] } =
    more.length > 0 ? yield { kind: 'form', form: { fields: [how] } } : {};
  const found = logins.find((one) => wordsIn(one.name, 'en') === name);
  if (!found) throw new Failure('not-acceptable');
  return found;
}

async function register(
  { limits, people }: RegisterParts,
  account: AccountKey,
  write: () => Promise<unknown>,
): Promise<void> {
  limits.spend('registrations', splitAccount(account).user);
  await write();
  const welcome = await people.enrolled(account);
  welcome();
}
