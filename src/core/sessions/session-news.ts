import type { SessionKey } from '#src/bridge.ts';
import type { Failure } from '#src/model/failure.ts';

/** What sessions tell. */
export type SessionNews = {
  /** The session is there: its rooms are to be joined, and what waited for it goes. */
  online(key: SessionKey): void;
  /** It has changed its phase. */
  changed(key: SessionKey): void;
  /** Nothing wants a session any more that was being made: nobody will take what waits for it. */
  released(key: SessionKey): void;
  /** It is tried again later, and what waits for it would wait in vain. */
  refused(key: SessionKey, failure: Failure): void;
  /** It is given up, with everything in it. */
  abandoned(key: SessionKey, failure: Failure): void;
};
