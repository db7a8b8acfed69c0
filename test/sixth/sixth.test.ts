import { expect, it } from 'vitest';
import type { Event } from '#src/model/event.ts';
import { type BareJid, newEventId } from '#src/model/ids.ts';
import { bridgeContract } from '../contract/bridge.ts';
import { openRig } from '../contract/rig.ts';
import { openWire, semaphoreContract } from './network.ts';

// This network was written by following docs/new-bridge.md from nothing. It stays as the proof that this can be done.
bridgeContract(semaphoreContract);

it('the sixth network: the tower is asked what became of a message that it has not answered', async () => {
  await using wire = await openWire();
  const rig = await openRig(semaphoreContract, wire);
  await using bridge = rig.bridge;
  const [from, place] = [{ kind: 'xmpp', bare: 'romeo@xmpp.example' as BareJid }, rig.places.contact] as const;
  const message = (text: string): Event => {
    return { id: newEventId(), at: 0, live: true, from, place, kind: 'message', text, style: 'plain' };
  };
  const [done, undone] = [message('done'), message('not done')];
  const session = await rig.connect();
  wire.tower.fault('hang', 'say');
  await bridge.deliver(done, session);
  expect(await wire.heard('romeo')).toBe('done');
  await wire.hold();
  await bridge.deliver(undone, session);
  await wire.held(1);
  await wire.break();
  await rig.when('both are in doubt', () => rig.settled.length === 2);
  expect(rig.settled).toMatchObject([done, undone].map(({ id }) => ({ id, outcome: { certain: false } })));
  await expect(bridge.reconcile?.(done)).resolves.toBe('unknown');
  await rig.connect();
  await expect(bridge.reconcile?.(done)).resolves.toBe('sent');
  await expect(bridge.reconcile?.(undone)).resolves.toBe('not-sent');
});
