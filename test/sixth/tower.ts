import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { type FromTower, lineCutter, lineOf, wordsOf } from './semaphore/wire.ts';

export const HARBOUR = '+harbour';

type Words = readonly (string | number)[];
/** What the next requests of a kind meet. */
type Fault = 'refuse' | 'hang' | 'hold';
type Request = readonly [tag: string, verb: string, first: string, second: string];

/** A tower on a free port of the loopback, with one room. People and messages are told to by name, online or not. */
export type Tower = AsyncDisposable & {
  readonly port: number;
  /** Somebody lives here, and is in the harbour if so wanted. */
  person(name: string, inside: boolean): void;
  say(by: string, to: string, text: string): void;
  /** The next request of this kind is refused, or done and never answered; or all of them wait for `release`. */
  fault(fault: Fault, verb: string): void;
  release(): void;
  /** The next thing is told twice. */
  repeat(): void;
  /** The next request of a name, acknowledgements left out. */
  heard(name: string): Promise<Request>;
  unheard(): readonly string[];
  /** Everybody who is there has read what they were told. */
  sync(): Promise<void>;
  isRead(name: string): boolean;
  /** Resolves once it holds. */
  until(look: (now: { readonly held: number; readonly lines: number }) => boolean): Promise<void>;
  break(): void;
};

type Told = { readonly n: number; readonly words: Words; read?: () => void };
type Person = { readonly queue: Told[]; told: number; line: Socket | undefined };

class Refusal extends Error {
  readonly code: string;

  constructor(code: string, text: string) {
    super(text);
    this.code = code;
  }
}

