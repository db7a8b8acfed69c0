import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { describe, expect, it } from 'vitest';
import { isPublicAddress, openConnect } from '#src/lib/net.ts';

const never = new AbortController().signal;
const target = (port: number, host = 'irc.example') => ({ host, port, timeout: 30_000 });
const to =
  (...addresses: string[]) =>
  async () =>
    addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));

async function listening(
  server: Server,
  host = '127.0.0.1',
): Promise<{ port: number; [Symbol.asyncDispose](): Promise<void> }> {
  const sockets = new Set<{ destroy(): void }>();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
  });
  server.listen(0, host);
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

describe('addresses', () => {
  it.each(
    '0.0.0.0 0.1.2.3 10.1.2.3 100.64.0.1 100.127.255.255 127.0.0.1 127.9.9.9 169.254.169.254 172.16.0.1 172.31.255.255 192.0.2.1 192.168.1.1 198.18.0.1 198.51.100.1 203.0.113.9 224.0.0.1 255.255.255.255 :: ::1 fe80::1 fe80::1%eth0 fc00::1 fd12::1 ff02::1 2001:db8::1 2001::1 3fff::1 ::ffff:127.0.0.1 ::ffff:a00:1 0:0:0:0:0:ffff:7f00:1 64:ff9b::127.0.0.1 64:ff9b::a00:1 64:ff9b:1::1 2002:7f00:1:: 2002:c0a8:101:: ::127.0.0.1 100::1 localhost 127.1'.split(
      ' ',
    ),
  )('%s is not public', (address) => expect(isPublicAddress(address)).toBe(false));

  it.each(
    '1.1.1.1 100.63.255.255 100.128.0.1 172.32.0.1 8.8.8.8 2a00:1450:4001::1 2606:4700::1111 ::ffff:8.8.8.8 64:ff9b::8.8.8.8 2002:808:808::'.split(
      ' ',
    ),
  )('%s is public', (address) => expect(isPublicAddress(address)).toBe(true));
});

describe('what users choose', () => {
  it.each([['127.0.0.1'], ['10.0.0.1', '::1', 'fe80::1'], ['::ffff:192.168.0.1']])(
    'is refused at %s',
    async (...addresses) => {
      const connect = openConnect({ lookup: to(...addresses) });
      await expect(connect({ ...target(6697), chosenByUser: { ports: [6697] } }, never)).rejects.toMatchObject({
        reason: 'forbidden',
      });
    },
  );

  it('is refused as a literal address, and on other ports', async () => {
    const connect = openConnect();
    for (const host of ['127.0.0.1', '::1', '169.254.169.254']) {
      await expect(connect({ ...target(6697, host), chosenByUser: { ports: [6697] } }, never)).rejects.toMatchObject({
        reason: 'forbidden',
      });
    }
    await expect(connect({ ...target(22, '1.1.1.1'), chosenByUser: { ports: [6697] } }, never)).rejects.toMatchObject({
      reason: 'forbidden',
    });
  });
});

describe('TCP', () => {
  it('connects to the address that was looked up, once', async () => {
    await using server = await listening(createServer());
    let asked = 0;
    const connect = openConnect({
      lookup: async (host) => {
        asked++;
        expect(host).toBe('irc.example');
        return [{ address: '127.0.0.1', family: 4 }];
      },
    });
    const socket = await connect(target(server.port), never);
    expect(socket.remoteAddress).toBe('127.0.0.1');
    expect(asked).toBe(1);
    socket.destroy();
  });

  it('goes on with the next address when one refuses', async () => {
    await using server = await listening(createServer());
    const socket = await openConnect({ lookup: to('::1', '127.0.0.1') })(target(server.port), never);
    expect(socket.remoteAddress).toBe('127.0.0.1');
    socket.destroy();
  });

  it('connects from the given local address, in its family', async () => {
    await using server = await listening(createServer());
    const connect = openConnect({ lookup: to('::1', '127.0.0.1') });
    const socket = await connect({ ...target(server.port), localAddress: '127.0.0.1' }, never);
    expect(socket.localAddress).toBe('127.0.0.1');
    socket.destroy();
    await expect(
      openConnect({ lookup: to('127.0.0.1') })({ ...target(server.port), localAddress: '::1' }, never),
    ).rejects.toMatchObject({
      reason: 'unknown-host',
      message: 'irc.example has no IPv6 address, and this gateway connects from one.',
    });
  });

  it('says what went wrong', async () => {
    const gone = await listening(createServer());
    await gone[Symbol.asyncDispose]();
    const refused = openConnect({ lookup: to('127.0.0.1', '127.0.0.1') })(target(gone.port), never);
    await expect(refused).rejects.toMatchObject({
      reason: 'unreachable',
      message: `irc.example:${gone.port} refused the connection.`,
    });
    const unknown = openConnect({
      lookup: () => Promise.reject(Object.assign(new Error('no'), { code: 'ENOTFOUND' })),
    });
    await expect(unknown(target(1), never)).rejects.toMatchObject({ reason: 'unknown-host' });
    await expect(openConnect({ lookup: to() })(target(1), never)).rejects.toMatchObject({
      reason: 'unknown-host',
    });
    const slow = openConnect({ lookup: () => new Promise(() => undefined) });
    await expect(slow({ ...target(1), timeout: 1 }, never)).rejects.toMatchObject({ reason: 'unreachable' });
    const stop = new AbortController();
    const given = expect(slow(target(1), stop.signal)).rejects.toMatchObject({ reason: 'aborted' });
    stop.abort();
    await given;
    await expect(slow(target(1), stop.signal)).rejects.toMatchObject({ reason: 'aborted' });
  });
});

