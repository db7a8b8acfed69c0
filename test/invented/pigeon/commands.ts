import { act, type Command, type Step } from '#src/bridge.ts';
import { Failure } from '#src/model/failure.ts';
import type { Answer } from '#src/model/form.ts';
import type { PigeonConfig } from './config.ts';

type Run = Command<PigeonConfig>['run'];
const PAGE = { max: 100 };

const where: Run = async function* ({ config }): AsyncGenerator<Step, string, Answer> {
  const link = `pigeon://${config.host}:${config.port}`;
  yield { kind: 'show', text: 'The loft is here:', url: link, qr: link };
  return 'The loft is there.';
};

const count: Run = async function* ({ bridge, session, place }): AsyncGenerator<Step, string, Answer> {
  if (place.kind !== 'realm') throw new Failure('bad-request');
  const asking = bridge.ask({ kind: 'people', realm: place.realm, page: { max: 1 }, match: '' }, session);
  yield { kind: 'wait', text: 'The loft is asked.', until: asking };
  const people = await asking;
  return `${people.count ?? 0} people live here.`;
};

const find: Run = async function* ({ bridge, session, place }): AsyncGenerator<Step, string, Answer> {
  const words = { name: 'words', label: 'Words to look for', type: 'text', required: true } as const;
  const filled = yield { kind: 'form', form: { title: 'Find', fields: [words] } };
  const wanted = (filled.words?.[0] ?? '').toLowerCase();
  const { events } = await bridge.ask({ kind: 'history', place, page: PAGE }, session);
  const texts = events.flatMap((event) => (event.kind === 'message' ? event.text : []));
  return texts.filter((text) => text.toLowerCase().includes(wanted)).join('\n');
};

const about: Run = async function* ({ bridge, session, place }): AsyncGenerator<Step, string, Answer> {
  if (place.kind !== 'contact') throw new Failure('bad-request');
  const asking = bridge.ask({ kind: 'profile', who: place.id, realm: '' }, session);
  yield { kind: 'wait', text: 'The loft is asked.', until: asking };
  const { name = place.id } = await asking;
  return `This is ${name}.`;
};

const recall: Run = async function* ({ sessions }): AsyncGenerator<Step, string, Answer> {
  const all = sessions.list();
  const inRooms = all.flatMap((key) => sessions.clients(key)).length;
  yield* act(() => Promise.all(all.map((key) => sessions.end(key, 'All pigeons were recalled.'))));
  return `${all.length} lines have ended, with ${inRooms} clients in rooms.`;
};

/** One for each place that a command can be on. */
export const commands: readonly Command<PigeonConfig>[] = [
  { node: 'where', on: 'gateway', who: 'admin', title: 'Where the loft is', run: where },
  { node: 'recall', on: 'gateway', who: 'admin', title: 'Recall all pigeons', run: recall },
  { node: 'count', on: 'realm', who: 'user', title: 'How many live here', run: count },
  {
    node: 'find',
    on: 'room',
    who: 'user',
    title: 'Find in what was said',
    takes: 'WORDS',
    typed: ['find', 'search'],
    run: find,
  },
  { node: 'about', on: 'contact', who: 'user', title: 'Who is this', run: about },
];