export async function openTower(): Promise<Tower> {
  const people = new Map<string, Person>();
  const inside = new Set<string>();
  const done = new Map<string, string>();
  const heard: { readonly name: string; readonly request: Request }[] = [];
  const lines = new Set<Socket>();
  const watchers = new Set<() => void>();
  let faults: { readonly fault: Fault; readonly verb: string }[] = [];
  const held: (() => void)[] = [];
  let count = 0;
  let twice = false;

  const changed = (): void => {
    for (const watch of [...watchers]) watch();
  };
  const until: Tower['until'] = (look) =>
    new Promise((resolve) => {
      const watch = (): void => {
        if (!look({ held: held.length, lines: lines.size })) return;
        watchers.delete(watch);
        resolve();
      };
      watchers.add(watch);
      watch();
    });
  const write = (line: Socket | undefined, words: Words): void => void line?.write(`${lineOf(words.map(String))}\n`);

  /** Only the oldest is told: the next comes when that was read. */
  function show({ line, queue: [oldest] }: Person): void {
    if (oldest) write(line, oldest.words);
    if (oldest && twice) write(line, oldest.words);
    if (oldest && line) twice = false;
  }

  function tell(names: Iterable<string>, what: FromTower[0], ...words: Words): void {
    for (const name of names) {
      const person = people.get(name);
      const n = person ? ++person.told : 0;
      if (person?.queue.push({ n, words: [what, n, ...words] }) === 1) show(person);
    }
  }

  function say(by: string, to: string, text: string): string {
    if (to !== HARBOUR && !people.has(to)) throw new Refusal('unknown', `Nobody is called ${to}.`);
    if (to === HARBOUR && !inside.has(by)) throw new Refusal('outside', 'You are not in the harbour.');
    const id = `f${++count}`;
    tell(to === HARBOUR ? others(by) : [to], 'flag', id, Date.now(), by, to, text);
    return id;
  }

  const others = (name: string): string[] => [...inside].filter((one) => one !== name);

  /** Does what was asked for, and gives the word that answers it. */
  function work(by: string, [tag, verb, first, second]: Request): string {
    if (verb === 'ping') return '';
    if (verb === 'sent') return done.has(`${by} ${first}`) ? 'yes' : 'no';
    if (verb === 'say') return remembered(`${by} ${tag}`, () => say(by, first, second));
    if (first !== HARBOUR) throw new Refusal('unknown', `There is no ${first}.`);
    if (verb === 'enter' && !inside.has(by)) tell(others(by), 'came', HARBOUR, by);
    if (verb === 'enter') tell([by], 'there', HARBOUR, [...inside.add(by)].join(','));
    if (verb === 'leave' && inside.delete(by)) tell(inside, 'went', HARBOUR, by);
    return '';
  }

  /** The sender's tag makes a second try harmless. */
  function remembered(key: string, run: () => string): string {
    const id = done.get(key) ?? run();
    done.set(key, id);
    return id;
  }

  function login(name: string, line: Socket): string {
    const person = people.get(name) ?? { queue: [], told: 0, line: undefined };
    if (person.line) throw new Refusal('taken', `Somebody is called ${name}.`);
    people.set(name, person);
    person.line = line;
    return '';
  }

  function answer(line: Socket, [tag, verb]: Request, name: string, run: () => string): void {
    try {
      const word = run();
      const ok = (): void => write(line, ['ok', tag, word]);
      const last = people.get(name)?.queue.at(-1);
      // Whoever enters has read who is there before they are in.
      if (verb === 'enter' && last) last.read = ok;
      else ok();
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      write(line, ['no', tag, error.code, error.message]);
    }
  }

  function take(line: Socket, name: string, request: Request): void {
    const [tag, verb, first] = request;
    const fault = faults.find((one) => one.verb === verb);
    if (fault?.fault === 'hold') return void held.push(() => take(line, name, request));
    if (fault) faults = faults.filter((one) => one !== fault);
    if (fault?.fault === 'refuse') return write(line, ['no', tag, 'fog', 'Nobody sees us.']);
    if (fault) return void work(name, request);
    answer(line, request, name, () => (verb === 'login' ? login(first, line) : work(name, request)));
    const person = people.get(first);
    if (verb === 'login' && person?.line === line) show(person);
  }

  function serve(line: Socket): void {
    let name = '';
    const cut = lineCutter((text) => {
      const [tag = '', verb = '', first = '', second = ''] = wordsOf(text);
      if (tag === 'ack') return read(people.get(name), Number(verb));
      const request: Request = [tag, verb, first, second];
      if (verb === 'login') name = first;
      heard.push({ name, request });
      take(line, name, request);
      changed();
    });
    lines.add(line.setEncoding('utf8').setNoDelay());
    line.on('data', cut).on('error', () => line.destroy());
    line.on('close', () => {
      lines.delete(line);
      const person = people.get(name);
      if (person?.line === line) {
        person.line = undefined;
        if (inside.delete(name)) tell(inside, 'went', HARBOUR, name);
      }
      changed();
    });
  }

  function read(person: Person | undefined, n: number): void {
    if (person?.queue[0]?.n === n) {
      person.queue.shift()?.read?.();
      show(person);
    }
    changed();
  }

  const server = createServer(serve).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const online = () => [...people].filter(([, { line }]) => line);
  return {
    port: (server.address() as AddressInfo).port,
    person(name, there) {
      if (!people.has(name)) people.set(name, { queue: [], told: 0, line: undefined });
      if (there) work(name, ['', 'enter', HARBOUR, '']);
    },
    say,
    fault: (fault, verb) => void faults.push({ fault, verb }),
    release() {
      faults = faults.filter(({ fault }) => fault !== 'hold');
      for (const run of held.splice(0)) run();
    },
    repeat() {
      twice = true;
    },
    async heard(name) {
      await until(() => heard.some((one) => one.name === name));
      const [found] = heard.splice(
        heard.findIndex((one) => one.name === name),
        1,
      );
      if (!found) throw new Error('nothing was heard');
      return found.request;
    },
    unheard: () => heard.map(({ request }) => lineOf(request)),
    async sync() {
      tell(
        online().map(([name]) => name),
        'beat',
      );
      await until(() => online().every(([, { queue }]) => queue.length === 0));
    },
    isRead: (name) => people.get(name)?.queue.length === 0,
    until,
    break() {
      for (const line of lines) line.resetAndDestroy();
    },
    async [Symbol.asyncDispose]() {
      for (const line of lines) line.destroy();
      await once(server.close(), 'close');
    },
  };
}
