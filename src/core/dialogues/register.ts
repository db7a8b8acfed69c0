import { act, type Step } from '#src/bridge.ts';
import type { Logins } from '#src/core/accounts/logins.ts';
import type { OpenSettings } from '#src/core/accounts/settings.ts';
import type { Core } from '#src/core/index.ts';
import type { Limits } from '#src/core/limits.ts';
import type { People } from '#src/core/people/people.ts';
import type { Sessions } from '#src/core/sessions/sessions.ts';
import type { Transport } from '#src/core/transport.ts';
import { Failure } from '#src/model/failure.ts';
import type { Answer, Form } from '#src/model/form.ts';
import { type AccountKey, splitAccount } from '#src/model/ids.ts';
import type { BoundCommand, CommandEnd, TransportTalks } from './talks.ts';

export type RegisterParts = {
  readonly limits: Limits;
  readonly logins: Pick<Logins, 'register' | 'enrol'>;
  readonly membership: Pick<Core, 'registered' | 'unregister'>;
  readonly registration: Pick<Core['registration'], 'forget'>;
  readonly people: Pick<People, 'enrolled'>;
  readonly sessions: Pick<Sessions, 'need'>;
  readonly settings: Pick<OpenSettings, 'staysConnected'>;
};

type Login = TransportTalks['logins'][number];
type Run = BoundCommand['run'];

const DONE = 'You are registered.';

/**
 * `register`, in as many steps as a login has, and `unregister`: on the gateway, and on realms that have logins of their
 * own.
 */
export function registerCommands(
  parts: RegisterParts,
  { talks: { logins }, realms }: Pick<Transport, 'talks' | 'realms'>,
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
      title: 'Register with this gateway',
      run: needed.length > 0 ? loggingIn(parts, needed) : enrolling(parts),
    },
    { ...leave, on: 'gateway', title: 'Unregister from this gateway', run: leaving(parts) },
    ...(first
      ? ([
          { ...command, on: 'realm', title: first.name, run: loggingIn(parts, own) },
          { ...leave, on: 'realm', title: 'Forget the account here', run: forgetting(parts) },
        ] as const)
      : []),
  ];
}

const sure = (instructions: string): Form => ({
  instructions,
  fields: [{ name: 'sure', label: 'Are you sure?', type: 'boolean', required: true }],
});

/** Asks once more. Throws the `Failure` of who is not sure. */
async function* confirmed(text: string): AsyncGenerator<Step, void, Answer> {
  const { sure: [given] = [] } = yield { kind: 'form', form: sure(text), last: true };
  if (given !== '1' && given !== 'true') throw new Failure('not-allowed', { text: 'Nothing was done.' });
}

function leaving({ membership }: RegisterParts): Run {
  return async function* ({ account }): AsyncGenerator<Step, CommandEnd, Answer> {
    const { user, transport } = splitAccount(account);
    if (!(await membership.registered({ transport }, user))) throw new Failure('not-registered');
    yield* confirmed('You leave all rooms, your contacts leave your roster, and what is kept of you here is removed.');
    return async () => {
      (await membership.unregister(transport, user))();
      return 'You are not registered any more.';
    };
  };
}

function forgetting({ membership, registration }: RegisterParts): Run {
  return async function* ({ account, place }): AsyncGenerator<Step, string, Answer> {
    if (place.kind !== 'realm') throw new Failure('bad-request');
    const { user, transport } = splitAccount(account);
    const { realm } = place;
    if (!(await membership.registered({ transport, realm }, user))) throw new Failure('not-registered');
    yield* confirmed('What you log in with there is forgotten.');
    yield* act(() => registration.forget(transport, realm, user));
    return 'It is forgotten.';
  };
}

function enrolling(parts: RegisterParts): Run {
  return async function* ({ account }): AsyncGenerator<Step, string, Answer> {
    yield* act(() => register(parts, account, () => parts.logins.enrol(account)));
    return DONE;
  };
}

function loggingIn(parts: RegisterParts, logins: readonly Login[]): Run {
  return async function* ({ account, place }, signal): AsyncGenerator<Step, string, Answer> {
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
    return DONE;
  };
}

async function* chosen(logins: readonly Login[]): AsyncGenerator<Step, Login, Answer> {
  const [first, ...more] = logins;
  const options = logins.map(({ name }) => ({ value: name }));
  const how = { name: 'login', label: 'How you log in', type: 'choice', required: true, options } as const;
  const { login: [name] = [first?.name] } = more.length > 0 ? yield { kind: 'form', form: { fields: [how] } } : {};
  const found = logins.find((one) => one.name === name);
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
