import { OUTAGE } from '#bridges/matrix/account/sync.ts';
import type { Homeserver } from '#bridges/matrix/homeserver/homeserver.ts';
import { texts } from '#bridges/matrix/texts.ts';
import type { Host } from '#src/bridge.ts';
import { Failure } from '#src/model/failure.ts';
import type { AccountKey } from '#src/model/ids.ts';
import { type Words, wordsIn } from '#src/model/language.ts';

/** What a homeserver answers that is there, be it a refusal. */
const isAnswer = (error: unknown): boolean => !(error instanceof Failure) || error.code !== 'remote-server-timeout';

/** Whether the homeserver answers, and who waits for it: they are told once that it has not for some time, and that it does again. */
export function openOutage({ clock, emit, language, log, signal }: Host) {
  /** Since when it has not answered. */
  let since: number | undefined;
  let cancel = (): void => undefined;
  const waiting = new Set<AccountKey>();
  const told = new Set<AccountKey>();

  /** Never rejects. */
  async function say(account: AccountKey, words: Words): Promise<void> {
    const place = { kind: 'realm', account, realm: '' } as const;
    const text = wordsIn(words, language(account));
    try {
      await emit([{ place, from: { kind: 'network', id: '' }, kind: 'message', text, style: 'notice' }]);
    } catch (err) {
      log.warn({ err }, 'a user could not be told of an outage');
    }
  }

  function tellWaiting(): void {
    if (since === undefined || clock.now() - since < OUTAGE || signal.aborted) return;
    const words = texts.notReached(new Date(since).toISOString().slice(11, 16));
    for (const account of waiting) {
      if (told.has(account)) continue;
      told.add(account);
      void say(account, words);
    }
  }

  function failed(): void {
    if (since !== undefined) return;
    since = clock.now();
    cancel = clock.after(OUTAGE, tellWaiting);
  }

  function answered(): void {
    if (since === undefined) return;
    since = undefined;
    cancel();
    for (const account of told) void say(account, texts.reachedAgain);
    told.clear();
    waiting.clear();
  }

  async function heard<T>(answer: Promise<T>, signal?: AbortSignal): Promise<T> {
    try {
      const value = await answer;
      answered();
      return value;
    } catch (error) {
      if (isAnswer(error)) answered();
      // Of what was given up, for it is known otherwise, no answer was to come.
      else if (!signal?.aborted || signal.reason instanceof Failure) failed();
      throw error;
    }
  }

  return {
    /** The same homeserver, with its answers heard. */
    watch: (server: Homeserver): Homeserver => ({
      call: (call) => heard(server.call(call), call.signal),
      json: (call) => heard(server.json(call), call.signal),
      bytes: (call) => heard(server.bytes(call), call.signal),
      upload: (content, about) => heard(server.upload(content, about)),
    }),
    /** What an account has said is kept until it answers. */
    waits(account: AccountKey): void {
      if (since === undefined) return;
      waiting.add(account);
      tellWaiting();
    },
    [Symbol.dispose]: () => cancel(),
  };
}

export type Outage = ReturnType<typeof openOutage>;
