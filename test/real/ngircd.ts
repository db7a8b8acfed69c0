import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathOf } from '#src/process/cli/demo/servers/available.ts';
import { type RunningServer, run } from '#src/process/cli/demo/servers/running.ts';

export interface NgircdOptions {
  /** The server's own name, `ng.test` when not given. */
  readonly serverName?: string;
  /** Password that clients have to give (PASS). */
  readonly password?: string;
  /** Whether it holds back who sends much, as it does unless told otherwise: not when this is not given. */
  readonly protected?: boolean;
  /** How many connections an address may have; any number when not given. */
  readonly connections?: number;
  /** Lines at the end of the configuration, such as a `[Channel]` section. */
  readonly extra?: string;
}

export type RunningNgircd = RunningServer<Record<'plain', number>>;

/** Starts a real ngIRCd on 127.0.0.1: an IRC server without IRCv3, nicks of up to 30 characters. */
export function startNgircd(options: NgircdOptions = {}): Promise<RunningNgircd> {
  const path = pathOf('ngircd');
  return run<'plain'>({
    name: 'ngircd',
    portNames: ['plain'],
    prepare: async (dir, ports) => {
      const file = join(dir, 'ngircd.conf');
      await writeFile(file, configuration(ports.plain, options));
      const args = ['-n', '-f', file];
      return { path, args, ports: [ports.plain], ready: [' ready.'], portTaken: /Can't bind socket/ };
    },
  });
}

// MaxPenaltyTime = 0 switches its flood throttle off, the limits of 0 mean none.
function configuration(port: number, { serverName = 'ng.test', password, extra = '', ...limits }: NgircdOptions) {
  return `[Global]
Name = ${serverName}
Info = ngIRCd for tests
Listen = 127.0.0.1
Ports = ${port}
MotdPhrase = "Welcome."
${password === undefined ? '' : `Password = ${password}`}
[Limits]
MaxConnections = 0
MaxConnectionsIP = ${limits.connections ?? 0}
MaxJoins = 0
MaxNickLength = 30
${limits.protected ? '' : 'MaxPenaltyTime = 0'}
[Options]
DNS = no
Ident = no
PAM = no
${extra}
`;
}
