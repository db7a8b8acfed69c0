import { describe, test } from 'vitest';
import { type Program, unavailable } from '#src/process/cli/demo/servers/available.ts';
import { notUnpacked, type Unpacked } from './unpacked.ts';

export { type RunningInspircd, startInspircd } from '#src/process/cli/demo/servers/inspircd.ts';
export { type RunningProsody, startProsody } from '#src/process/cli/demo/servers/prosody.ts';
export { ircClient } from './irc.ts';
export { type RunningNgircd, startNgircd } from './ngircd.ts';
export { xml, xmppClient } from './xmpp.ts';

/**
 * A suite against real programs. Where CI is set a missing program is a failing test; elsewhere the suite is reported as
 * skipped, with the reason in its title.
 */
export function describeReal(name: string, needs: readonly (Program | Unpacked)[], suite: () => void): void {
  const missing = needs.map(whyNot).filter((reason) => reason !== undefined);
  if (missing.length === 0) describe(name, suite);
  else if (process.env.CI)
    test(name, () => {
      throw new Error(missing.join('; '));
    });
  else describe.skip(`${name}: ${missing.join('; ')}`, suite);
}

const whyNot = (program: Program | Unpacked): string | undefined =>
  isUnpacked(program) ? notUnpacked(program) : unavailable(program);

const isUnpacked = (program: Program | Unpacked): program is Unpacked =>
  (['prosody13', 'ejabberd24', 'hybrid', 'irc2', 'synapse'] as readonly string[]).includes(program);
