import { randomUUID } from 'node:crypto';
import { act, type Credentials, type Host, type Login, type LoginWork, type Step } from '#src/bridge.ts';
import { Failure } from '#src/model/failure.ts';
import type { Answer as Filled } from '#src/model/form.ts';
import { Sealed } from '#src/model/sealed.ts';
import type { PigeonConfig } from './config.ts';
import { openLink } from './link.ts';
import { openRequests } from './requests.ts';
import type { Answer, Request } from './wire.ts';

/** Milliseconds that connecting may take. */
export const CONNECT_TIMEOUT = 30_000;
const TRIES = 3;

type Body<R> = R extends Request ? Omit<R, 'tag'> : never;
type Line = AsyncDisposable & { ask(body: Body<Request>): Promise<Answer> };

/** Name and password first, then the code that the loft shows elsewhere; what we keep is a key. */
export const passwordAndCode: Login<PigeonConfig> = {
  name: 'Name, password and code',
  async *start({ config, host }: LoginWork<PigeonConfig>): AsyncGenerator<Step, Credentials, Filled> {
    const { name = '', password = '' } = first(yield { kind: 'form', form: nameForm });
    await using line = await openLine(config, host);
    // Another `begin` would make another code.
    yield* act(() => line.ask({ do: 'begin', name, password }));
    yield { kind: 'show', text: 'The loft shows a code of six digits where you are already logged in.' };
    for (let tries = 1; ; tries++) {
      const { code = '' } = first(yield { kind: 'form', form: codeForm });
      const asked = yield* act(() =>
        line.ask({ do: 'code', name, code }).catch((error: unknown) => wrong(error, tries)),
      );
      if (asked) return { name: new Sealed(name), key: new Sealed(asked.key ?? '') };
    }
  },
};

/** The older way, in one form: the loft gives the key for the password alone. */
export const passwordAlone: Login<PigeonConfig> = {
  name: 'Name and password',
  oneForm: true,
  async *start({ config, host }: LoginWork<PigeonConfig>): AsyncGenerator<Step, Credentials, Filled> {
    const { name = '', password = '' } = first(yield { kind: 'form', form: nameForm });
    await using line = await openLine(config, host);
    const { key = '' } = await line.ask({ do: 'key', name, password });
    return { name: new Sealed(name), key: new Sealed(key) };
  },
};

/** Makes a key void at the loft. Rejects with a `Failure`. */
export async function revoke(
  { config, host }: Pick<LoginWork<PigeonConfig>, 'config' | 'host'>,
  { name, key }: Credentials,
): Promise<void> {
  await using line = await openLine(config, host);
  await line.ask({ do: 'revoke', name: name?.open() ?? '', key: key?.open() ?? '' });
}

const nameForm = {
  title: 'Pigeon account',
  fields: [
    { name: 'name', label: 'Name', type: 'text', required: true },
    { name: 'password', label: 'Password', type: 'secret', required: true },
  ],
} as const;
const codeForm = { fields: [{ name: 'code', label: 'Code', type: 'text', required: true }] } as const;

/** A mistyped code may be tried again, everything else ends the dialogue. */
function wrong(error: unknown, tries: number): undefined {
  if (error instanceof Failure && error.foreign === 'code' && tries < TRIES) return undefined;
  throw error;
}

const first = (filled: Filled): Partial<Record<string, string>> =>
  Object.fromEntries(Object.entries(filled).map(([name, values]) => [name, values[0] ?? '']));

/** A line of its own for the dialogue. */
export async function openLine(config: PigeonConfig, host: Host): Promise<Line> {
  const { clock } = host;
  const target = { host: config.host, port: config.port, timeout: CONNECT_TIMEOUT };
  const socket = await host.connect(target, host.signal);
  const link = openLink({
    socket,
    host,
    onMessage: (message) => ('re' in message && !('later' in message) ? requests.answered(message) : undefined),
    onClosed: (failure) => requests.fail(failure ?? new Failure('remote-server-timeout')),
  });
  const requests = openRequests({ clock, window: 1, timeout: config.answer_time, write: link.send });
  return {
    ask: (body) =>
      new Promise((done, fail) =>
        requests.start({ ...body, tag: randomUUID() }, (outcome) =>
          outcome instanceof Failure ? fail(outcome) : done(outcome),
        ),
      ),
    [Symbol.asyncDispose]: link.end,
  };
}
