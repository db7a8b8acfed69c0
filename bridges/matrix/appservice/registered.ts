import type { Homeserver } from '#bridges/matrix/homeserver/homeserver.ts';
import { texts } from '#bridges/matrix/texts.ts';
import { Failure } from '#src/model/failure.ts';

/** How a homeserver says that it does not know the token of an application service (client-server API §5.1). */
const UNKNOWN: ReadonlySet<string | undefined> = new Set(['M_UNKNOWN_TOKEN', 'M_MISSING_TOKEN']);

/**
 * A homeserver at which the operator has registered us. Where it does not know our token, `forgotten` hears of it; whoever asks is not
 * told that they have to register, for it is nothing that they could mend.
 */
export function registered(server: Homeserver, forgotten: () => void): Homeserver {
  async function told<T>(answer: Promise<T>): Promise<T> {
    try {
      return await answer;
    } catch (error) {
      if (!(error instanceof Failure) || !UNKNOWN.has(error.foreign)) throw error;
      forgotten();
      throw new Failure('internal', { text: texts.unregistered, foreign: error.foreign ?? '', cause: error });
    }
  }
  return {
    call: (call) => told(server.call(call)),
    json: (call) => told(server.json(call)),
    bytes: (call) => told(server.bytes(call)),
    upload: (content, about) => told(server.upload(content, about)),
  };
}
