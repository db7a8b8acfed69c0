import { expect, it } from 'vitest';
import { freePorts } from '#src/process/cli/demo/servers/ports.ts';

it('ports that are chosen and not used yet are not chosen again, nor by a process beside this one', async () => {
  const ports = (await Promise.all(Array.from({ length: 50 }, () => freePorts(2)))).flat();
  expect(new Set(ports).size).toBe(ports.length);
  expect(new Set(ports.map((port) => port % 32)).size).toBe(1);
});
