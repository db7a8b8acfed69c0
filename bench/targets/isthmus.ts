import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageVersion } from '../../src/process/version.ts';
import { startPostgres } from '../../test/real/postgres.ts';
import { DOMAIN, REALM, SECRET, USERS } from '../load/world.ts';
import { DEAD } from '../load/xmpp-server.ts';
import { type Running, type Setting, startProcess, type Target } from '../target.ts';

export const ROOT = join(import.meta.dirname, '../..');
const MAIN = join(ROOT, 'src/main.ts');
const BUILT = join(ROOT, 'release/bin/isthmus.mjs');

/** The config file of the measured gateway. */
export const config = ({ xmppPort, ircPort, dir }: Pick<Setting, 'xmppPort' | 'ircPort' | 'dir'>, store?: string) => ({
  xmpp: { host: '127.0.0.1', port: xmppPort, domains: [USERS] },
  store: store ?? `sqlite:${join(dir, 'store.db')}`,
  key: { file: join(dir, 'isthmus.key') },
  access: { register: [USERS, DEAD] },
  limits: { messages: 'off', joins: 'off', connect_pace: '0s' },
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
  start: async (setting) => startMain(built ? BUILT : MAIN, setting, config(setting)),
});

/** What `bin/isthmus.mjs` starts an operator's process with: the sources, of any commit, are measured as they run then. */
const OPTIONS = ['--max-semi-space-size=4', '--expose-gc', '--no-maglev'];
const ARENAS = { MALLOC_ARENA_MAX: '2' };

/** Certificates that the machine adds for everybody would be read at the start, and are not what is measured. */
const ENVIRONMENT = { NODE_ENV: 'production', NODE_EXTRA_CA_CERTS: undefined };

/** Starts the program `main` with a config of the setting's. */
export function startMain(main: string, setting: Setting, settings: ReturnType<typeof config>): Running {
  const file = join(setting.dir, 'config.yaml');
  // JSON is YAML.
  writeFileSync(file, JSON.stringify(settings));
  const profile = setting.profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${setting.profile}`];
  const rounds = setting.rounds === undefined ? [] : ['--import', join(import.meta.dirname, '../load/loop-rounds.ts')];
  const env = { ...ARENAS, ...ENVIRONMENT, ISTHMUS_ROUNDS: setting.rounds };
  const options = main === BUILT ? [] : OPTIONS;
  return startProcess(process.execPath, [...options, ...profile, ...rounds, main, 'run', '--config', file], env);
}

/** Isthmus as it runs in a checkout, without its limits on how fast users may be. */
export const fromSources = isthmus(false);

/** The package that `npm run build` has made: it does without the compiler for TypeScript, and so with less memory. */
export const fromPackage = isthmus(true);

/** With a PostgreSQL of its own, whose CPU time is not counted. */
export const onPostgres: Target = {
  ...isthmus(false),
  name: 'isthmus-postgres',
  title: 'Isthmus on PostgreSQL',
  async start(setting) {
    const postgres = await startPostgres({ fsync: true });
    const running = startMain(MAIN, setting, config(setting, await postgres.database()));
    return {
      ...running,
      async stop() {
        await running.stop();
        await postgres[Symbol.asyncDispose]();
      },
    };
  },
};
