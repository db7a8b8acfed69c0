import type { Agent, AgentOptions } from 'node:http';
import type { Socket } from 'node:net';

/** Connections to hosts that are asked again and again, kept open between requests. */
export type FetchPool = {
  /** The connections of one host under one set of rules: `key` tells them apart, `dial` opens one more, without a bound or up to that of a host. */
  agent(key: string, dial: (stop: AbortSignal) => Promise<Socket>, unbounded: boolean): Agent;
  /** Whether an error came from `dial`. */
  isDial(error: unknown): boolean;
  /** Closes all. */
  close(): void;
};

/** Milliseconds for which an unused connection is kept, the unused ones of a host, and all of a host. */
const UNUSED_TIME = 30_000;
const UNUSED = 16;
const OF_HOST = 64;
/** Hosts that are remembered: beyond them, those are forgotten to which nothing is under way. */
const HOSTS = 200;

/** `Base` is Node's Agent, which is loaded where it is used. */
export function openFetchPool(Base: new (options: AgentOptions) => Agent): FetchPool {
  const agents = new Map<string, Agent>();
  const failed = new WeakSet<object>();
  const stop = new AbortController();

  function open(dial: (stop: AbortSignal) => Promise<Socket>, most: number): Agent {
    const options = { keepAlive: true, timeout: UNUSED_TIME, maxFreeSockets: UNUSED, maxSockets: most };
    const agent = new Base(options);
    agent.createConnection = (_options, callback) => {
      dial(stop.signal).then(
        (socket) => callback?.(null, socket),
        (error: unknown) => {
          const reason = error instanceof Error ? error : new Error(String(error));
          failed.add(reason);
          callback?.(reason, undefined as never);
        },
      );
      return undefined;
    };
    return agent;
  }

  function forget(): void {
    for (const [key, agent] of agents) {
      if (agents.size < HOSTS) return;
      if (Object.keys(agent.sockets).length > 0 || Object.keys(agent.requests).length > 0) continue;
      agents.delete(key);
      agent.destroy();
    }
  }

  return {
    agent(key, dial, unbounded) {
      const known = agents.get(key);
      if (known) return known;
      forget();
      const agent = open(dial, unbounded ? Number.POSITIVE_INFINITY : OF_HOST);
      agents.set(key, agent);
      return agent;
    },
    isDial: (error) => error instanceof Error && failed.has(error),
    close() {
      stop.abort();
      for (const agent of agents.values()) agent.destroy();
      agents.clear();
    },
  };
}
