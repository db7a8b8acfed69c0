import { describe, expect, it } from 'vitest';
import { pigeonContract } from '../invented/network.ts';
import { bridge, ghostBridge } from '../invented/pigeon/index.ts';
import { checksFor } from './bridge.ts';
import { ircContract } from './irc.ts';
import type { Contract } from './network.ts';
import { type Wrong, wrongBridges, wrongFiles, wrongGhosts, wrongJournals } from './wrong-bridges.ts';

/** Milliseconds that a wrong bridge is waited for. */
const PATIENCE = 500;

async function isCaught(contract: Contract, { check: name, wrong }: Wrong): Promise<void> {
  const check = checksFor(contract).find((one) => one.name === name);
  if (!check) throw new Error(`there is no check: ${name}`);
  await expect(
    check.run({ ...contract, definition: wrong(contract.definition), patience: PATIENCE }),
  ).rejects.toThrow();
}

describe('the bridge contract catches a bridge that', () => {
  it.each([...wrongBridges, ...wrongJournals])('$name (invented)', (wrong) =>
    isCaught(pigeonContract('the invented network'), wrong),
  );
  it.each(wrongFiles)('$name (invented)', (wrong) =>
    isCaught(pigeonContract('the invented network', bridge, { file_size: '1MB' }), wrong),
  );
  it.each(wrongGhosts)('$name (invented, without sessions)', (wrong) =>
    isCaught(pigeonContract('the invented network', ghostBridge), wrong),
  );
  it.each(wrongBridges)('$name (IRC)', (wrong) => isCaught(ircContract('IRC', ['echo-message']), wrong));
});
