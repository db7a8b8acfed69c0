import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageVersion } from '../../src/version.ts';
import { DOMAIN, REALM, SECRET, USERS } from '../load/world.ts';
import { type Setting, startProcess, type Target } from '../target.ts';

const ROOT = join(import.meta.dirname, '../..');
const MAIN = join(ROOT, 'src/main.ts');
const BUILT = join(ROOT, 'release/bin/isthmus.mjs');

/** The config file of the measured gateway. */
export const config = ({ xmppPort, ircPort, dir }: Pick<Setting, 'xmppPort' | 'ircPort' | 'dir'>) => ({
  xmpp: { host: '127.0.0.1', port: xmppPort },
  store: `sqlite:${join(dir, 'store.db')}`,
  key: { file: join(dir, 'isthmus.key') },
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

const isthmus = (built: boolean): Target => ({
  name: built ? 'isthmus-built' : 'isthmus',
  title: built ? 'Isthmus, built' : 'Isthmus',
  journals: true,
  missing: () => (existsSync(built ? BUILT : MAIN) ? undefined : 'not built (npm run build)'),
  version: packageVersion,
  async start(setting) {
    const file = join(setting.dir, 'config.yaml');
    // JSON is YAML.
    writeFileSync(file, JSON.stringify(config(setting)));
    const profile = setting.profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${setting.profile}`];
    const main = built ? BUILT : MAIN;
    return startProcess(process.execPath, [...profile, main, 'run', '--config', file], { NODE_ENV: 'production' });
  },
});

/** Isthmus as it runs in a checkout, without its limits on how fast users may be. */
export const fromSources = isthmus(false);

/** The package that `npm run build` has made: it does without the compiler for TypeScript, and so with less memory. */
export const fromPackage = isthmus(true);
