import type { IrcConnection } from '#bridges/irc/connection/irc-connection.ts';
import type { Line } from '#bridges/irc/connection/server-view.ts';
import { decode } from '#bridges/irc/wire/decode.ts';
import { emit } from '#bridges/irc/wire/emit.ts';
import { Failure } from '#src/model/failure.ts';
import {
  type AnswerTo,
  ASKED,
  type AskedKind,
  type Collector,
  LISTED,
  NAMING_COMMAND,
  QUESTIONS,
  type QuestionKind,
  questionOf,
  subjectOf,
} from './question-table.ts';

/** Milliseconds that a server has to end what it answers a person. */
const PATIENCE = 30_000;

/** Who of the gateway waits for an answer. */
type Waiting = {
  readonly collector: Collector<unknown>;
  readonly answer: Promise<unknown>;
  readonly resolve: (answer: unknown) => void;
  readonly reject: (failure: Failure) => void;
  /** It goes when nothing else does. */
  readonly idle: boolean;
};

/** A question to the server. `waiting` is missing where a person has asked: the answer is shown then. */
export type Question = {
  readonly kind: QuestionKind;
  /** What it is about, folded, as far as that is not answered yet; empty where any name will do. */
  names: readonly string[];
  readonly waiting: Waiting | undefined;
  /** The order of writing, 0 while it waits for that. */
  seq: number;
  /** When the answer is overdue, and when at the latest, whatever has come of it. */
  until: number;
  latest?: number;
  /** `over`: answered or refused, but something may follow. */
  stage: 'asked' | 'begun' | 'over';
};

/** Whose questions they are. */
type Owner = Pick<IrcConnection, 'host' | 'clock' | 'view' | 'writer' | 'pending'>;

/**
 * All questions of one connection that lines of the server answer, of the gateway and of people. Servers answer in the
 * order of asking: a line belongs to whoever asked first of those whom it can answer.
 */
export class QuestionBook {
  readonly #owner: Owner;
  #open: Question[] | undefined;
  #expiry: (() => void) | undefined;

  constructor(owner: Owner) {
    this.#owner = owner;
  }

