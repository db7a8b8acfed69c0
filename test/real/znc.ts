import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathOf } from '#src/process/cli/demo/servers/available.ts';
import { startInspircd } from '#src/process/cli/demo/servers/inspircd.ts';
import { type RunningServer, run } from '#src/process/cli/demo/servers/running.ts';
import { asNobody, ownedByNobody } from './nobody.ts';

/** What clients give as password (PASS): a user, a network of theirs, and the password. */
export const ZNC_PASSWORD = 'alice/test:pw';

export type RunningZnc = RunningServer<Record<'plain', number>> & {
  readonly upstream: RunningServer<{ plain: number }>;
};

/**
 * Starts a real ZNC on 127.0.0.1 in front of an InspIRCd, with the user alice, who is in #garden as Alice. It plays back what was
 * said to each client that attaches, again and again.
 */
export async function startZnc(): Promise<RunningZnc> {
  await using stack = new AsyncDisposableStack();
  const upstream = stack.use(await startInspircd());
  const znc = stack.use(
    await run<'plain'>({
      name: 'znc',
      portNames: ['plain'],
      prepare: async (dir, ports) => {
        mkdirSync(join(dir, 'configs'));
        writeFileSync(join(dir, 'configs', 'znc.conf'), configuration(ports.plain, upstream.ports.plain));
        const args = ['--foreground', '--datadir', dir];
        ownedByNobody(dir);
        return {
          ...asNobody(pathOf('znc'), args),
          ports: [ports.plain],
          ready: ['Binding to port'],
          portTaken: /Address already in use/,
        };
      },
    }),
  );
  const resources = stack.move();
  return { ...znc, upstream, [Symbol.asyncDispose]: () => resources.disposeAsync() };
}

const configuration = (port: number, upstream: number): string => `Version = 1.8.2
AnonIPLimit = 1000
ConnectDelay = 0
ServerThrottle = 1
ProtectWebSessions = false
<Listener plain>
	Port = ${port}
	Host = 127.0.0.1
	IPv4 = true
	IPv6 = false
	SSL = false
	AllowIRC = true
	AllowWeb = false
</Listener>
<User alice>
	Pass = plain#pw
	Admin = false
	Nick = Alice
	AltNick = Alice_
	Ident = alice
	RealName = Alice
	AutoClearChanBuffer = false
	AutoClearQueryBuffer = false
	ChanBufferSize = 100
	QueryBufferSize = 100
	JoinTries = 10
	MaxJoins = 0
	<Network test>
		FloodBurst = 100
		FloodRate = 100.00
		IRCConnectEnabled = true
		JoinDelay = 0
		Server = 127.0.0.1 ${upstream}
		<Chan #garden>
		</Chan>
	</Network>
</User>
`;
