import { Failure } from '#src/model/failure.ts';
import { occupantId, roomPlace } from '#src/xmpp/stanza/target.ts';
import type { Request } from './extension.ts';

/** Whom a request to somebody's own address, or to an occupant, is about: as the network calls them. */
export type AskedPerson = { readonly realm: string; readonly who: string };

/** Asks the network about the person. What it cannot be asked is `service-unavailable` for the asker (XEP-0030 §7). */
export function askPerson<T>(request: Request, ask: (request: Request, person: AskedPerson) => Promise<T>): Promise<T> {
  return ask(request, personOf(request)).catch((error: unknown) => {
    if (error instanceof Failure && error.code === 'not-supported') throw new Failure('service-unavailable');
    throw error;
  });
}

function personOf({ target, resource, view, user }: Request): AskedPerson {
  if (target.kind === 'contact') return { realm: target.realm, who: target.name };
  if (target.kind !== 'room') throw new Failure('service-unavailable');
  const id = occupantId(view, { target, place: roomPlace(view, target, user) }, resource);
  return { realm: target.realm, who: view.transport.addresses.parse(id).name };
}
