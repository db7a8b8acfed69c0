import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A relay on a free port that passes every byte on in a write of its own, both ways. */
export async function startChopper(target: number): Promise<AsyncDisposable & { readonly port: number }> {
  const open = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(target, '127.0.0.1');
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      open.add(from);
      to.setNoDelay(true);
      from.on('error', () => to.destroy());
      from.on('close', () => to.end());
      void chop(from, to);
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      for (const socket of open) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

async function chop(from: Socket, to: Socket): Promise<void> {
  try {
    for await (const chunk of from as AsyncIterable<Buffer>) {
      for (const byte of chunk) {
        // Resolves once the kernel has it: the next byte goes in a segment of its own.
        await new Promise<void>((done) => void to.write(Uint8Array.of(byte), () => done()));
      }
    }
  } catch {
    // The other end was reset, which is what the tests do to it.
    to.destroy();
  }
}
