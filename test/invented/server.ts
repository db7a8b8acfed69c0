import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { type Control, openControl } from './control.ts';
import { type Faults, openFaults } from './faults.ts';
import { enter, type Loft, openLoft, type Person, Refusal } from './loft.ts';
import { type Answer, type FromLoft, lineCutter, type Post, type Request, toLoft } from './pigeon/wire.ts';

/** A client's line, seen from the loft. */
export type Line = {
  person: Person | undefined;
  /** Requests and acknowledgements as they came in. */
  readonly heard: string[];
  write(message: FromLoft): void;
  /** All that was told before has been read, and all that was written before is in `heard`. False if the line broke. */
  sync(): Promise<boolean>;
  kill(): void;
};

export type World = {
  readonly loft: Loft;
  readonly faults: Faults;
  readonly lines: Set<Line>;
  /** Lines that broke before all that they had heard was asked for, in that order. */
  readonly broken: Line[];
  /** Looks again at everything that is waited for. */
  changed(): void;
};

export type PigeonServer = AsyncDisposable & {
  readonly port: number;
  readonly controlPort: number;
  /** For whoever runs in the same process. */
  readonly world: World;
};

/** A loft on a free port of the loopback, and another port on which its faults are ordered. */
export async function pigeonServer(): Promise<PigeonServer> {
  const control: Control = openControl();
  const world: World = {
    loft: openLoft(),
    faults: openFaults(),
    lines: new Set(),
    broken: [],
    changed: control.changed,
  };
  const sockets = new Set<Socket>();
  const listen = async (take: (socket: Socket) => void): Promise<Server> => {
    const server = createServer((socket) => {
      sockets.add(socket.setEncoding('utf8').setNoDelay());
      socket.on('error', () => socket.destroy()).on('close', () => sockets.delete(socket));
      take(socket);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return server;
  };
  const servers = [
    await listen((socket) => openLine(world, socket)),
    await listen((socket) => control.take(world, socket)),
  ];
  const [port = 0, controlPort = 0] = servers.map((server) => (server.address() as AddressInfo).port);
  return {
    port,
    controlPort,
    world,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await Promise.all(servers.map((server) => once(server.close(), 'close')));
    },
  };
}

function openLine(world: World, socket: Socket): void {
  const { loft, faults } = world;
  const syncs: ((there: boolean) => void)[] = [];
  let late: (() => void) | undefined;

  const line: Line = {
    person: undefined,
    heard: [],
    write: (message) => void socket.write(`${JSON.stringify(message)}\n`),
    sync: () =>
      new Promise((done) => {
        if (socket.destroyed) return done(false);
        line.write({ ping: syncs.push(done) - 1 });
      }),
    kill: () => void socket.resetAndDestroy(),
  };

  /** Tells an event, as the faults have it. */
  function told(n: number, post: Post): void {
    const write = () => line.write({ n, post });
    const fault = faults.nextEvent();
    if (fault === 'hold-event') return faults.hold(write);
    if (fault === 'reorder-event') {
      late = write;
      return;
    }
    write();
    if (fault === 'repeat-event') write();
    late?.();
    late = undefined;
  }

  function login(person: Person): void {
    person.online = told;
    line.person = person;
    for (const { n, post } of person.queue) told(n, post);
    world.changed();
  }

  function work(request: Request): Answer {
    if (line.person) return loft.request(line.person.name, request);
    const { answer, person } = enter(loft, request);
    // The answer goes first: it says from where the events are numbered.
    if (person) queueMicrotask(() => login(person));
    return answer;
  }

  function answer(request: Request): FromLoft {
    try {
      return { re: request.tag, ok: work(request) };
    } catch (error) {
      if (error instanceof Refusal) return { re: request.tag, no: error.code, text: error.message };
      throw error;
    }
  }

  function take(request: Request): void {
    const { fault, code = '' } = faults.next(request) ?? {};
    if (fault === 'refuse') return line.write({ re: request.tag, no: code, text: `The loft says: ${code}.` });
    if (fault === 'break-before') return line.kill();
    if (fault === 'delay') line.write({ re: request.tag, later: true });
    if (fault === 'hold' || fault === 'delay') return faults.hold(() => line.write(answer(request)));
    const reply = answer(request);
    if (fault === 'lose' && 'ok' in reply) reply.ok.lost = [{ to: code, text: `${code} has moved.` }];
    if (fault === 'break-after') return line.kill();
    if (fault !== 'hang') line.write(reply);
    if (fault === 'repeat') line.write(reply);
  }

  function hear(text: string): void {
    const message = toLoft.parse(JSON.parse(text));
    if ('pong' in message) syncs[message.pong]?.(true);
    else line.heard.push(text);
    if ('ack' in message && line.person) line.person.queue = line.person.queue.filter(({ n }) => n > message.ack);
    if ('do' in message) take(message);
    world.changed();
  }

  world.lines.add(line);
  const cut = lineCutter(hear);
  socket.on('data', (chunk: string) => {
    try {
      cut(chunk);
    } catch {
      line.kill();
    }
  });
  socket.on('close', () => {
    world.lines.delete(line);
    if (line.heard.length > 0) world.broken.push(line);
    if (line.person?.online === told) line.person.online = undefined;
    for (const done of syncs) done(false);
    world.changed();
  });
  world.changed();
}
