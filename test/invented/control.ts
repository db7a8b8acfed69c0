import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import { build, settle } from './loft.ts';
import { letter } from './pigeon/wire.ts';
import type { Line, World } from './server.ts';

/** What can be ordered on the control port, as `{ id, what }` a line; `{ id, result }` comes when it is so. */
const order = z.union([
  z.object({ person: z.string(), password: z.string().optional() }),
  z.object({ room: z.string(), password: z.string().optional() }),
  z.object({
    fault: z.enum(['delay', 'refuse', 'lose', 'hang', 'repeat', 'hold', 'break-before', 'break-after']),
    on: z.enum([
      'file',
      'keep',
      'revoke',
      'begin',
      'code',
      'login',
      'send',
      'sent',
      'people',
      'rooms',
      'occupants',
      'history',
      'hello',
    ]),
    code: z.string().optional(),
    times: z.number().optional(),
  }),
  z.object({ fault: z.enum(['repeat-event', 'reorder-event', 'hold-event']) }),
  /**
   * Somebody does something. With `elsewhere` it is an account's owner in another client, and the account is told; with
   * `at` (ms since 1970) it was done then, and a room hears of it only now, as what is late, or, `missed`, not at all;
   * `shown` names the only one whom the room shows it.
   */
  z.object({
    as: z.string(),
    to: z.string(),
    letter,
    elsewhere: z.boolean().optional(),
    at: z.number().optional(),
    missed: z.boolean().optional(),
    shown: z.string().optional(),
  }),
  /** What was said last in a room, and shown of old to one alone, all who are there are told as news. */
  z.object({ news: z.string() }),
  /** How many posts of the past the loft tells at a time at most. */
  z.object({ most: z.number() }),
  /** How far the loft's clock is ahead, in ms; behind where negative. */
  z.object({ clock: z.number() }),
  z.object({ release: z.literal(true) }),
  z.object({ break: z.literal(true) }),
  z.object({ code: z.string() }),
  z.object({ key: z.string() }),
  z.object({ file: z.string(), key: z.number() }),
  z.object({ renewKey: z.string() }),
  z.object({ notice: z.string() }),
  z.object({ hear: z.string() }),
  z.object({
    wait: z.enum(['idle', 'acked', 'held', 'online', 'revoked']),
    of: z.string().optional(),
    count: z.number().optional(),
  }),
  z.object({ heard: z.literal(true) }),
  z.object({ isAcked: z.string() }),
  z.object({ sync: z.literal(true) }),
]);
export type Order = z.input<typeof order>;

export type Control = { take(world: World, socket: Socket): void; changed(): void };

/** Carries out what comes on control lines. */
export function openControl(): Control {
  const watchers = new Set<() => void>();
  const when = <T>(look: () => T | undefined): Promise<T> =>
    new Promise((done) => {
      const watch = () => {
        const found = look();
        if (found === undefined) return;
        watchers.delete(watch);
        done(found);
      };
      watchers.add(watch);
      watch();
    });
  return {
    changed() {
      for (const watch of watchers) watch();
    },
    take(world, socket) {
      createInterface(socket).on('line', (text) => {
        const { id, what } = JSON.parse(text) as { id: number; what: unknown };
        const write = (reply: object) => socket.write(`${JSON.stringify({ id, ...reply })}\n`);
        Promise.try(() => carryOut(order.parse(what), world, when))
          .then(
            (result) => write({ result }),
            (error: unknown) => write({ error: String(error) }),
          )
          .finally(world.changed);
      });
    },
  };
}

type When = <T>(look: () => T | undefined) => Promise<T>;
let acts = 0;

