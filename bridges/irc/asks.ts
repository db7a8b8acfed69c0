import type { Clock } from '#src/lib/clock.ts';
import { Failure } from '#src/model/failure.ts';
import { line as makeLine } from './encode.ts';
import { foldName } from './names.ts';
import type { Line } from './view.ts';

/** Questions that one connection may have open, and milliseconds that a server has for each. */
const LIMIT = 20;
const PATIENCE = 30_000;
/** Rows of a list that are read; what is beyond is dropped. */
const ROWS = 1000;

type Question = { readonly rows: string[]; done(): void; fail(failure: Failure): void };

/** Questions about channels, which the server answers with numerics. */
export type Asks = {
  /** Resolves once the server has told the channel's modes (324). Rejects with a `Failure`. */
  modes(channel: string): Promise<void>;
  /** The channel's ban list (367, 368). Rejects with a `Failure`. */
  bans(channel: string): Promise<readonly string[]>;
  /** True for a line that answers one of them alone, so that nobody else needs it. */
  take(line: Line): boolean;
  /** A numeric refuses something in a channel; false if nothing was asked about it. */
  refused(channel: string, failure: Failure): boolean;
  fail(failure: Failure): void;
};

/** `write` sends a line, and may throw a `Failure`. */
export function openAsks(clock: Clock, write: (line: string) => void): Asks {
  const open = new Map<string, { readonly question: Question; readonly answer: Promise<readonly string[]> }>();

  function start(what: 'modes' | 'bans', channel: string): Promise<readonly string[]> {
    const key = `${what} ${foldName(channel)}`;
    const known = open.get(key);
    if (known) return known.answer;
    if (open.size >= LIMIT) return Promise.reject(new Failure('queue-full'));
    const { promise, resolve, reject } = Promise.withResolvers<readonly string[]>();
    const rows: string[] = [];
    const close = () => {
      cancel();
      open.delete(key);
    };
    const question: Question = {
      rows,
      done: () => {
        close();
        resolve(rows);
      },
      fail: (failure) => {
        close();
        reject(failure);
      },
    };
    const cancel = clock.after(PATIENCE, () => question.fail(new Failure('remote-server-timeout')));
    open.set(key, { question, answer: promise });
    try {
      write(makeLine('MODE', what === 'bans' ? [channel, 'b'] : [channel]));
    } catch (error) {
      question.fail(error instanceof Failure ? error : new Failure('internal', { cause: error }));
    }
    return promise;
  }

  const find = (what: 'modes' | 'bans', channel = ''): Question | undefined =>
    open.get(`${what} ${foldName(channel)}`)?.question;

  return {
    modes: async (channel) => void (await start('modes', channel)),
    bans: (channel) => start('bans', channel),
    take({ command, params: [, channel, mask = ''] }) {
      if (command === '324') find('modes', channel)?.done();
      const bans = command === '367' || command === '368' ? find('bans', channel) : undefined;
      if (!bans) return false;
      if (command === '368') bans.done();
      else if (bans.rows.length < ROWS && mask !== '') bans.rows.push(mask);
      return true;
    },
    refused(channel, failure) {
      const question = find('modes', channel) ?? find('bans', channel);
      question?.fail(failure);
      return question !== undefined;
    },
    fail(failure) {
      for (const { question } of [...open.values()]) question.fail(failure);
    },
  };
}
