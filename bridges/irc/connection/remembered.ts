import { createHash } from 'node:crypto';
import { realmNotice } from '#bridges/irc/wire/drafts.ts';
import { emit } from '#bridges/irc/wire/emit.ts';
import type { SessionKey, StateKey } from '#src/bridge.ts';
import type { ConnectionSetup } from './realm.ts';

/** Where the digest of the message of the day is kept that somebody was told last. */
export const motdKey = ({ account, realm }: SessionKey): StateKey => ({ account, key: `motd ${realm.toLowerCase()}` });

/** Where the nick is kept that somebody has asked for last. */
export const nickKey = ({ account, realm }: SessionKey): StateKey => ({ account, key: `nick ${realm.toLowerCase()}` });

/** What is kept of a connection for those after it, also after a restart. */
export class Remembered {
  readonly #setup: ConnectionSetup;
  readonly #key: SessionKey;
  #motd: string | undefined;
  #nick: string | undefined;

  constructor(setup: ConnectionSetup, key: SessionKey) {
    this.#setup = setup;
    this.#key = key;
    this.#motd = setup.motd;
    this.#nick = setup.nick;
  }

  /** The message of the day has been read: it is told to who has asked, or where it is new. */
  motd(text: string, asked: boolean): void {
    const digest = createHash('sha256').update(text).digest('base64url');
    if (!asked && digest === this.#motd) return;
    emit(this.#setup.host, realmNotice(this.#key, text));
    if (digest === this.#motd) return;
    this.#motd = digest;
    this.#note(motdKey(this.#key), digest);
  }

  /** That nick is asked for when nobody says otherwise. */
  nick(nick: string): void {
    if (nick === this.#nick) return;
    this.#nick = nick;
    this.#note(nickKey(this.#key), nick);
  }

  #note(at: StateKey, value: string): void {
    const { state, log } = this.#setup.host;
    state.put(at, value).catch((err: unknown) => log.error({ err, key: at.key }, 'something was not noted'));
  }
}
