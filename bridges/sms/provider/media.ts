import type { WaitingFile } from '#bridges/sms/routing/state.ts';
import { texts } from '#bridges/sms/texts/catalogue.ts';
import { baseOf } from '#bridges/sms/texts/decode.ts';
import type { SmsTransport } from '#bridges/sms/transport.ts';
import type { Draft } from '#src/model/event.ts';
import { Failure } from '#src/model/failure.ts';
import type { AccountKey } from '#src/model/ids.ts';
import { spoken } from '#src/model/language.ts';

/** Waits before a file is asked for again, in milliseconds: providers tell of files that are not ready yet. */
const LEAST_WAIT = 1000;
const WAITS = [LEAST_WAIT, 2000, 4000, 8000, 15_000, 30_000];
/** After those it is asked for as often as what was missed is. */
const MOST_ATTEMPTS = WAITS.length + 4;
/** Providers pass on files of a few megabytes. */
const MOST_BYTES = 16 * 1024 * 1024;

/** Files that came with texts: fetched with the provider's credentials, and told under an address of ours. */
export type MediaDownloads = {
  /** Fetches all that waits and is due. Never rejects; a second call while one is under way makes it look again. */
  fetchAll(): Promise<void>;
  /** Begins nothing more. */
  stop(): void;
};

export function openMediaDownloads({ host, config, state, provider }: SmsTransport): MediaDownloads {
  /** When a file is asked for again; at once where nothing is said. */
  const due = new Map<string, number>();
  let running: Promise<void> | undefined;
  let again = false;
  let stopped = false;
  let cancel: (() => void) | undefined;

  const over = (): boolean => stopped || host.signal.aborted;

  async function look(): Promise<void> {
    const waiting = await state.files();
    const known = new Set(waiting.map(({ key }) => key));
    for (const key of due.keys()) if (!known.has(key)) due.delete(key);
    for (const { key, file } of waiting) {
      if (over()) return;
      if ((due.get(key) ?? 0) <= host.clock.now()) await fetchOne(key, file);
    }
  }

  async function fetchOne(key: string, file: WaitingFile): Promise<void> {
    try {
      await fetchFile(key, file);
      due.delete(key);
    } catch (error) {
      await retry(key, file, error);
    }
  }

  async function fetchFile(key: string, file: WaitingFile): Promise<void> {
    const response = await provider.file(file.url, (url) => host.fetch(url, { maxBytes: MOST_BYTES }));
    if (!response.ok || !response.body) throw new Failure('item-not-found', { foreign: String(response.status) });
    const type = response.headers.get('content-type') ?? undefined;
    const account = file.account as AccountKey;
    const { expires: _, ...kept } = await host.media.put(response.body, {
      ...(type !== undefined && { type }),
      account,
    });
    await host.emit([draftOf(key, file, { text: '', files: [kept] })], [state.writeFile(key, null)]);
  }

  async function retry(key: string, file: WaitingFile, error: unknown): Promise<void> {
    if (over()) return;
    const attempts = file.attempts + 1;
    host.log.warn({ err: error, attempts }, 'a file of a text could not be fetched');
    due.set(key, host.clock.now() + (WAITS[file.attempts] ?? config.poll));
    if (attempts < MOST_ATTEMPTS && !isFinal(error))
      return void (await host.emit([], [state.writeFile(key, { ...file, attempts })]));
    const lost = draftOf(key, file, spoken(texts.fileLost, host.language(file.account as AccountKey)));
    await host.emit([lost], [state.writeFile(key, null)]);
    due.delete(key);
  }

  /** The next file is not waited for by the next poll. */
  function wake(): void {
    cancel?.();
    cancel = undefined;
    if (due.size === 0 || over()) return;
    const wait = Math.min(...due.values()) - host.clock.now();
    // What could not even be looked for is not looked for without a pause.
    cancel = host.clock.after(Math.max(LEAST_WAIT, wait), () => void fetchAll());
  }

  async function work(): Promise<void> {
    while (again && !over()) {
      again = false;
      await look().catch((error: unknown) => host.log.error({ err: error }, 'files of texts cannot be fetched'));
    }
    running = undefined;
    wake();
  }

  async function fetchAll(): Promise<void> {
    again = true;
    running ??= work();
    await running;
  }

  return {
    fetchAll,
    stop() {
      stopped = true;
      cancel?.();
    },
  };
}

/** Whether another try fares no better: the file is too large, or lies where nothing is fetched from. */
const isFinal = (error: unknown): boolean =>
  error instanceof Failure && ['too-large', 'not-allowed', 'policy-violation'].includes(error.code);

type Content = { readonly text: string; readonly files?: readonly { readonly url: string }[] };

function draftOf(key: string, { account, their, thread, at, name }: WaitingFile, content: Content): Draft {
  const view = { account: account as AccountKey, their, thread, seen: [], ...(name !== undefined && { name }) };
  return { ...baseOf(view, key, at), kind: 'message', style: 'plain', thread, ...content };
}