// Self-signed for irc.example and these tests, good for a hundred years.
const cert = `-----BEGIN CERTIFICATE-----
MIIBmjCCAUGgAwIBAgIUQg/k3FJIBdZ1q5f6gp0LQYVppYwwCgYIKoZIzj0EAwIw
FjEUMBIGA1UEAwwLaXJjLmV4YW1wbGUwIBcNMjYxMTIxMDUwMjIxWhgPMjEyNjEw
MjgwNTAyMjFaMBYxFDASBgNVBAMMC2lyYy5leGFtcGxlMFkwEwYHKoZIzj0CAQYI
KoZIzj0DAQcDQgAEwUN5XyfDLXkPCGuGws2VGjQb1K3MjQesLh4kL57eKrSARgZH
OjCKxk02T+CiH5Wm7XD/K/gNkyGAtTGBv16FuaNrMGkwHQYDVR0OBBYEFMOvdPB9
3OGfPEBoMYlujXr7GBwJMB8GA1UdIwQYMBaAFMOvdPB93OGfPEBoMYlujXr7GBwJ
MA8GA1UdEwEB/wQFMAMBAf8wFgYDVR0RBA8wDYILaXJjLmV4YW1wbGUwCgYIKoZI
zj0EAwIDRwAwRAIgNep1nnwntcBDR5o+9NtqtDRx7dUlkPw5eQh4dJuMXDgCIAwG
Jzi/irUANVxid31kPHIY/QH9C2+EWyWWLSDHwJ5e
-----END CERTIFICATE-----
`;
const key = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg5EG0DTU0LwDaZUvW
2A539F9CEhos5C90uKEeSfdc5ZKhRANCAATBQ3lfJ8MteQ8Ia4bCzZUaNBvUrcyN
B6wuHiQvnt4qtIBGBkc6MIrGTTZP4KIflabtcP8r+A2TIYC1MYG/XoW5
-----END PRIVATE KEY-----
`;

describe('TLS', () => {
  const tls = (port: number, rules: { verify: boolean; pin?: string[] }, host?: string) => ({
    ...target(port, host),
    tls: rules,
  });

  it('verifies against the name, with SNI', async () => {
    const server = createTlsServer({ cert, key });
    await using at = await listening(server);
    const trusting = openConnect({ lookup: to('127.0.0.1'), ca: cert });
    const accepted = once(server, 'secureConnection');
    const socket = await trusting(tls(at.port, { verify: true }), never);
    const [far] = await accepted;
    expect(far.servername).toBe('irc.example');
    socket.destroy();
    await expect(trusting(tls(at.port, { verify: true }, 'other.example'), never)).rejects.toMatchObject({
      reason: 'untrusted',
    });
    const usual = openConnect({ lookup: to('127.0.0.1') });
    await expect(usual(tls(at.port, { verify: true }), never)).rejects.toMatchObject({ reason: 'untrusted' });
    (await usual(tls(at.port, { verify: false }), never)).destroy();
  });

  it('takes a pinned certificate, and only that', async () => {
    await using at = await listening(createTlsServer({ cert, key }));
    const connect = openConnect({ lookup: to('127.0.0.1') });
    const pin = new X509Certificate(cert).fingerprint256;
    (
      await connect(tls(at.port, { verify: true, pin: ['0'.repeat(64), pin.replaceAll(':', '').toLowerCase()] }), never)
    ).destroy();
    await expect(connect(tls(at.port, { verify: false, pin: ['0'.repeat(64)] }), never)).rejects.toMatchObject({
      reason: 'untrusted',
    });
  });

  it('does not fall back to plain text', async () => {
    await using at = await listening(createServer((socket) => socket.write('220 hello\r\n')));
    await expect(
      openConnect({ lookup: to('127.0.0.1') })(tls(at.port, { verify: false }), never),
    ).rejects.toMatchObject({ reason: 'untrusted' });
  });
});

describe('sockets that share what they read into', () => {
  it('wait for a listener, and hand each what came for it', async () => {
    const texts = ['one', 'two', 'three'];
    await using server = await listening(
      createServer((socket) => void socket.once('data', (asked) => socket.end(`${asked}\n`.repeat(20_000)))),
    );
    const connect = openConnect();
    const told = texts.map(async (text) => {
      const socket = await connect({ ...target(server.port, '127.0.0.1'), sharedReads: true }, never);
      socket.write(text);
      let all = '';
      socket.on('data', (chunk: Buffer) => {
        all += chunk.toString('latin1');
      });
      expect(socket.isPaused()).toBe(true);
      socket.resume();
      await once(socket, 'close');
      return all;
    });
    expect(await Promise.all(told)).toEqual(texts.map((text) => `${text}\n`.repeat(20_000)));
  });
});
