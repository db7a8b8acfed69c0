import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import type { Endpoint } from '#src/bridge.ts';
import { openLog } from '#src/lib/log.ts';
import { openMetrics } from '#src/lib/metrics/metrics.ts';
import { ListenFailure } from '#src/web/listen-failure.ts';
import { openSockets } from '#src/web/sockets.ts';
import { handClock } from '../hand-clock.ts';

const HERE = { host: '127.0.0.1', port: 0 };

/** A listener of a bridge that answers each line with itself. */
async function listener(endpoint: Partial<Endpoint> = {}, open = true) {
  const metrics = openMetrics();
  const clock = handClock();
  const sockets = openSockets({ clock, metrics, log: openLog('silent') });
  const server = await sockets.listenFor('mail.example')({ ...HERE, ...endpoint }, (socket) => {
    socket.on('data', (chunk) => socket.write(chunk));
  });
  if (open) sockets.open();
  const clients: Socket[] = [];
  const dial = () => {
    const socket = connect(server.port, '127.0.0.1').setEncoding('utf8');
    socket.on('error', () => socket.destroy());
    clients.push(socket);
    return socket;
  };
  const says = async (socket: Socket, text: string) => {
    socket.write(text);
    const [answer] = await once(socket, 'data');
    return answer as string;
  };
  const counted = async (name: string) =>
    (await metrics.registry.metrics()).split('\n').filter((line) => line.startsWith(`${name}{`));
  return {
    sockets,
    server,
    clock,
    dial,
    says,
    counted,
    async [Symbol.asyncDispose]() {
      for (const socket of clients) socket.destroy();
      await sockets.close();
    },
  };
}

describe('a listener of a bridge', () => {
  it('takes connections, and counts them', async () => {
    await using at = await listener();
    const [one, two] = [at.dial(), at.dial()];
    expect([await at.says(one, 'a'), await at.says(two, 'b')]).toEqual(['a', 'b']);
    expect(await at.counted('isthmus_connections')).toEqual(['isthmus_connections{transport="mail.example"} 2']);
    expect(await at.counted('isthmus_connections_total')).toEqual([
      'isthmus_connections_total{transport="mail.example",outcome="taken"} 2',
    ]);
  });

  it.each([{ most: 1 }, { perPeer: 1 }])('refuses more than it may have (%o)', async (limit) => {
    await using at = await listener(limit);
    const first = at.dial();
    await at.says(first, 'a');
    await once(at.dial(), 'close');
    expect(await at.says(first, 'still here')).toBe('still here');
    first.destroy();
    await expect
      .poll(async () => at.counted('isthmus_connections'))
      .toEqual(['isthmus_connections{transport="mail.example"} 0']);
    expect(await at.says(at.dial(), 'b')).toBe('b');
  });

  it('cuts who says nothing', async () => {
    await using at = await listener({ idle: 20 });
    await once(at.dial(), 'close');
  });

  it('has who comes early wait, and takes nobody once the gateway stops', async () => {
    await using at = await listener({}, false);
    const early = at.dial();
    const answer = at.says(early, 'early');
    at.sockets.open();
    expect(await answer).toBe('early');
    at.sockets.refuse();
    await once(at.dial(), 'close');
    expect(await at.says(early, 'goes on')).toBe('goes on');
    const over = once(early, 'close');
    await at.sockets.close();
    await over;
    const late = at.dial();
    await new Promise((done) => late.on('close', done));
  });

  it('outlives a bridge that throws', async () => {
    const sockets = openSockets({ clock: handClock(), metrics: openMetrics(), log: openLog('silent') });
    const server = await sockets.listenFor('mail.example')(HERE, () => {
      throw new Error('not thought of');
    });
    sockets.open();
    await once(connect(server.port, '127.0.0.1'), 'close');
    await server.close();
    await sockets.close();
  });

  it('tells the operator what is wrong with its address', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const { port } = taken.address() as { port: number };
    const sockets = openSockets({ clock: handClock(), metrics: openMetrics(), log: openLog('silent') });
    const trying = sockets.listenFor('mail.example')({ host: '127.0.0.1', port }, () => undefined);
    await expect(trying).rejects.toEqual(
      new ListenFailure(`cannot listen on 127.0.0.1:${port} (mail.example): another program uses the port`),
    );
    await sockets.close();
    taken.close();
  });
});
