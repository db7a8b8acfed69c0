import { CONFIG, configOf, parseOptions, UsageError } from './arguments.ts';
import type { Desk } from './control.ts';
import { renderList, renderTrace } from './queue-text.ts';
import { withDesk } from './with-desk.ts';

const STATES = ['ready', 'flight', 'taken', 'parked'] as const;
const OPTIONS = {
  ...CONFIG,
  json: { type: 'boolean' },
  full: { type: 'boolean' },
  body: { type: 'boolean' },
  transport: { type: 'string' },
  state: { type: 'string' },
  limit: { type: 'string' },
} as const;

type Options = ReturnType<typeof parseOptions>['values'];
type Verb = (desk: Desk, id: number, options: Options) => Promise<unknown>;

/** `isthmus queue`: what is owed, and what to do about it. 1 for what is refused, 78 for a bad config. */
export async function command(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseOptions(args, OPTIONS, 2);
  const [verb = 'list', word] = positionals;
  const work = VERBS[verb];
  if (!work) throw new UsageError(`queue cannot "${verb}", but list, show, retry and drop`);
  if (verb === 'list' && word !== undefined) throw new UsageError(`there is nothing to do with "${word}"`);
  const id = verb === 'list' ? 0 : idOf(word);
  return await withDesk(configOf(values), async (desk) => {
    const answer = await work(desk, id, values);
    return print(typeof answer === 'string' ? answer : `${JSON.stringify(answer)}\n`);
  });
}

const VERBS: Readonly<Record<string, Verb>> = {
  async list(desk, _id, options) {
    const max = numberOf(options.limit ?? '100', '--limit');
    const found = await desk.call('queue.list', {
      max,
      full: options.full === true,
      transport: typeof options.transport === 'string' ? options.transport : undefined,
      state: stateOf(options.state),
    });
    return options.json !== true ? renderList(found.entries, found.states) : found;
  },
  async show(desk, id, options) {
    const found = await desk.call('queue.show', { id, full: options.full === true, body: options.body === true });
    return options.json !== true ? renderTrace(found) : found;
  },
  retry: (desk, id) => desk.call('queue.retry', { id }).then(line),
  drop: (desk, id) => desk.call('queue.drop', { id }).then(line),
};

const line = (words: string): string => `${words}\n`;

function stateOf(given: unknown): (typeof STATES)[number] | undefined {
  const state = STATES.find((one) => one === given);
  if (given !== undefined && state === undefined) throw new UsageError(`--state is one of ${STATES.join(', ')}`);
  return state;
}

function idOf(word: string | undefined): number {
  if (word === undefined) throw new UsageError('the ID of a row is missing: "isthmus queue list" shows them');
  return numberOf(word, 'an ID');
}

function numberOf(given: unknown, what: string): number {
  const number = Number(given);
  if (!/^\d{1,15}$/.test(String(given)) || number < 1) throw new UsageError(`${what} is a whole number above 0`);
  return number;
}

function print(words: string): number {
  process.stdout.write(words);
  return 0;
}
