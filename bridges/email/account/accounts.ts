import type { OwnIntake } from '#bridges/email/in/listener.ts';
import { OWN_ADDRESS } from '#bridges/email/threads/own-addresses.ts';
import type { EmailTransport } from '#bridges/email/transport.ts';
import type { AccountLogin, Session, SessionKey, Wish } from '#src/bridge.ts';
import { tokenBuckets } from '#src/lib/time/token-bucket.ts';
import { openTurns } from '#src/lib/turns.ts';
import type { Draft } from '#src/model/event.ts';
import { Failure } from '#src/model/failure.ts';
import type { AccountKey } from '#src/model/ids.ts';
import { type Words, wordsIn } from '#src/model/language.ts';
import { revoked } from './mail-auth.ts';
import { loginOf } from './mail-login.ts';
import { type OwnMailbox, openOwnMailbox } from './session.ts';
import { loginEnds, accountTexts as texts } from './texts.ts';

/** Mailboxes that are read at the same time: mails are read by one worker. */
const READING = 8;
/** Notices to one user of mails that cannot be read. */
const NOTICES = { burst: 10, per_second: 1 / 3600 };

/** The mailboxes of users of a transport. */
export function openOwnMailboxes(transport: EmailTransport, intake: OwnIntake, paused: () => boolean) {
  const { host } = transport;
  const open = new Map<AccountKey, OwnMailbox>();
  /** What is read yet of sessions, also of those that have ended. */
  const reading = new Map<AccountKey, Promise<unknown>>();
  const inTurn = openTurns(READING);
  const notices = tokenBuckets(10_000, host.clock);
  let closed = false;

  async function connect(key: SessionKey, wish: Wish, signal: AbortSignal): Promise<Session> {
    if (closed) throw new Failure('stopping');
    const over = (): void => void open.delete(key.account);
    let made: OwnMailbox | undefined;
    try {
      const told = notices.of(key.account, NOTICES);
      made = await openOwnMailbox({ transport, intake, key, wish, signal, paused, inTurn, over, notices: told });
      open.set(key.account, made);
      reading.set(key.account, made.read);
      await host.state.write([
        { account: key.account, key: TOLD, value: null },
        { account: key.account, key: OWN_ADDRESS, value: made.address, seal: true },
      ]);
      await tellMissing(key, made.missing);
      return made.session;
    } catch (error) {
      // Nobody has a session of it who could close it.
      await made?.session.close('stopped');
      if (error instanceof Failure && error.code === 'password-required') await tell(key, wish, error);
      throw error;
    }
  }

  /** Tells a user once that they are not let in, until they are: who is asked again each time does not read it. */
  async function tell({ account, realm }: SessionKey, { credentials }: Wish, failure: Failure): Promise<void> {
    const { address, link } = loginOf(credentials);
    const known = await host.state.get({ account, key: TOLD });
    if (known === link) return;
    const language = host.language(account);
    const text = texts.told(address, wordsIn(failure.words, language));
    await host.emit([noteOf({ account, realm }, text)], [{ account, key: TOLD, value: link }]);
  }

  /** Tells a user once of folders that are not read because there are none of these names. */
  async function tellMissing({ account, realm }: SessionKey, missing: readonly string[]): Promise<void> {
    const known = await host.state.get({ account, key: MISSING });
    const value = missing.length === 0 ? undefined : JSON.stringify(missing);
    if (known === value) return;
    const notes = missing.map((name) => noteOf({ account, realm }, texts.noFolder(name)));
    await host.emit(notes, [{ account, key: MISSING, value: value ?? null, seal: true }]);
  }

  const noteOf = ({ account, realm }: SessionKey, text: Words): Draft => ({
    ...{ place: { kind: 'realm', account, realm }, from: { kind: 'network', id: '' } },
    ...{ kind: 'message', style: 'plain', text: wordsIn(text, host.language(account)) },
  });

  return {
    connect,
    /** Whose mailbox a session is; nothing for those for whom the operator acts. Throws a `Failure` for one that has ended. */
    of(session: Session | undefined): OwnMailbox | undefined {
      if (!session || session.stands) return undefined;
      const made = open.get(session.account);
      if (made?.session !== session) throw new Failure('recipient-unavailable');
      return made;
    },
    /** The mailbox of an account, while there is a session. */
    now: (account: AccountKey): OwnMailbox | undefined => open.get(account),
    changed: (account: AccountKey) => open.get(account)?.changed(),
    /** Its login is given up: nothing is read by it any more, and nothing is kept of how far it was. Resolves with what its user is told. */
    async unlink(account: AccountKey, { credentials }: AccountLogin): Promise<Words> {
      const kept = await host.state.list({ account, prefix: 'imap' });
      const ends = reading.get(account);
      await open.get(account)?.session.close('left');
      await ends;
      if (reading.get(account) === ends) reading.delete(account);
      // Somebody may have linked one again by now: of folders each link has its own, all else is that one's.
      const gone = open.has(account) ? kept.filter(({ key }) => key.includes('/')) : kept;
      await host.state.write(gone.map(({ key }) => ({ account, key, value: null })));
      const ended = await revoked(transport, credentials);
      return texts.unlinked(loginOf(credentials).address, ended === 'none' ? '' : loginEnds[ended]);
    },
    /** Its logins end at their providers. */
    async forget(logins: readonly AccountLogin[]): Promise<void> {
      for (const { credentials } of logins) await revoked(transport, credentials);
    },
    resume(): void {
      for (const made of open.values()) made.wake();
    },
    async close(): Promise<void> {
      closed = true;
      await Promise.all([...open.values()].map(({ session }) => session.close('stopped')));
    },
  };
}

const TOLD = 'imap-told';
const MISSING = 'imap-missing';
