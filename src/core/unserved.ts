import type { Host } from '#src/bridge.ts';
import { Failure } from '#src/model/failure.ts';

const absent = () => Promise.reject(new Failure('service-unavailable'));

/** What a bridge is given where the operator has configured no public listener: nobody can reach its routes. */
export const unserved: Pick<Host, 'http' | 'media' | 'fetch'> = {
  http: { route: () => undefined, url: () => undefined },
  media: { put: absent },
  fetch: absent,
};
