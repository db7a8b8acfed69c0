import { createHash } from 'node:crypto';
import { texts } from '#bridges/irc/texts.ts';
import type { SessionKey } from '#src/bridge.ts';
import { openRecent } from '#src/lib/recent.ts';
import type { Clock } from '#src/lib/time/clock.ts';
import { Failure } from '#src/model/failure.ts';
import { secretsOf } from './proven-logins.ts';
import type { ServicesAccount } from './sasl-mechanisms.ts';

/** As whom an account comes to a server. */
export type Comer = {
  readonly identity: { readonly username: string; readonly realname: string };
  readonly account: ServicesAccount | undefined;
};

type Ban = { readonly failure: Failure; readonly until: number; readonly times: number; readonly digest: string };

/** Accounts of which it is remembered. */
const MOST = 5000;
/** The longest (ms) that a person who asks again is not let try: a ban may be over, and nobody tells us. */
const LONGEST = 300_000;

const idOf = ({ account, realm }: SessionKey): string => `${account} ${realm.toLowerCase()}`;

const digestOf = ({ identity: { username, realname }, account }: Comer): string =>
  createHash('sha256')
    .update([username, realname, account ? secretsOf(account) : ''].join('\0'))
    .digest('hex');

/**
 * Who is banned from a server: they are not brought there again at once however often they ask, for servers see that and
 * ban the gateway. Whoever comes as somebody else, by another account or user name, is let try.
 */
export function openKeptOut(clock: Clock) {
  const bans = openRecent<Ban | undefined>(MOST);
  return {
    /** Throws the server's answer of the last time while it is too early for another try. */
    check(key: SessionKey, comer: Comer): void {
      const ban = bans.get(idOf(key));
      if (!ban || ban.until <= clock.now() || ban.digest !== digestOf(comer)) return;
      const { code, foreign, words } = ban.failure;
      throw new Failure(code, {
        text: texts.keptOutStill(words, ban.until - clock.now()),
        ...(foreign !== undefined && { foreign }),
      });
    },
    /** An attempt has failed. */
    failed(key: SessionKey, comer: Comer, failure: unknown): void {
      if (!(failure instanceof Failure) || failure.code !== 'banned' || failure.retryAfter === undefined) return;
      const digest = digestOf(comer);
      const before = bans.get(idOf(key));
      const times = before?.digest === digest ? before.times + 1 : 0;
      const until = clock.now() + Math.min(failure.retryAfter * 2 ** Math.min(times, 20), LONGEST);
      bans.set(idOf(key), { failure, until, times, digest });
    },
    admitted(key: SessionKey): void {
      if (bans.get(idOf(key))) bans.set(idOf(key), undefined);
    },
  };
}
