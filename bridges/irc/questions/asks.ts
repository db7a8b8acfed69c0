import type { LineWriter } from '#bridges/irc/connection/line-writer.ts';
import type { Line } from '#bridges/irc/connection/server-view.ts';
import { line as makeLine } from '#bridges/irc/wire/encode.ts';
import type { Clock } from '#src/lib/clock.ts';
import { Failure } from '#src/model/failure.ts';

/** Questions that one connection may have open, and milliseconds that a server has for each. */
const LIMIT = 20;
const PATIENCE = 30_000;
/** Rows of a list that are read; what is beyond is dropped. */
const ROWS = 1000;

type What = 'modes' | 'bans';
type Question = {
  readonly rows: string[];
  readonly answer: Promise<readonly string[]>;
  done(): void;
  fail(failure: Failure): void;
};

/** Questions about channels, which the server answers with numerics. */
export class Asks {
  readonly #clock: Clock;
  readonly #fold: (name: string) => string;
  readonly #writer: Pick<LineWriter, 'send'>;
  #open: Map<string, Question> | undefined;

  /** `fold` is how the server compares names. */
  constructor(clock: Clock, writer: Pick<LineWriter, 'send'>, fold: (name: string) => string) {
    this.#fold = fold;
    this.#clock = clock;
    this.#writer = writer;
  }

  /** Resolves once the server has told the channel's modes (324). Rejects with a `Failure`. */
  async modes(channel: string): Promise<void> {
    await this.#start('modes', channel);
  }

  /** The channel's ban list (367, 368). Rejects with a `Failure`. */
  bans(channel: string): Promise<readonly string[]> {
    return this.#start('bans', channel);
  }

  /** True for a line that answers one of them alone, so that nobody else needs it. */
  take({ command, params: [, channel, mask = ''] }: Line): boolean {
    if (this.#open === undefined) return false;
    if (command === '324') this.#find('modes', channel)?.done();
    const bans = command === '367' || command === '368' ? this.#find('bans', channel) : undefined;
    if (!bans) return false;
    if (command === '368') bans.done();
    else if (bans.rows.length < ROWS && mask !== '') bans.rows.push(mask);
    return true;
  }

  /** A numeric refuses something in a channel; false if nothing was asked about it. */
  refused(channel: string, failure: Failure): boolean {
    const question = this.#find('modes', channel) ?? this.#find('bans', channel);
    question?.fail(failure);
    return question !== undefined;
  }

  fail(failure: Failure): void {
    for (const question of [...(this.#open?.values() ?? [])]) question.fail(failure);
  }

  #find(what: What, channel = ''): Question | undefined {
    return this.#open?.get(this.#keyOf(what, channel));
  }

  #keyOf(what: What, channel: string): string {
    return `${what} ${this.#fold(channel)}`;
  }

  #start(what: What, channel: string): Promise<readonly string[]> {
    this.#open ??= new Map();
    const key = this.#keyOf(what, channel);
    const known = this.#open.get(key);
    if (known) return known.answer;
    if (this.#open.size >= LIMIT) return Promise.reject(new Failure('queue-full'));
    const question = this.#question(() => this.#open?.delete(key));
    this.#open.set(key, question);
    try {
      this.#writer.send(makeLine('MODE', what === 'bans' ? [channel, 'b'] : [channel]));
    } catch (error) {
      question.fail(error instanceof Failure ? error : new Failure('internal', { cause: error }));
    }
    return question.answer;
  }

  #question(closed: () => void): Question {
    const { promise, resolve, reject } = Promise.withResolvers<readonly string[]>();
    const rows: string[] = [];
    const close = () => {
      cancel();
      closed();
    };
    const question: Question = {
      rows,
      answer: promise,
      done: () => {
        close();
        resolve(rows);
      },
      fail: (failure) => {
        close();
        reject(failure);
      },
    };
    const cancel = this.#clock.after(PATIENCE, () => question.fail(new Failure('remote-server-timeout')));
    return question;
  }
}
