import type { Homeserver } from '#bridges/matrix/homeserver.ts';
import { texts } from '#bridges/matrix/texts.ts';
import { textOf } from '#bridges/matrix/wire/event.ts';
import type { Host } from '#src/bridge.ts';
import { Failure } from '#src/model/failure.ts';
import { registrationId } from './registration.ts';

/** How a homeserver says that it does not reach us, or that we refuse it (client-server API, application services). */
const UNREACHED: ReadonlySet<string | undefined> = new Set([
  'M_URL_NOT_SET',
  'M_BAD_STATUS',
  'M_CONNECTION_FAILED',
  'M_CONNECTION_TIMEOUT',
]);

/** A homeserver that comes up together with us, or a proxy before us, is asked so often before that is an alarm, each so many ms after the other. */
const TRIES = 3;
const PAUSE = 10_000;

export type GreetingParts = { readonly host: Host; readonly server: Homeserver; readonly bot: string };

/**
 * Begins the talk with a homeserver that knows us: it tells at once what waits for us, for one that has not reached us would wait for
 * minutes (application service API §4.1.2). Those who run the gateway hear of what they have to put right. Never rejects.
 */
export async function greet(parts: GreetingParts): Promise<void> {
  try {
    await isOurs(parts);
    await beReached(parts, TRIES);
  } catch (err) {
    unasked(parts, err);
  }
}

const unasked = ({ host }: GreetingParts, err: unknown): void =>
  host.log.info({ err }, 'the homeserver was not asked for what it has for us');

async function beReached(parts: GreetingParts, tries: number): Promise<void> {
  const { host, server } = parts;
  try {
    const path = ['v1', 'appservice', registrationId(host.transport), 'ping'];
    await server.call({ method: 'POST', path, body: {}, tries: 1 });
  } catch (err) {
    if (!(err instanceof Failure) || !UNREACHED.has(err.foreign)) throw err;
    if (tries === 1) host.alarm('appservice', texts.unreached(err.foreign ?? ''));
    else host.clock.after(PAUSE, () => beReached(parts, tries - 1).catch((later: unknown) => unasked(parts, later)));
    unasked(parts, err);
  }
}

/** Whether the homeserver has the name that the config gives it. */
async function isOurs({ host, server, bot }: GreetingParts): Promise<void> {
  const found = textOf((await server.call({ method: 'GET', path: ['v3', 'account', 'whoami'], tries: 1 })).user_id);
  if (found !== undefined && found !== bot) host.alarm('appservice', texts.otherName(found, bot));
}
