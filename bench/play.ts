import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { openWorld } from './load/world.ts';
import type { Figures, Scenario } from './scenario.ts';
import type { Running, Target } from './target.ts';
import type { Turns } from './turns.ts';

export type How = {
  readonly warm: number;
  readonly seconds: number;
  readonly caps: readonly string[];
  readonly profile?: string | undefined;
  readonly turns: Turns;
};

/** Milliseconds that a target has to come online. */
const PATIENCE = 20_000;

/** Beside the sources, not in the system's folder for temporary files: that may be memory. */
const ON_DISK = join(import.meta.dirname, '.bench-');
/** In memory where the system has such a place. */
const SCRATCH = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();

/** Starts servers and target, plays a scenario, ends all. Rejects when something is lost or the target fails. */
export async function play(scenario: Scenario, target: Target, how: How): Promise<Figures> {
  const dir = mkdtempSync(scenario.durable ? ON_DISK : join(SCRATCH, 'isthmus-bench-'));
  await using world = await openWorld(how.caps);
  let running: Running | undefined;
  await how.turns.take();
  try {
    running = await target.start({
      xmppPort: world.xmpp.port,
      ircPort: world.irc.port,
      users: scenario.users,
      dir,
      profile: how.profile,
    });
    await within(world.xmpp.online, running);
    return await scenario.play({ world, pid: running.pid, warm: how.warm, seconds: how.seconds, turns: how.turns });
  } catch (error) {
    const ended = running?.ended();
    if (ended === undefined) throw error;
    throw new Error(`${target.name} has ended (${ended}):\n${running?.output()}`, { cause: error });
  } finally {
    await running?.stop();
    rmSync(dir, { recursive: true, force: true });
    how.turns.give();
  }
}

async function within(online: Promise<void>, running: Running): Promise<void> {
  const late = delay(PATIENCE, undefined, { ref: false }).then(() => {
    throw new Error(`not online after ${PATIENCE / 1000} s:\n${running.output()}`);
  });
  await Promise.race([online, late]);
}
