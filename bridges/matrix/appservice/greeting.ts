import type { Homeserver } from '#bridges/matrix/homeserver/homeserver.ts';
import { texts } from '#bridges/matrix/texts.ts';
import { textOf } from '#bridges/matrix/wire/event.ts';
import { statusTold } from '#bridges/matrix/wire/failures.ts';
import type { Host } from '#src/bridge.ts';
import { Failure } from '#src/model/failure.ts';
import { type Words, wordsIn } from '#src/model/language.ts';
import { registrationId } from './registration.ts';

/** How a homeserver says that it does not reach us (client-server API, application services). */
const UNREACHED: ReadonlySet<string> = new Set(['M_URL_NOT_SET', 'M_CONNECTION_FAILED', 'M_CONNECTION_TIMEOUT']);

/** A homeserver that comes up together with us, or a proxy before us, is asked so often before that is an alarm, each so many ms after the other. */
const TRIES = 3;
const PAUSE = 10_000;

export type GreetingParts = {
  readonly host: Host;
  readonly server: Homeserver;
  readonly bot: string;
  /** Where the homeserver is said to be. */
  readonly url: string;
};

/**
 * Asks the homeserver whom it takes us for. Those who run the gateway hear of another name than the config has, and where no homeserver
 * is. Rejects with a `Failure`.
 */
export async function introduce({ host, server, bot, url }: GreetingParts): Promise<void> {
  try {
    const path = ['v3', 'account', 'whoami'];
    const found = textOf((await server.call({ method: 'GET', path, tries: 1 })).user_id);
    if (found !== undefined && found !== bot) host.alarm('appservice', texts.otherName(found, bot));
  } catch (error) {
    if (isNoHomeserver(error)) host.alarm('appservice', texts.noHomeserver(url));
    throw error;
  }
}

/** What a homeserver would answer by an error of its own (client-server API §2). */
const isNoHomeserver = (error: unknown): boolean =>
  error instanceof Failure &&
  !error.row.retry &&
  (error.foreign === 'M_UNRECOGNIZED' || (error.code === 'item-not-found' && error.foreign === undefined));

/**
 * Begins the talk with a homeserver that knows us: it tells at once what waits for us, for one that has not reached us would wait for
 * minutes (application service API §4.1.2). Those who run the gateway hear of what they have to put right. Never rejects.
 */
export const greet = (parts: GreetingParts): Promise<void> => beReached(parts, TRIES);

async function beReached(parts: GreetingParts, tries: number): Promise<void> {
  const { host, server } = parts;
  const id = registrationId(host.transport);
  try {
    await server.call({ method: 'POST', path: ['v1', 'appservice', id, 'ping'], body: {}, tries: 1 });
    host.log.info('the homeserver knows this gateway, and reaches it');
  } catch (err) {
    const wrong = err instanceof Failure ? wrongIn(err, id) : undefined;
    if (wrong && (wrong.isSure || tries === 1)) return host.alarm('appservice', wrong.words);
    host.log.info(reasonOf(err), 'the homeserver was not asked for what it has for us');
    if (wrong) host.clock.after(PAUSE, () => void beReached(parts, tries - 1));
  }
}

/** `isSure`: it will not be otherwise in a moment. */
type Wrong = { readonly words: Words; readonly isSure: boolean };

/** What those who run the gateway have to put right. */
function wrongIn(failure: Failure, id: string): Wrong | undefined {
  const { foreign = '' } = failure;
  if (UNREACHED.has(foreign)) return { words: texts.unreached(foreign), isSure: false };
  // It goes by the token: the id that it was asked for is none of that registration.
  if (foreign === 'M_FORBIDDEN') return { words: texts.otherId(id), isSure: true };
  if (foreign !== 'M_BAD_STATUS') return undefined;
  const status = statusTold(failure);
  if (status === 401 || status === 403) return { words: texts.otherToken, isSure: true };
  return { words: texts.elsewhere(status), isSure: false };
}

/** An error for the log: of what is expected, the words alone. */
export const reasonOf = (err: unknown): object =>
  err instanceof Failure ? { reason: wordsIn(err.words, 'en'), foreign: err.foreign } : { err };
