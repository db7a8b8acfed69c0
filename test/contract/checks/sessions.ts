import { expect } from 'vitest';
import { Failure } from '#src/model/failure.ts';
import { connecting } from '../../host-parts.ts';
import type { Check } from '../network.ts';
import { failureOf, inTime, openRig, withRig } from '../rig.ts';

/** Connecting, being refused, closing and breaking. */
export const sessionChecks: readonly Check[] = [
  {
    name: 'connects and closes, and nothing is delivered to a closed session',
    run: (contract) =>
      withRig(contract, async (rig) => {
        const session = await rig.enter();
        expect(session).toMatchObject(rig.key());
        await session.close('left');
        await inTime(rig.wire.idle(), 'the line is closed');
        const late = await rig.say('too late', session);
        expect(rig.outcomes(late)).toEqual([expect.any(Failure)]);
        expect(rig.states.filter(({ state }) => state.kind === 'lost')).toEqual([]);
      }),
  },
  {
    name: 'a refused login is a failure, and its line is closed',
    run: (contract) =>
      withRig(contract, async (rig) => {
        await rig.wire.refuseLogin();
        await failureOf(rig.connect());
        await inTime(rig.wire.idle(), 'the line is closed', contract.patience);
      }),
  },
  {
    name: 'a server that is not there is a failure',
    async run(contract) {
      const wire = await contract.network.open();
      const rig = await openRig(contract, wire);
      const credentials = await wire.credentials('romeo');
      await wire[Symbol.asyncDispose]();
      const wish = { nick: 'romeo', ...(credentials && { credentials }) };
      await failureOf(connecting(rig.bridge).connect(rig.key(), wish, new AbortController().signal));
      await rig.bridge[Symbol.asyncDispose]();
    },
  },
  {
    name: 'an attempt that is given up is a failure, and its line is closed',
    run: (contract) =>
      withRig(contract, async (rig) => {
        await failureOf(rig.connect('romeo', AbortSignal.abort()));
        const attempt = new AbortController();
        const connecting = rig.connect('romeo', attempt.signal);
        attempt.abort();
        await failureOf(connecting);
      }),
  },
  {
    name: 'a line that breaks is told once',
    run: (contract) =>
      withRig(contract, async (rig) => {
        const session = await rig.enter();
        await rig.wire.break();
        const lost = () => rig.states.filter(({ state }) => state.kind === 'lost');
        await rig.when('the loss', () => lost().length > 0);
        const late = await rig.say('too late', session);
        expect(rig.outcomes(late)).toEqual([expect.any(Failure)]);
        await rig.close();
        expect(lost()).toEqual([{ key: rig.key(), state: { kind: 'lost', failure: expect.any(Failure) } }]);
      }),
  },
];
