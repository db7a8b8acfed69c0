import { addresses } from '#bridges/email/addresses.ts';
import { texts } from '#bridges/email/texts.ts';
import type { EmailTransport } from '#bridges/email/transport.ts';
import { email } from '#mappings/email.ts';
import type { Draft } from '#src/model/event.ts';
import { Failure } from '#src/model/failure.ts';
import { type AccountKey, accountKey, type BareJid, splitAccount } from '#src/model/ids.ts';
import { type Words, wordsIn } from '#src/model/language.ts';
import { isHardBounce, isOurs } from './replies.ts';

const { unseen = '' } = email.facts;

/** To whom an account sends nothing, because it does not arrive or is not wanted; and what the account is shown of that. */
export type Suppression = {
  /** Throws a `Failure` where nothing may be sent. */
  check(account: AccountKey, their: string): Promise<void>;
  /** Takes in how a mail failed. */
  learn(account: AccountKey, their: string, failure: Failure): Promise<void>;
  /** Sends there again. */
  lift(account: AccountKey, their: string): Promise<void>;
  /** Nothing more is sent there, as they have asked for. */
  stop(account: AccountKey, their: string, why: 'unwanted' | 'complaint'): Promise<void>;
  /** Shows an account that begins to look at somebody, if nothing gets there. */
  tell(account: AccountKey, id: string): void;
  /** The page on which a peer can ask for no more; undefined where we have no public address. */
  link(account: AccountKey, their: string): string | undefined;
};

const REASONS: Readonly<Record<string, Words>> = {
  'item-not-found': texts.noMailbox,
  'remote-server-not-found': texts.noDomain,
  'not-permitted': texts.blockedThere,
  unwanted: texts.unwanted,
  complaint: texts.unwanted,
};

export function openSuppression({ host, state, alone }: Omit<EmailTransport, 'shown'>): Suppression {
  const shown = (account: AccountKey, their: string, why?: string): Draft => ({
    place: { kind: 'contact', account, id: their },
    from: { kind: 'network', id: their },
    kind: 'presence',
    show: why === undefined ? 'available' : 'xa',
    status: wordsIn(why === undefined ? unseen : (REASONS[why] ?? texts.undelivered), host.language(account)),
  });

  const set = (account: AccountKey, their: string, why: string | undefined) =>
    host.emit([shown(account, their, why)], [state.writeSuppressed(account, their, why ?? null)]);

  return {
    async check(account, their) {
      const why = await state.suppressed(account, their);
      if (why === undefined) return;
      const code = why === 'item-not-found' || why === 'remote-server-not-found' ? why : 'not-permitted';
      throw new Failure(code, { text: REASONS[why] ?? texts.undelivered });
    },
    async learn(account, their, failure) {
      if (isOurs(failure)) host.alarm('refused', texts.alarmRefused(failure.foreign ?? failure.code));
      if (!isHardBounce(failure) || (await state.suppressed(account, their)) !== undefined) return;
      await set(account, their, failure.code);
    },
    lift: async (account, their) => void (await set(account, their, undefined)),
    stop: async (account, their, why) => void (await set(account, their, why)),
    tell(account, id) {
      const their = addresses.fold(addresses.parse(id)).name;
      alone(account, their, async () => {
        const why = await state.suppressed(account, their);
        if (why !== undefined) await host.emit([shown(account, their, why)]);
      }).catch((error: unknown) => host.log.error({ err: error }, 'it cannot be told how somebody can be reached'));
    },
    link(account, their) {
      const user = Buffer.from(splitAccount(account).user).toString('base64url');
      const peer = Buffer.from(their).toString('base64url');
      return host.http.url(`/stop/${user}/${peer}/${state.mac('stop', account, their)}`);
    },
  };
}

/** Whose link it is, where it is one of ours. */
export function readStopLink(
  { host, state }: Pick<EmailTransport, 'host' | 'state'>,
  { user = '', peer = '', mac = '' }: Readonly<Record<string, string>>,
): { readonly account: AccountKey; readonly their: string } | undefined {
  const account = accountKey(Buffer.from(user, 'base64url').toString() as BareJid, host.transport);
  const their = Buffer.from(peer, 'base64url').toString();
  return state.mac('stop', account, their) === mac ? { account, their } : undefined;
}
