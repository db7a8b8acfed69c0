import { execFileSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as delay } from 'node:timers/promises';
import { DOMAIN, REALM, SECRET, USERS } from '../load/world.ts';
import { type Running, type Setting, startProcess, type Target } from '../target.ts';

const PROGRAM = ['/usr/bin/biboumi', '/usr/local/bin/biboumi'].find((path) => existsSync(path));

/** Debian's biboumi. It records history unless told otherwise, user by user. */
export const biboumi = (history: boolean): Target => ({
  name: history ? 'biboumi' : 'biboumi-no-history',
  title: history ? 'biboumi, history on' : 'biboumi, history off',
  missing: () => (PROGRAM === undefined ? 'not installed' : undefined),
  version,
  async start(setting) {
    if (PROGRAM === undefined) throw new Error('biboumi is not installed');
    const file = join(setting.dir, 'biboumi.cfg');
    const database = join(setting.dir, 'biboumi.sqlite');
    writeFileSync(file, config(setting, database));
    const running = startProcess(PROGRAM, [file]);
    try {
      await tables(database, running);
      options(database, setting, history);
      return running;
    } catch (error) {
      await running.stop();
      throw error;
    }
  },
});

/** The package's version: the program itself does not tell. */
function version(): string {
  try {
    return /^Version: (.*)$/m.exec(execFileSync('dpkg', ['-s', 'biboumi'], { encoding: 'utf8' }))?.[1] ?? 'unknown';
  } catch {
    return 'unknown';
  }
}

// identd_port 0: no listener. Its database lies on a tmpfs, as the folder does.
const config = ({ xmppPort }: Setting, database: string): string =>
  [
    `hostname=${DOMAIN}`,
    `password=${SECRET}`,
    'xmpp_server_ip=127.0.0.1',
    `port=${xmppPort}`,
    `db_name=${database}`,
    'identd_port=0',
    'log_level=3',
    '',
  ].join('\n');

/** Resolves once biboumi has made its tables. */
async function tables(database: string, running: Running): Promise<void> {
  for (let tries = 0; tries < 500; tries++) {
    if (running.ended() !== undefined) throw new Error(`biboumi has ended:\n${running.output()}`);
    if (existsSync(database) && hasTables(database)) return;
    await delay(20);
  }
  throw new Error('biboumi made no tables');
}

function hasTables(database: string): boolean {
  using db = new DatabaseSync(database, { readOnly: true, timeout: 5000 });
  // The index is made last.
  return db.prepare("select 1 from sqlite_master where name = 'archive_index'").get() !== undefined;
}

/** What each user would set by ad-hoc commands: the port, no throttle, history or not. */
function options(database: string, { users, ircPort }: Setting, history: boolean): void {
  using db = new DatabaseSync(database, { timeout: 5000 });
  const server = db.prepare(
    "insert into ircserveroptions_ (owner_, server_, ports_, tlsports_, throttlelimit_) values (?, ?, ?, '', -1)",
  );
  const user = db.prepare('insert into globaloptions_ (owner_, recordhistory_, maxhistorylength_) values (?, ?, 20)');
  db.exec('begin');
  for (let number = 0; number < users; number++) {
    const owner = `u${number}@${USERS}`;
    server.run(owner, REALM, String(ircPort));
    user.run(owner, history ? 1 : 0);
  }
  db.exec('commit');
}
