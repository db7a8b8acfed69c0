import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

// Below the range from which systems take the ports of outgoing connections: while a killed server is down nobody else's
// connection can land on its port, so that the same port is free when it starts again.
const lowest = 10_240;
const highest = 32_000;
// Some ports are used seconds after they were chosen. Processes that choose at the same time do so among different ones, by their
// ids, and a process that has chosen one leaves it alone for a while.
const shares = 32;
const remembered = 200;
const chosen: number[] = [];

function choose(): number {
  const slots = Math.floor((highest - lowest) / shares);
  for (;;) {
    const port = lowest + randomInt(slots) * shares + (process.pid % shares);
    if (chosen.includes(port)) continue;
    chosen.push(port);
    if (chosen.length > remembered) chosen.shift();
    return port;
  }
}

/** Resolves to true when 127.0.0.1:port can be listened on at this moment. */
export function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen({ port, host: '127.0.0.1', exclusive: true }, () => probe.close(() => resolve(true)));
  });
}

/** That many different TCP ports of 127.0.0.1, free when asked. Throws when none can be found. */
export async function freePorts(count: number): Promise<number[]> {
  const found = new Set<number>();
  for (let tries = 0; found.size < count; tries++) {
    if (tries > 1000) throw new Error(`no free port between ${lowest} and ${highest}`);
    const port = choose();
    if (await isFree(port)) found.add(port);
  }
  return [...found];
}

/** The first free port from `wanted` upwards. */
export async function freePortFrom(wanted: number): Promise<number> {
  for (let port = wanted; port < wanted + 100; port++) if (await isFree(port)) return port;
  throw new Error(`no free port from ${wanted} to ${wanted + 99}`);
}
