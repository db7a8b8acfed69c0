import type { BridgeDefinition, Host } from '#src/bridge.ts';
import { openStore, type Statement, type Store } from '#src/store/index.ts';

/** Where a gateway can be made to end itself, each named after what it was about to do or has just done. */
export const points = [
  /** Something was read, and is not accepted yet. */
  'before-insert',
  /** It is accepted, and nothing has been done about it. */
  'after-insert',
  /** A network's message is durable, and the network does not know. */
  'before-ack',
  /** A message was written to the network. */
  'after-send',
  /** Somebody has taken what was owed to them, and this is not noted. */
  'before-settle',
  /** It is noted, and the receipt that it gives is not on its way. */
  'after-settle',
] as const;
export type Point = (typeof points)[number];

/** Says that the process is at a point. */
export type Pass = (point: Point) => void;

/** Ends this process with SIGKILL when it passes a point for the nth time. Throws for anything but `POINT:N`. */
export function armed(at: string): Pass {
  const [name, count] = at.split(':');
  const point = points.find((one) => one === name);
  let left = Number(count);
  if (!point || !(left > 0)) throw new Error(`${at} is no point: ${points.join(', ')}, each with :N`);
  return (passed) => {
    if (passed === point && --left === 0) process.kill(process.pid, 'SIGKILL');
  };
}

/** Opens a store whose units pass the points: what is added to the journal is an insert, what is ended is settled. */
export const watchedStore =
  (pass: Pass): typeof openStore =>
  async (options) => {
    const store = await openStore(options);
    const kinds = new WeakMap<Statement, 'insert' | 'settle'>();
    const noting =
      <Args extends unknown[]>(kind: 'insert' | 'settle', make: (...args: Args) => Statement) =>
      (...args: Args): Statement => {
        const statement = make(...args);
        kinds.set(statement, kind);
        return statement;
      };
    const { journal } = store;
    const watched: Store = {
      ...store,
      journal: {
        ...journal,
        add: noting('insert', journal.add),
        addOnce: noting('insert', journal.addOnce),
        end: noting('settle', journal.end),
      },
      async unit(statements) {
        const found = new Set(statements.map((statement) => kinds.get(statement)));
        if (found.has('insert')) pass('before-insert');
        if (found.has('settle')) pass('before-settle');
        const results = await store.unit(statements);
        if (found.has('insert')) pass('after-insert');
        if (found.has('settle')) pass('after-settle');
        return results;
      },
      [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
    };
    return watched;
  };

/** A network whose host and bridge pass the points. */
export const watchedBridge = <Config>(definition: BridgeDefinition<Config>, pass: Pass): BridgeDefinition<Config> => ({
  ...definition,
  async open(config, host) {
    const bridge = await definition.open(config, { ...host, emit: acknowledged(host, pass) });
    return {
      ...bridge,
      deliver(event, session) {
        const delivered = bridge.deliver(event, session);
        pass('after-send');
        return delivered;
      },
      ...(bridge.deliverTogether && {
        async deliverTogether(events, session) {
          const outcomes = (await bridge.deliverTogether?.(events, session)) ?? [];
          pass('after-send');
          return outcomes;
        },
      }),
      [Symbol.asyncDispose]: () => bridge[Symbol.asyncDispose](),
    };
  },
});

const acknowledged =
  (host: Host, pass: Pass): Host['emit'] =>
  (drafts, writes) => {
    const work = host.emit(drafts, writes);
    if (!(work instanceof Promise)) return work;
    return work.then((taken) => {
      pass('before-ack');
      return taken;
    });
  };

/** A network that is acknowledged before anything is durable: what a laboratory has to notice. */
export const hastyBridge = <Config>(definition: BridgeDefinition<Config>, pass: Pass): BridgeDefinition<Config> => ({
  ...definition,
  open: (config, host) =>
    definition.open(config, {
      ...host,
      emit(drafts, writes) {
        // The acknowledgement is written in this turn of the loop.
        setImmediate(() => {
          pass('before-ack');
          Promise.resolve(host.emit(drafts, writes)).catch((err: unknown) =>
            host.log.error({ err }, 'acknowledged, and not kept'),
          );
        });
        return undefined;
      },
    }),
});
