import { Worker } from 'node:worker_threads';
import type { WrittenMail } from './clean/clean.ts';
import { type CleanText, type MailParser, MailRefused, type ParsedMail, type SlimMail } from './mail.ts';

/** What the worker is asked, and its answer to each in turn. A mail that answers none comes with what `clean` makes of it without `sent`. */
export type ParserAsk = { readonly slim: SlimMail } | { readonly clean: WrittenMail; readonly sent: readonly string[] };
export type ParserAnswer =
  | { readonly done: ParsedMail | CleanText; readonly clean?: CleanText }
  | { readonly refused: { readonly status: number; readonly enhanced: string; readonly text: string } }
  | { readonly broken: string };
/** What the worker tells once it has started, and with each answer: the time that the processor has had for it so far. */
export type ParserReport = (ParserAnswer | object) & { readonly spent: NodeJS.CpuUsage };

type Due = {
  readonly ask: ParserAsk;
  readonly resolve: (answer: ParserAnswer) => void;
  readonly reject: (reason: Error) => void;
};

/** Milliseconds of a processor that one mail may take, and megabytes. A usual one takes two. */
const LONGEST_WORK = 5000;
const MOST_MEMORY = 192;

const inMs = ({ user, system }: NodeJS.CpuUsage): number => (user + system) / 1000;

const isAnswer = (report: ParserReport | ParserAnswer): report is ParserReport & ParserAnswer =>
  'done' in report || 'refused' in report || 'broken' in report;

const tooComplicated = (): MailRefused => new MailRefused(554, '5.6.0', 'The mail is too complicated.');

/**
 * Reads mails in a worker, one after the other. A mail that takes too long or too much memory is refused, and the worker is replaced;
 * the others wait meanwhile. `worker` is its `#` specifier.
 */
export function openMailParser(longest = LONGEST_WORK, worker = '#bridges/email/wire/parser.worker.ts'): MailParser {
  const due: Due[] = [];
  /** What came with a mail, for as long as that is held. */
  const cleaned = new WeakMap<ParsedMail, CleanText>();
  let thread: Worker | undefined;
  /** What the worker had spent before the mail in hand; undefined while it starts. */
  let before: number | undefined;
  let timer: NodeJS.Timeout | undefined;
  let closed = false;

  function start(): Worker {
    const resourceLimits = { maxOldGenerationSizeMb: MOST_MEMORY, maxYoungGenerationSizeMb: 16 };
    const started = new Worker(new URL(import.meta.resolve(worker)), { execArgv: [], resourceLimits });
    before = undefined;
    started.on('message', (report: ParserReport) => {
      if (started !== thread) return;
      before = inMs(report.spent);
      if (isAnswer(report)) settle((work) => work.resolve(report));
    });
    started.on('error', () => replace(started));
    started.on('exit', () => replace(started));
    return started;
  }

  /** The mail in hand has broken the worker, or took too long. */
  function replace(broken: Worker): void {
    if (broken !== thread) return;
    thread = undefined;
    void broken.terminate();
    settle((work) => work.reject(tooComplicated()));
  }

  /** A busy machine is no fault of the mail: what counts is what its worker was let do. */
  async function look(busy: Worker, work: Due): Promise<void> {
    if (before === undefined) return watch(busy, work, longest);
    const spent = inMs(await busy.cpuUsage());
    if (busy !== thread || work !== due[0]) return;
    const left = longest - (spent - before);
    if (left <= 0) replace(busy);
    else watch(busy, work, left);
  }

  function watch(busy: Worker, work: Due, ms: number): void {
    timer = setTimeout(() => void look(busy, work).catch(() => replace(busy)), ms);
  }

  function settle(tell: (work: Due) => void): void {
    clearTimeout(timer);
    const work = due.shift();
    if (work) tell(work);
    next();
  }

  function next(): void {
    const work = due[0];
    if (!work || closed) return thread?.unref();
    const busy = (thread ??= start());
    busy.ref();
    watch(busy, work, longest);
    busy.postMessage(work.ask);
  }

  async function ask(question: ParserAsk): Promise<Extract<ParserAnswer, { done: unknown }>> {
    if (closed) throw new MailRefused(451, '4.3.2', 'The gateway is stopping.');
    const { promise, resolve, reject } = Promise.withResolvers<ParserAnswer>();
    if (due.push({ ask: question, resolve, reject }) === 1) next();
    const answer = await promise;
    if ('refused' in answer) throw new MailRefused(answer.refused.status, answer.refused.enhanced, answer.refused.text);
    if ('broken' in answer) throw tooComplicated();
    return answer;
  }

  return {
    async parse(slim) {
      const { done, clean } = (await ask({ slim })) as { done: ParsedMail; clean?: CleanText };
      if (clean) cleaned.set(done, clean);
      return done;
    },
    async clean(mail, sent) {
      const known = sent.length === 0 ? cleaned.get(mail) : undefined;
      if (known) return known;
      const { from, subject, text, html, chat } = mail;
      const clean = {
        from,
        ...(subject && { subject }),
        ...(text && { text }),
        ...(html && { html }),
        ...(chat && { chat }),
      };
      return ((await ask({ clean, sent })) as { done: CleanText }).done;
    },
    async [Symbol.asyncDispose]() {
      closed = true;
      clearTimeout(timer);
      const stopping = thread;
      thread = undefined;
      for (const { reject } of due.splice(0)) reject(new MailRefused(451, '4.3.2', 'The gateway is stopping.'));
      await stopping?.terminate();
    },
  };
}
