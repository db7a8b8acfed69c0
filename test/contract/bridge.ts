import { describe, it } from 'vitest';
import { definitionChecks } from './checks/definition.ts';
import { deliveryChecks, lineChecks } from './checks/delivery.ts';
import { fileChecks } from './checks/files.ts';
import { intakeChecks, journalChecks } from './checks/intake.ts';
import { sessionChecks } from './checks/sessions.ts';
import { tableChecks } from './checks/table.ts';
import type { Check, Contract } from './network.ts';

/** What a bridge has to keep, as its own table says. */
export const checksFor = (contract: Contract): readonly Check[] => [
  ...definitionChecks,
  ...(contract.network.lines === false ? [] : [...sessionChecks, ...lineChecks]),
  ...deliveryChecks,
  ...tableChecks,
  ...intakeChecks,
  ...(contract.network.bytes ? fileChecks : []),
  ...(contract.network.acknowledged ? journalChecks : []),
];

/** Tests a bridge against the contract of `src/bridge.ts`: the real client at a real server, seen on the wire. */
export function bridgeContract(contract: Contract): void {
  describe(`the bridge contract: ${contract.name}`, () => {
    it.each(checksFor(contract))('$name', (check) => check.run(contract));
  });
}
