import type { Extra } from '#src/model/capabilities.ts';
import { Failure } from '#src/model/failure.ts';
import type { Request } from './extension.ts';

/** Realms that are searched at a time. */
const MOST = 5;

/** What is found where a realm does not answer: that keeps nobody from what others have. Throws the error of one alone. */
export function none(error: unknown, realms: readonly string[]): { readonly list: []; readonly count: 0 } {
  if (!(error instanceof Failure) || realms.length === 1) throw error;
  return { list: [], count: 0 };
}

/**
 * Where somebody searches: at the address of a realm there, at the gateway in all that they see. Throws a `Failure` where nothing
 * of the kind can be searched, and for who may not.
 */
export function realmsOf({ kind, target, core, view, user }: Request, what: Extra): readonly string[] {
  const { domain, advertised } = view.transport;
  if ((kind !== 'gateway' && kind !== 'realm') || !advertised.extras.includes(what))
    throw new Failure('service-unavailable');
  core.admit(user);
  if (target.kind === 'realm') return [target.realm];
  const realms = core.realms(domain, user).slice(0, MOST);
  return realms.length === 0 ? [''] : realms;
}
