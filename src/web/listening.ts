import type { AddressInfo, Server } from 'node:net';
import { ListenFailure } from './listen-failure.ts';

type Address = { readonly host: string; readonly port: number };

/** Begins to listen. Resolves with where. Rejects with a `ListenFailure`; `name` is what the operator calls the setting. */
export async function listening(server: Server, at: Address, name: string): Promise<AddressInfo> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', (error) => reject(new ListenFailure(trouble(name, at, error), { cause: error })));
  server.listen(at.port, at.host, resolve);
  await promise;
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('a TCP listener has no address');
  return address;
}

function trouble(name: string, at: Address, error: NodeJS.ErrnoException): string {
  const words: Readonly<Record<string, string>> = {
    EADDRINUSE: 'another program uses the port',
    EACCES: 'this user may not use the port',
    EADDRNOTAVAIL: 'this machine does not have the address',
    ENOTFOUND: 'there is no such host',
  };
  return `cannot listen on ${at.host}:${at.port} (${name}): ${words[error.code ?? ''] ?? error.message}`;
}
