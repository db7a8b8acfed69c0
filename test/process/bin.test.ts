import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { CERTIFICATE } from '../fakes/certificate.ts';
import { folder } from './cli/isthmus.ts';

const run = promisify(execFile);

it('runs in a checkout that was not built', async () => {
  const { stdout } = await run(process.execPath, ['bin/isthmus.mjs', 'example-config']);
  expect(stdout).toBe(await readFile('config.example.yaml', 'utf8'));
});

it('trusts the authorities of this machine', async () => {
  using dir = folder();
  const told = `import { getCACertificates } from 'node:tls';
const plain = (pem) => pem.replace(/\\s/g, '');
const ours = plain(process.env.SSL_CERT);
process.on('exit', () => process.stderr.write(String(getCACertificates().some((one) => plain(one) === ours))));`;
  const env = {
    PATH: process.env.PATH,
    SSL_CERT: CERTIFICATE,
    SSL_CERT_FILE: dir.file('authorities.pem', CERTIFICATE),
    NODE_OPTIONS: `--import=${dir.file('told.mjs', told)}`,
  };
  const { stderr } = await run(process.execPath, ['bin/isthmus.mjs', '--version'], { env });
  expect(stderr).toBe('true');
});
