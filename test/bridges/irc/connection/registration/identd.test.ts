import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { openIdentd } from '#bridges/irc/connection/registration/identd.ts';
import type { Host } from '#src/bridge.ts';

const listening = async (onSocket: (socket: Socket) => void) => {
  const server = createServer(onSocket).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { server, port: (server.address() as AddressInfo).port };
};

const listen: Host['listen'] = async (_endpoint, onSocket) => {
  const { server, port } = await listening(onSocket);
  return { port, close: async () => void server.close() };
};

/** An IRC server with one connection of ours to it, and an identd that it may ask. */
async function rig() {
  // What happens when a query has waited long enough.
  const overdue = Promise.withResolvers<() => void>();
  const after = (_ms: number, run: () => void) => {
    overdue.resolve(run);
    return () => undefined;
  };
  let port = 0;
  const identd = await openIdentd(
    {
      clock: { now: () => 0, after },
      async listen(...given) {
        const opened = await listen(...given);
        port = opened.port;
        return opened;
      },
    },
    { host: '127.0.0.1', port: 0 },
  );
  const accepted = Promise.withResolvers<Socket>();
  const irc = await listening(accepted.resolve);
  const ours = connect(irc.port, '127.0.0.1');
  await once(ours, 'connect');
  const theirs = await accepted.promise;
  const ask = async (text: string): Promise<string> => {
    const socket = connect(port, '127.0.0.1').setEncoding('latin1');
    socket.write(text);
    const [said] = await once(socket, 'data');
    socket.destroy();
    return said;
  };
  return {
    ...{ identd, ours, ask, overdue: overdue.promise },
    ports: `${ours.localPort} , ${irc.port}`,
    async [Symbol.asyncDispose]() {
      ours.destroy();
      theirs.destroy();
      irc.server.close();
      await identd.close();
    },
  };
}

describe('the identd', () => {
  it('says whose a connection is, to the server that it goes to', async () => {
    await using net = await rig();
    net.identd.add(net.ours, 'romeo1a2b');
    expect(await net.ask(`${net.ports}\r\n`)).toBe(`${net.ports} : USERID : UNIX : romeo1a2b\r\n`);
    expect(await net.ask('nonsense\r\n')).toBe('0 , 0 : ERROR : INVALID-PORT\r\n');
  });

  it('waits for a connection that is just being made, and not for ever', async () => {
    await using net = await rig();
    const asked = net.ask(`${net.ports}\r\n`);
    await net.overdue;
    net.identd.add(net.ours, 'romeo1a2b');
    expect(await asked).toBe(`${net.ports} : USERID : UNIX : romeo1a2b\r\n`);
  });

  it('knows nobody whose connection has ended', async () => {
    await using net = await rig();
    net.identd.add(net.ours, 'romeo1a2b');
    net.ours.destroy();
    await once(net.ours, 'close');
    const asked = net.ask(`${net.ports}\r\n`);
    (await net.overdue)();
    expect(await asked).toBe(`${net.ports} : ERROR : NO-USER\r\n`);
  });
});
