import type { WaitingFile } from '#bridges/sms/routing/memory.ts';
import { baseOf } from '#bridges/sms/texts/decode.ts';
import type { Parts } from '#bridges/sms/transport.ts';
import type { Draft } from '#src/model/event.ts';
import { Failure } from '#src/model/failure.ts';
import type { AccountKey } from '#src/model/ids.ts';

const MOST_ATTEMPTS = 5;
/** Providers pass on files of a few megabytes. */
const MOST_BYTES = 16 * 1024 * 1024;

/** Files that came with texts: fetched with the provider's credentials, and told under an address of ours. */
export type Files = {
  /** Fetches all that waits. Never rejects; a second call while one is under way makes it look again. */
  fetchAll(): Promise<void>;
};

export function openFiles({ host, memory, provider }: Parts): Files {
  let running: Promise<void> | undefined;
  let again = false;

  async function fetchAll(): Promise<void> {
    for (const { key, file } of await memory.files()) {
      if (host.signal.aborted) return;
      await fetchOne(key, file).catch((error: unknown) => retry(key, file, error));
    }
  }

  async function fetchOne(key: string, file: WaitingFile): Promise<void> {
    const response = await provider.file(file.url, (url) => host.fetch(url, { maxBytes: MOST_BYTES }));
    if (!response.ok || !response.body) throw new Failure('item-not-found', { foreign: String(response.status) });
    const type = response.headers.get('content-type') ?? undefined;
    const account = file.account as AccountKey;
    const { expires: _, ...kept } = await host.media.put(response.body, {
      ...(type !== undefined && { type }),
      account,
    });
    await host.emit([draftOf(key, file, { text: '', files: [kept] })], [memory.writeFile(key, null)]);
  }

  async function retry(key: string, file: WaitingFile, error: unknown): Promise<void> {
    host.log.warn({ err: error, attempts: file.attempts + 1 }, 'a file of a text could not be fetched');
    const attempts = file.attempts + 1;
    if (attempts < MOST_ATTEMPTS) return host.emit([], [memory.writeFile(key, { ...file, attempts })]);
    const lost = draftOf(key, file, { text: '[A file came with this text, and could not be fetched.]' });
    await host.emit([lost], [memory.writeFile(key, null)]);
  }

  return {
    async fetchAll() {
      again = true;
      running ??= (async () => {
        while (again) {
          again = false;
          await fetchAll().catch((error: unknown) =>
            host.log.error({ err: error }, 'files of texts cannot be fetched'),
          );
        }
        running = undefined;
      })();
      await running;
    },
  };
}

type Content = { readonly text: string; readonly files?: readonly { readonly url: string }[] };

function draftOf(key: string, { account, their, thread, at }: WaitingFile, content: Content): Draft {
  const view = { account: account as AccountKey, their, thread, seen: [] };
  return { ...baseOf(view, key, at), kind: 'message', style: 'plain', thread, ...content };
}
