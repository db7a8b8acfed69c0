import { describe, expect, it } from 'vitest';
import { config } from '#bridges/irc/config.ts';
import { serverFor } from '#bridges/irc/servers.ts';
import { realmSettings, settings } from '#bridges/irc/settings.ts';

const listed = config.parse({
  servers: { 'irc.example': { host: ['a.example', '192.0.2.1'], port: [6697, 7000], throttle: 'off' } },
});
const free = config.parse({ any_server: true });
const set = (values: object) => realmSettings(settings(free).realm?.parse(values));
const urls = (server: ReturnType<typeof serverFor>) =>
  server?.addresses.map(({ host, port, tls }) => `${tls ? 'ircs' : 'irc'}://${host}:${port}`);

describe('where a server is', () => {
  it('is what the operator has listed, in that order', () => {
    const server = serverFor(listed, 'IRC.example', set({}));
    expect(urls(server)).toEqual([
      'ircs://a.example:6697',
      'ircs://a.example:7000',
      'ircs://192.0.2.1:6697',
      'ircs://192.0.2.1:7000',
    ]);
    expect(server).toMatchObject({ chosen: false, throttle: 'off', verify: true });
    expect(serverFor(listed, 'other.example', set({}))).toBeUndefined();
  });

  it('is what a user has chosen, with TLS unless there is no port for that', () => {
    expect(urls(serverFor(free, 'irc.example', set({})))).toEqual(['ircs://irc.example:6697']);
    expect(urls(serverFor(free, 'irc.example', set({ address: 'b.example', tls_ports: ['7000', '6697'] })))).toEqual([
      'ircs://b.example:7000',
      'ircs://b.example:6697',
    ]);
    expect(urls(serverFor(free, 'irc.example', set({ ports: ['6667'] })))).toEqual(['ircs://irc.example:6697']);
    expect(urls(serverFor(free, 'irc.example', set({ ports: ['6667'], tls_ports: [] })))).toEqual([
      'irc://irc.example:6667',
    ]);
    expect(urls(serverFor(free, 'irc.example', set({ tls_ports: [] })))).toEqual([]);
    const pin = 'ab'.repeat(32);
    expect(serverFor(free, 'irc.example', set({ fingerprint: pin }))?.pin).toEqual([pin]);
    expect(serverFor(free, 'irc.example', set({ verify_cert: false }))).toMatchObject({ chosen: true, verify: false });
  });

  it('is not for users to say where they may not choose', () => {
    const schema = settings(listed).realm;
    expect(Object.keys((schema as unknown as { shape: object }).shape)).not.toContain('address');
    expect(realmSettings(schema?.parse({ address: 'b.example', ports: ['6667'] }))).toMatchObject({
      address: '',
      ports: [],
    });
  });

  it.each([
    [{ address: 'a b' }],
    [{ tls_ports: ['https'] }],
    [{ fingerprint: 'abc' }],
    [{ encoding_in: 'klingon' }],
    [{ encoding_out: 'klingon' }],
    [{ nick: 'a\r\nQUIT' }],
    [{ pass: 'a\nb' }],
    [{ after_connect_commands: ['PING x'] }],
    [{ after_connect_commands: ['JOIN #a\r\nQUIT'] }],
    [{ throttle_limit: 0 }],
  ])('%j is refused', (values) => {
    expect(settings(free).realm?.safeParse(values).success).toBe(false);
  });
});
