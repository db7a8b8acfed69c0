import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { registration } from '#bridges/matrix/appservice/registration.ts';
import { config } from '#bridges/matrix/config.ts';
import { folder, isthmus } from './isthmus.ts';

const settings = {
  homeserver: { url: 'http://127.0.0.1:8008', name: 'hs.example' },
  appservice: { as_token: 'as', hs_token: 'hs' },
};

it('prints what a homeserver has to know', async () => {
  using dir = folder();
  const file = dir.file(
    'config.yaml',
    JSON.stringify({
      xmpp: { host: '127.0.0.1', port: 5347 },
      store: 'sqlite:./a.db',
      key: { file: './a.key' },
      http: { listen: '127.0.0.1:0', public_url: 'https://gw.example/' },
      transports: { 'matrix.example': { bridge: 'matrix', secret: 'hush', ...settings } },
    }),
  );
  const { code, out } = await isthmus(['matrix-registration', '--config', file]).ended;
  expect(code).toBe(0);
  expect(parse(out)).toEqual({
    id: 'isthmus matrix.example',
    url: 'https://gw.example/hooks/matrix.example',
    as_token: 'as',
    hs_token: 'hs',
    sender_localpart: '_xmpp_bot',
    namespaces: { users: [{ exclusive: true, regex: '@_xmpp_.*:hs\\.example' }], aliases: [], rooms: [] },
    protocols: ['xmpp'],
    rate_limited: false,
    receive_ephemeral: true,
    'de.sorunome.msc2409.push_ephemeral': true,
  });
});

it('has the address that the operator gives the homeserver, and the prefix as it is', () => {
  const own = { ...settings, appservice: { ...settings.appservice, url: 'http://10.0.0.1/hooks/m/', prefix: 'x.y+' } };
  const written = registration(config.parse(own), { domain: 'm', url: '' });
  expect(written.url).toBe('http://10.0.0.1/hooks/m');
  expect(written.namespaces.users).toEqual([{ exclusive: true, regex: '@x\\.y\\+.*:hs\\.example' }]);
});
