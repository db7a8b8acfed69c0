import { createHash } from 'node:crypto';
import type { Host, SessionKey } from '#src/bridge.ts';
import { Failure, type FailureCode } from '#src/model/failure.ts';
import type { AccountKey } from '#src/model/ids.ts';
import type { ServicesAccount } from './sasl-mechanisms.ts';

/** Milliseconds until an account that has worked before is tried again after a refusal; the core doubles them. */
const AGAIN = 30_000;
/** Refusals in a row after which it is given up: with the doubling that is two hours. */
const TRIES = 8;

/** What services that are away look like: no login is offered, which passes, or the password is not accepted. */
const MISSING: FailureCode = 'service-unavailable';
const DENIED: FailureCode = 'password-required';

/** What is remembered of each account's standing with the services of a server. */
export type LoginRecord = {
  /** Which account and password have worked, as a digest. */
  proof?: string | undefined;
  /** Refusals since then. */
  refusals: number;
  /** As whom the server said that we are logged in. */
  as?: string | undefined;
};
export type LoginRecords = Map<AccountKey, LoginRecord>;

/** An attempt to log in with an account. */
export type ProvenLogin = {
  worked(): void;
  /** What the core hears of a failed attempt. */
  judge(error: unknown): Promise<unknown>;
};

export function recordOf(standings: LoginRecords, account: AccountKey): LoginRecord {
  const known = standings.get(account) ?? { refusals: 0 };
  standings.set(account, known);
  return known;
}

/**
 * What has let its user in before is not given up for one refusal: services say no as well while they are away. What
 * never has, or not since it was changed, is final at once. Proofs are kept, so that a restart does not forget them.
 */
export function provenLogin(host: Host, key: SessionKey, standings: LoginRecords, given: ServicesAccount): ProvenLogin {
  const standing = recordOf(standings, key.account);
  const at = { account: key.account, key: `login ${key.realm.toLowerCase()}` };
  const proof = createHash('sha256').update(secretsOf(given)).digest('hex');

  async function isProven(): Promise<boolean> {
    standing.proof ??= await host.state.get(at);
    return standing.proof === proof;
  }

  return {
    worked() {
      standing.refusals = 0;
      if (standing.proof === proof) return;
      standing.proof = proof;
      host.state
        .put(at, proof, { seal: true })
        .catch((err: unknown) => host.log.error({ err }, 'a login was not noted'));
    },
    async judge(error) {
      const refused = error instanceof Failure && (error.code === MISSING || error.code === DENIED);
      if (!refused || !(await isProven())) return error;
      if (error.code === MISSING) standing.refusals ||= 1;
      else standing.refusals++;
      if (standing.refusals <= TRIES) return patient(error);
      standing.refusals = 0;
      return error;
    },
  };
}

/** What an account logs in with, as one text. */
export const secretsOf = ({ login, certificate }: ServicesAccount): string =>
  [login?.username.open(), login?.password.open(), ...(certificate ? [certificate.cert] : [])].join('\0');

const patient = ({ code, message, foreign }: Failure): Failure =>
  new Failure(code, { text: message, ...(foreign !== undefined && { foreign }), retryAfter: AGAIN });
