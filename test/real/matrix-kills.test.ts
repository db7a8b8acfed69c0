import { expect, it } from 'vitest';
import { openLaboratory } from '../../crash/laboratory.ts';
import { type SynapseWorld, synapseNetwork } from '../../crash/matrix/synapse/network.ts';
import { playSynapseRuns } from '../../crash/matrix/synapse/runs.ts';
import { seeded } from '../../crash/random.ts';
import { describeReal } from './servers.ts';

describeReal('a gateway that is killed at a real Synapse', ['synapse'], () => {
  it('loses nothing and says nothing twice, and reads and writes in encrypted rooms after each kill', async () => {
    let world: SynapseWorld | undefined;
    const network = synapseNetwork((opened) => {
      world = opened;
    });
    await using lab = await openLaboratory({ seed: 1, rate: 4 }, network);
    if (!world) throw new Error('there is no homeserver');
    await playSynapseRuns({ lab, world, random: seeded(1) }, { runs: 3, at: ['taken', 'told', 'keys'] });
    await lab.finish();
    const { told, accepted } = lab.ledger.figures;
    expect(Math.min(told, accepted)).toBeGreaterThan(0);
    expect(lab.ledger.violations).toEqual([]);
  });
});
