import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { clientCertificate } from '#bridges/irc/connection/registration/client-certificate.ts';
import { CERTIFICATE, FINGERPRINT, PRIVATE_KEY } from '../../../../fakes/certificate.ts';
import { ircServer } from '../../../../fakes/irc-server.ts';
import { key, rig } from '../../harness.ts';

it('logs in by the certificate that the operator has for a server', async () => {
  const file = join(await mkdtemp(join(tmpdir(), 'irc-')), 'gateway.pem');
  await writeFile(file, CERTIFICATE + PRIVATE_KEY);
  await using server = await ircServer({ serve: true, tls: true, caps: ['sasl=EXTERNAL,PLAIN'] });
  server.on('AUTHENTICATE', ([text], peer) => {
    if (text === 'EXTERNAL') peer.send('AUTHENTICATE +');
    else peer.send(':irc.fake 900 * * gateway :You are now logged in as gateway', ':irc.fake 903 * :Welcome');
    return true;
  });
  await using gateway = await rig(server, {}, { tls: true, verify: false, certificate: file });
  const opening = gateway.bridge.connect(key('romeo'), { nick: 'romeo' }, new AbortController().signal);
  const far = await server.accept();
  expect(await far.until(/^AUTHENTICATE /)).toBe('AUTHENTICATE EXTERNAL');
  expect(await far.next()).toBe('AUTHENTICATE +');
  await opening;
  expect(far.fingerprint).toBe(FINGERPRINT);
  expect(gateway.told('realm').map((draft) => ('text' in draft ? draft.text : ''))).toContain(
    'You are logged in as gateway.',
  );
});

it('takes PEM whose line breaks a form has lost, and nothing that does not belong together', () => {
  const { cert, key: secret } = clientCertificate(CERTIFICATE.replaceAll('\n', ' '), PRIVATE_KEY.replaceAll('\n', ' '));
  expect([cert, secret.open()]).toEqual([CERTIFICATE, PRIVATE_KEY]);
  expect(() => clientCertificate(CERTIFICATE, '')).toThrow('PEM');
  expect(() => clientCertificate('rose', PRIVATE_KEY)).toThrow('PEM');
});
