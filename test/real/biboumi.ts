import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathOf } from '#src/process/cli/demo/servers/available.ts';
import { type RunningServer, run } from '#src/process/cli/demo/servers/running.ts';

export interface BiboumiOptions {
  readonly domain: string;
  readonly secret: string;
  /** The port of components of the XMPP server on 127.0.0.1. */
  readonly port: number;
  /** A file, or the URL of a database of PostgreSQL. */
  readonly database: string;
}

/** Starts Debian's biboumi. Resolves once the XMPP server has let it in. */
export function startBiboumi({
  domain,
  secret,
  port,
  database,
}: BiboumiOptions): Promise<RunningServer<Record<never, number>>> {
  return run<never>({
    name: 'biboumi',
    portNames: [],
    prepare: async (dir) => {
      const file = join(dir, 'biboumi.cfg');
      const settings = { hostname: domain, password: secret, xmpp_server_ip: '127.0.0.1', port, db_name: database };
      const lines = Object.entries({ ...settings, identd_port: 0, log_level: 1 }).map(
        ([name, value]) => `${name}=${value}\n`,
      );
      await writeFile(file, lines.join(''));
      const ready = ['Authenticated with the XMPP server'];
      return { path: pathOf('biboumi'), args: [file], ports: [], ready, portTaken: /(?!)/ };
    },
  });
}