  /**
   * Asks, or waits for the answer to the same that was asked already. With `idle` the question goes when nothing else
   * does, and is no part of the limit. Rejects with a `Failure`.
   */
  ask<K extends AskedKind>(kind: K, name: string, { idle = false } = {}): Promise<AnswerTo<K>> {
    const { view, clock } = this.#owner;
    const { limit, patience, named, collect } = ASKED[kind];
    const names = named ? [view.fold(name)] : [];
    // What goes some time is not good enough for who cannot wait.
    const known = this.#same(kind, names).find(({ seq, waiting }) => idle || seq > 0 || !waiting?.idle);
    if (known?.waiting) return known.waiting.answer as Promise<AnswerTo<K>>;
    if (!idle && this.#same(kind).filter(({ waiting }) => !waiting?.idle).length >= limit)
      return Promise.reject(new Failure('queue-full'));
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    const collector = collect({ name, view, clock });
    const question: Question = {
      ...{ kind, names, seq: 0, stage: 'asked', waiting: { collector, answer: promise, resolve, reject, idle } },
      until: idle ? Number.POSITIVE_INFINITY : clock.now() + patience,
    };
    this.#add(question);
    this.#write(question, kind, name);
    return promise as Promise<AnswerTo<K>>;
  }

  /** A person's line has been written; if it is a question, the answer is theirs. */
  asked(text: string): void {
    const { view, clock, pending } = this.#owner;
    const question = questionOf(text);
    if (!question) return;
    const names = question.names.map((name) => view.fold(name));
    this.#add({
      ...{ kind: question.kind, names, seq: pending.number(), stage: 'asked', waiting: undefined },
      until: clock.now() + PATIENCE,
    });
  }

  /** Takes a line in; true if it is part of an answer, so that it is for nobody else. */
  answered(line: Line): boolean {
    const question = this.#open && this.#reader(line);
    if (!question) return false;
    if (question.waiting) this.#collect(question, line);
    else {
      emit(this.#owner.host, decode(line, this.#owner.view));
      question.stage = question.stage === 'over' ? 'over' : 'begun';
      if (QUESTIONS[question.kind].ends.has(line.command)) this.#shown(question, line);
    }
    return true;
  }

  /** A line that is no numeric answers a question; false if nobody has asked that. */
  end(kind: AskedKind, name: string, line: Line): boolean {
    const question = this.#same(kind, [this.#owner.view.fold(name)])[0];
    if (question) this.#done(question, line);
    return question !== undefined;
  }

  /** A person's question is answered otherwise than by showing its lines; false if nobody has asked that. */
  told(kind: QuestionKind): boolean {
    const question = this.#first((one) => one.kind === kind && !one.waiting);
    if (question) this.#remove(question);
    return question !== undefined;
  }

  /** What a numeric refuses: the question that was written first of those that it can mean. */
  refused(line: Line): Question | undefined {
    const given = line.params[1] ?? '';
    const name = this.#owner.view.fold(given);
    const meant = (question: Question): boolean => {
      const { command, refusals } = QUESTIONS[question.kind];
      // RFC 2812 §5.2: 472 names the letter.
      if (line.command === '472' && refusals.has('472') && LISTED.get(given) === question.kind) return true;
      if (NAMING_COMMAND.has(line.command) && name === this.#owner.view.fold(command)) return true;
      return refusals.has(line.command) && question.names.includes(name);
    };
    return this.#first((question) => question.stage !== 'over' && meant(question));
  }

  /** Ends a question that was refused; false where a person is to be shown so. */
  refuse(question: Question, failure: Failure): boolean {
    question.waiting?.reject(failure);
    this.#over(question);
    return question.waiting !== undefined;
  }

  /** The server has read all up to this number: what it has not begun to answer to people needs no answer. */
  proven(seq: number): void {
    if (!this.#open) return;
    const rest = this.#open.filter((one) => one.waiting || one.seq > seq || one.stage === 'begun');
    this.#keep(rest);
  }

  /** Whether the gateway waits for an answer. */
  waits(kind: AskedKind, name: string): boolean {
    return this.#same(kind, [this.#owner.view.fold(name)]).length > 0;
  }

  /** The connection is gone. */
  fail(failure: Failure): void {
    const all = this.#open ?? [];
    this.#keep([]);
    for (const { waiting } of all) waiting?.reject(failure);
  }

  /** What the gateway asks of a kind (and about the same) and is not answered yet. */
  #same(kind: AskedKind, names?: readonly string[]): Question[] {
    return (this.#open ?? []).filter(
      (one) => one.kind === kind && one.waiting && one.stage !== 'over' && (!names || one.names[0] === names[0]),
    );
  }

  #write(question: Question, kind: AskedKind, name: string): void {
    const { writer, pending, clock } = this.#owner;
    const { line, urgent, patience } = ASKED[kind];
    const sent = (): void => {
      question.seq = pending.number();
      if (question.until !== Number.POSITIVE_INFINITY) return;
      question.until = clock.now() + patience;
      this.#wait();
    };
    try {
      if (question.waiting?.idle) writer.later(line(name), sent);
      else if (!urgent) writer.send(line(name), sent);
      else {
        writer.urgent(line(name));
        sent();
      }
    } catch (error) {
      this.#fail(question, error instanceof Failure ? error : new Failure('internal', { cause: error }));
    }
  }

  /** Whose answer a line is a part of: who waits comes first, unless it may still follow an earlier refusal. */
  #reader(line: Line): Question | undefined {
    const name = this.#owner.view.fold(subjectOf(line));
    const fits = ({ names }: Question): boolean => names.length === 0 || names.includes(name);
    const waits = this.#first((one) => {
      const { rows, ends } = QUESTIONS[one.kind];
      return one.stage !== 'over' && (rows.has(line.command) || ends.has(line.command)) && fits(one);
    });
    if (waits?.stage === 'begun') return waits;
    const over = this.#first((one) => one.stage === 'over' && QUESTIONS[one.kind].after.has(line.command) && fits(one));
    return over && (!waits || over.seq < waits.seq) ? over : waits;
  }

  #first(wanted: (question: Question) => boolean): Question | undefined {
    let first: Question | undefined;
    for (const one of this.#open ?? []) {
      if (one.seq > 0 && (!first || one.seq < first.seq) && wanted(one)) first = one;
    }
    return first;
  }

  #collect(question: Question, line: Line): void {
    if (question.stage === 'over') return this.#remove(question);
    if (QUESTIONS[question.kind].ends.has(line.command)) return this.#done(question, line);
    const asked = ASKED[question.kind as AskedKind];
    question.stage = 'begun';
    if (asked.longest !== undefined) this.#renew(question, asked.patience, asked.longest);
    question.waiting?.collector.row?.(line);
  }

  #renew(question: Question, patience: number, longest: number): void {
    const now = this.#owner.clock.now();
    question.latest ??= now + longest;
    question.until = Math.min(now + patience, question.latest);
  }

  #done(question: Question, line: Line): void {
    this.#remove(question);
    question.waiting?.resolve(question.waiting.collector.end(line));
  }

  /** A person has been shown the last line about one of the names, or about the only one. */
  #shown(question: Question, line: Line): void {
    const name = this.#owner.view.fold(subjectOf(line));
    const rest = question.names.filter((one) => one !== name);
    if (rest.length > 0) question.names = rest;
    else this.#over(question);
  }

  #over(question: Question): void {
    question.stage = 'over';
    if (QUESTIONS[question.kind].after.size === 0) this.#remove(question);
  }

  #fail(question: Question, failure: Failure): void {
    this.#remove(question);
    question.waiting?.reject(failure);
  }

  #add(question: Question): void {
    this.#open ??= [];
    this.#open.push(question);
    this.#wait();
  }

  #remove(question: Question): void {
    this.#keep((this.#open ?? []).filter((one) => one !== question));
  }

  #keep(open: Question[]): void {
    this.#open = open.length === 0 ? undefined : open;
    if (this.#open) return;
    this.#expiry?.();
    this.#expiry = undefined;
  }

  // One timer for all: when it rings too early, it is set anew.
  #wait(): void {
    const { clock } = this.#owner;
    if (this.#expiry || !this.#open) return;
    const next = Math.min(...this.#open.map(({ until }) => until));
    if (next !== Number.POSITIVE_INFINITY)
      this.#expiry = clock.after(Math.max(next - clock.now(), 0), () => this.#expire());
  }

  #expire(): void {
    const now = this.#owner.clock.now();
    this.#expiry = undefined;
    for (const one of [...(this.#open ?? [])])
      if (one.until <= now) this.#fail(one, new Failure('remote-server-timeout'));
    this.#wait();
  }
}
