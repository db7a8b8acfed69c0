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

export type GreetingParts = { readonly host: Host; readonly server: Homeserver; readonly bot: string };

/**
 * Begins the talk with a homeserver that knows us: it tells at once what waits for us, for one that has not reached us would wait for
 * minutes (application service API §4.1.2). Those who run the gateway hear of what they have to put right. Never rejects.
 */
export async function greet(parts: GreetingParts): Promise<void> {
  try {
    await isOurs(parts);
    const path = ['v1', 'appservice', registrationId(parts.host.transport), 'ping'];
    await parts.server.call({ method: 'POST', path, body: {}, tries: 1 });
  } catch (err) {
    if (err instanceof Failure && UNREACHED.has(err.foreign))
      parts.host.alarm('appservice', texts.unreached(err.foreign ?? ''));
    parts.host.log.info({ err }, 'the homeserver was not asked for what it has for us');
  }
}

/** Whether the homeserver has the name that the config gives it. */
async function isOurs({ host, server, bot }: GreetingParts): Promise<void> {
  const found = textOf((await server.call({ method: 'GET', path: ['v3', 'account', 'whoami'], tries: 1 })).user_id);
  if (found !== undefined && found !== bot) host.alarm('appservice', texts.otherName(found, bot));
}
