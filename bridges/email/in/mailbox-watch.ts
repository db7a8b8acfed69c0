import type { ImapFlow } from 'imapflow';
import type { Clock } from '#src/lib/time/clock.ts';
import type { MailFolder } from './mail-folder.ts';

/** A mailbox that is read as mail comes, as long as its line is there. */
export type MailboxWatch = {
  /** Looks at once. */
  wake(): void;
  /** Resolves once it is not read any more. */
  close(): Promise<void>;
  /** Resolves with nothing after `close`, and with what went wrong where the line was lost. */
  readonly over: Promise<unknown>;
};

type WatchParts = {
  readonly clock: Clock;
  readonly line: ImapFlow;
  /** The first is waited in (IDLE, RFC 2177), and selected; the others are looked at beside it. */
  readonly folders: readonly [MailFolder, ...MailFolder[]];
  /** Whether nothing is read at the moment, though the line is there. */
  paused(): boolean;
  /** Does what reads mails in its turn. */
  inTurn?(work: () => Promise<void>): Promise<void>;
};

/** How long the server may be silent about news before the mailbox is looked at, in milliseconds. */
const LOOK = 300_000;
/** When the mailbox is looked at and waited in again whose server has ended the wait (IDLE), or has refused it, in milliseconds. */
const ENDED = 60_000;

/** Reads what has come and comes. */
export function openMailboxWatch({ clock, line, folders, paused, ...parts }: WatchParts): MailboxWatch {
  const [main, ...others] = folders;
  let closing = false;
  let wake = (): void => undefined;
  const inTurn = parts.inTurn ?? ((work) => work());
  let selected = main;
  let tried = clock.now();

  /** Resolves when somebody wakes it, or after that time. */
  const sleep = (ms: number): Promise<void> =>
    new Promise((done) => {
      const cancel = clock.after(ms, done);
      wake = () => {
        cancel();
        done();
      };
      if (closing) wake();
    });

  async function select(folder: MailFolder): Promise<void> {
    if (selected === folder) return;
    await folder.select(line);
    selected = folder;
  }

  async function read(again: boolean): Promise<void> {
    for (const folder of others) {
      if (closing || !(again || (await folder.hasNews(line)))) continue;
      await select(folder);
      await folder.news(line);
      if (again) await folder.again(line);
    }
    await select(main);
    await main.news(line);
    if (again) await main.again(line);
  }

  async function run(): Promise<void> {
    await inTurn(() => main.again(line));
    while (!closing && line.usable) {
      if (paused()) {
        await sleep(LOOK);
        continue;
      }
      // What comes from here on wakes it.
      const news = sleep(LOOK);
      const look = wake;
      const again = clock.now() - tried >= LOOK;
      if (again) tried = clock.now();
      await inTurn(() => read(again));
      if (closing) return;
      await waited(news, look);
    }
  }

  /** Waits in the folder until there is news. A server that ends the wait may end each at once: then it is asked after a while. */
  async function waited(news: Promise<void>, look: () => void): Promise<void> {
    let waits = true;
    let cancel = (): void => undefined;
    const ended = (): void => {
      if (waits) cancel = clock.after(ENDED, look);
    };
    void line.idle().then(ended, ended);
    await news;
    waits = false;
    cancel();
  }

  const woken = (): void => wake();
  for (const event of ['exists', 'close', 'error'] as const) line.on(event, woken);
  const over = run().then(
    () => (closing ? undefined : new Error('The line was lost.')),
    (error: unknown) => (closing ? undefined : error),
  );
  return {
    wake: woken,
    over,
    async close() {
      closing = true;
      wake();
      line.close();
      await over;
    },
  };
}