function carryOut(what: z.output<typeof order>, world: World, when: When): unknown {
  const { loft, faults, lines } = world;
  if ('person' in what) return settle(loft, what.person, what.password).key;
  if ('room' in what) return build(loft, what.room, what.password).id;
  if ('fault' in what)
    return 'on' in what ? faults.add(what.fault, what.on, optional(what)) : faults.addEvent(what.fault);
  if ('as' in what) return act(what, world);
  if ('news' in what) return loft.news(what.news).id;
  if ('clock' in what) return (loft.ahead = what.clock);
  if ('most' in what) return (loft.most = what.most);
  if ('release' in what) return faults.release();
  if ('break' in what) return [...lines].map((line) => line.kill()).length;
  if ('code' in what) return loft.person(what.code).code;
  if ('file' in what) return keep(loft, what);
  if ('key' in what) return loft.person(what.key).key;
  if ('renewKey' in what) return (loft.person(what.renewKey).nextKey = randomUUID());
  if ('notice' in what) return [...lines].map((line) => line.write(what)).length;
  if ('hear' in what) return when(() => unread(world, what.hear));
  if ('heard' in what) return [...world.broken, ...lines].flatMap(({ heard }) => heard.splice(0));
  if ('isAcked' in what) return holds({ wait: 'acked', of: what.isAcked }, world);
  if ('sync' in what) return Promise.all([...lines].map((line) => line.sync()));
  return when(() => (holds(what, world) ? true : undefined));
}

/** Keeps a file, hidden by a byte. It gives what it is called. */
function keep({ files }: World['loft'], { file, key }: { file: string; key: number }): { id: string; key: number } {
  const id = `f${files.size + 1}`;
  files.set(id, Buffer.from(file).map((byte) => byte ^ key) as Buffer);
  return { id, key };
}

const optional = ({ code, times }: { code?: string | undefined; times?: number | undefined }) => ({
  ...(code !== undefined && { code }),
  ...(times !== undefined && { times }),
});

/** The next that a person's line heard, of a broken one before what the newest hears; of anybody's without a name. */
function unread({ lines, broken }: World, name: string): string | undefined {
  const theirs = ({ person }: Line) => name === '' || person?.name === name;
  const line = broken.find((one) => one.heard.length > 0 && theirs(one)) ?? [...lines].findLast(theirs);
  return line?.heard.shift();
}

type Act = Extract<z.output<typeof order>, { as: string }>;

function act({ as, to, letter: what, elsewhere, at, missed, shown }: Act, { loft }: World): unknown {
  if (at !== undefined) {
    const readers = [...loft.room(to).members.keys()].filter((name) => name !== as && !missed);
    if (shown !== undefined) return loft.tell(as, to, what, { readers: [shown], at, shown: true }).id;
    return loft.tell(as, to, what, { readers, at }).id;
  }
  const tag = `act-${++acts}`;
  const answer = loft.request(as, { do: 'send', tag, to, letter: what });
  if (elsewhere) loft.tell(as, to, what, { readers: [as] });
  return answer;
}

type Wait = {
  wait: 'idle' | 'acked' | 'held' | 'online' | 'revoked';
  of?: string | undefined;
  count?: number | undefined;
};

function holds({ wait, of = '', count = 1 }: Wait, { loft, faults, lines }: World): boolean {
  if (wait === 'idle') return lines.size === 0;
  if (wait === 'held') return faults.held >= count;
  const person = loft.people.get(of);
  if (wait === 'revoked') return person?.revoked === true;
  return wait === 'online' ? person?.online !== undefined : person?.queue.length === 0;
}

/** A line to the control port. Rejects with what the loft said no with. */
export type Orders = AsyncDisposable & ((what: Order) => Promise<unknown>);

/** Connects to a control port; each order resolves with what it found, which may be after later ones. */
export async function orders(port: number): Promise<Orders> {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  const waiting = new Map<number, PromiseWithResolvers<unknown>>();
  let count = 0;
  createInterface(socket).on('line', (text) => {
    const { id, result, error } = JSON.parse(text) as { id: number; result?: unknown; error?: string };
    const order = waiting.get(id);
    waiting.delete(id);
    if (error === undefined) order?.resolve(result);
    else order?.reject(new Error(error));
  });
  socket.on('error', () => socket.destroy());
  const run = (what: Order): Promise<unknown> => {
    const answer = Promise.withResolvers<unknown>();
    waiting.set(++count, answer);
    socket.write(`${JSON.stringify({ id: count, what })}\n`);
    return answer.promise;
  };
  const close = async () => void socket.destroy();
  return Object.assign(run, { [Symbol.asyncDispose]: close });
}
