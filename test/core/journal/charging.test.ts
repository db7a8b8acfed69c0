import { expect, it } from 'vitest';
import { accountKey, type BareJid } from '#src/model/ids.ts';
import { tempFolder } from '../../store/folder.ts';
import { account, DOMAIN, MINUTE, type Options, play } from './journal-world.ts';

const paid: Options = { budgets: [{ name: 'pence', perUser: 5, total: 10, period: 60 * MINUTE }] };
const juliet = accountKey('juliet@a.example' as BareJid, DOMAIN);
const of = (amount: number) => [{ budget: 'pence', amount }];

it('reserves what a bridge spends for an account, and for nobody in particular', async () => {
  using dir = tempFolder();
  await play(dir.file('s.db'), paid, async ({ core: { host }, clock }) => {
    await host.charge(DOMAIN, of(4), account);
    await expect(host.charge(DOMAIN, of(2), account)).rejects.toMatchObject({ code: 'budget-exhausted' });
    await host.charge(DOMAIN, of(6));
    // All together have spent what they may.
    await expect(host.charge(DOMAIN, of(1), juliet)).rejects.toMatchObject({ code: 'budget-exhausted' });
    clock.advance(60 * MINUTE);
    await host.charge(DOMAIN, of(5), account);
  });
});

it('is given back, once asked to, and costs nothing where nothing is charged', async () => {
  using dir = tempFolder();
  await play(dir.file('s.db'), paid, async ({ core: { host } }) => {
    const giveBack = await host.charge(DOMAIN, of(5), account);
    await (await host.charge(DOMAIN, [], account))();
    await giveBack();
    await host.charge(DOMAIN, of(5), account);
    await expect(host.charge(DOMAIN, [{ budget: 'pounds', amount: 1 }])).rejects.toThrow('no budget is called pounds');
  });
});

it('tells admins and users once that a budget comes to its end, also over a restart', async () => {
  using dir = tempFolder();
  const told = 'pence that you may spend are spent';
  const options = { ...paid, admins: ['prince@a.example'] };
  await play(dir.file('s.db'), options, async ({ core, told: said, tells }) => {
    await core.host.charge(DOMAIN, of(4), account);
    await expect.poll(() => said).toEqual([expect.stringContaining(`4 of the 5 ${told}`)]);
    await core.host.charge(DOMAIN, of(4), juliet);
    await expect.poll(() => said.length).toBe(3);
    expect(said[2]).toContain(`8 of the 10 pence that all users of ${DOMAIN} may spend are spent`);
    await core.host.charge(DOMAIN, of(1), account);
    await core.stop();
    await tells(...said.slice(0, 3));
  });
  await play(dir.file('s.db'), options, async ({ core, told: said }) => {
    await core.host.charge(DOMAIN, of(1), juliet);
    await core.stop();
    expect(said).toEqual([]);
  });
});
