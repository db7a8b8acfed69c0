import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageVersion } from '../../src/version.ts';
import { DOMAIN, REALM, SECRET, USERS } from '../load/world.ts';
import { type Setting, startProcess, type Target } from '../target.ts';

const MAIN = join(import.meta.dirname, '../../src/main.ts');

const config = ({ xmppPort, ircPort }: Setting) => ({
  xmpp: { host: '127.0.0.1', port: xmppPort },
  access: { register: [USERS] },
  limits: { messages: 'off', joins: 'off' },
  transports: {
    [DOMAIN]: {
      bridge: 'irc',
      secret: SECRET,
      servers: { [REALM]: { port: ircPort, tls: false, throttle: 'off' } },
    },
  },
});

/** Isthmus as an operator runs it in a checkout, without its limits on how fast users may be. */
export const isthmus: Target = {
  name: 'isthmus',
  title: 'Isthmus',
  missing: () => undefined,
  version: packageVersion,
  async start(setting) {
    const file = join(setting.dir, 'config.yaml');
    // JSON is YAML.
    writeFileSync(file, JSON.stringify(config(setting)));
    const profile = setting.profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${setting.profile}`];
    return startProcess(process.execPath, [...profile, MAIN, 'run', '--config', file], { NODE_ENV: 'production' });
  },
};
