import { parseArgs } from 'node:util';
import { UsageError } from './arguments.ts';
import { checkPage } from './demo/check.ts';
import { type RunGateway, runIsthmus } from './demo/gateway.ts';
import { type Program, unavailable } from './demo/servers/available.ts';
import { openSteps, type Steps } from './demo/steps.ts';
import { channel, startWorld, type World } from './demo/world.ts';

/** `isthmus demo`: Isthmus between real servers on this machine. */
export function command(args: readonly string[]): Promise<number> {
  return demo(args, runIsthmus);
}

/**
 * Starts everything and stays until SIGINT or SIGTERM; with `--check` looks at the page with a headless browser instead.
 * Resolves with the exit code: 0, or 1 with the reason on standard error. Throws a `UsageError` for wrong arguments.
 */
export async function demo(args: readonly string[], runGateway: RunGateway): Promise<number> {
  const { check, screenshot, port } = options(args);
  const needs: Program[] = check ? ['prosody', 'inspircd', 'chromium'] : ['prosody', 'inspircd'];
  const missing = needs.map(unavailable).filter((reason) => reason !== undefined);
  if (missing.length > 0) return complain(missing.join('\n'));

  const stopped = firstSignal();
  const steps = openSteps((text) => process.stdout.write(text));
  try {
    await using world = await startWorld(steps, runGateway, port);
    if (check) {
      const outcome = await Promise.race([checkPage(world, steps, screenshot), stopped]);
      return outcome === 'stopped' ? complain('interrupted') : 0;
    }
    tell(world, steps);
    await stopped;
    steps.say('\nStopping.');
  } catch (error) {
    return complain(error instanceof Error ? error.message : String(error));
  }
  return 0;
}

function options(args: readonly string[]) {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        check: { type: 'boolean' },
        screenshot: { type: 'string' },
        port: { type: 'string', default: '8470' },
      },
    });
    const port = Number(values.port);
    if (!Number.isInteger(port) || port < 1 || port > 65_535) throw new TypeError('--port wants a port number');
    return { check: values.check ?? false, screenshot: values.screenshot, port };
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new UsageError(error.message.split('\n', 1)[0]);
  }
}

/** The handlers stay: a terminal's Ctrl-C can arrive several times, once from each program in between. */
function firstSignal(): Promise<'stopped'> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => resolve('stopped'));
  });
}

function tell(world: World, { say }: Steps): void {
  say(`
  Open in a browser   ${world.url}

  You are Alice, an XMPP user, in ${channel} on the IRC server. Isthmus is in between. Beside you are a phone${world.hasMatrix ? ', a mailbox and a room on Matrix' : ' and a mailbox'}.
  From IRC            any client at 127.0.0.1, port ${world.ircPort}, no TLS: /join ${channel}
  From XMPP           any client as ${world.guest.jid}, password ${world.guest.password}, at 127.0.0.1, port ${world.xmppPort},
                      no TLS: join the room ${world.room}
  Stop                Ctrl-C
`);
}

function complain(text: string): number {
  process.stderr.write(`isthmus demo: ${text}\n`);
  return 1;
}
