import { expect } from 'vitest';
import type { Session } from '#src/bridge.ts';
import type { Event } from '#src/model/event.ts';
import { Failure } from '#src/model/failure.ts';
import { newEventId, splitAccount } from '#src/model/ids.ts';
import type { Check } from '../network.ts';
import { failureOf, inTime, type Rig, withRig } from '../rig.ts';

const TAKEN = { state: 'taken' };

function messageOf({ home }: Rig, { account }: Session, text: string): Event {
  const from = { kind: 'xmpp', bare: splitAccount(account).user } as const;
  return { id: newEventId(), at: 0, live: true, place: home, from, kind: 'message', text, style: 'plain' };
}

/** What becomes of an event on its way out. */
export const deliveryChecks: readonly Check[] = [
  {
    name: 'delivers in order, and tells so in order',
    run: (contract) =>
      withRig(contract, async (rig) => {
        const session = await rig.enter();
        const texts = Array.from({ length: 20 }, (_, index) => `line ${index}`);
        const ids: string[] = [];
        for (const text of texts) ids.push(await rig.say(text, session));
        for (const text of texts) expect(await inTime(rig.wire.heard('romeo'), text, contract.patience)).toBe(text);
        for (const id of ids) expect(await rig.outcome(id)).toMatchObject(TAKEN);
        const told = rig.settled.map(({ id }) => id).filter((id) => ids.includes(id));
        expect(told).toEqual(ids.slice(ids.length - told.length));
      }),
  },
  {
    name: 'what goes as one has an outcome for each',
    run: (contract) =>
      withRig(contract, async (rig) => {
        const session = await rig.enter();
        const events = ['one', 'two'].map((text) => messageOf(rig, session, text));
        const outcomes = await rig.bridge.deliverTogether?.(events, session);
        if (!outcomes) return;
        expect(outcomes).toEqual(events.map(() => expect.objectContaining(TAKEN)));
        let said = '';
        while (!said.includes('two'))
          said += await inTime(rig.wire.heard('romeo'), 'what goes as one', contract.patience);
        expect(said.indexOf('one')).toBeLessThan(said.indexOf('two'));
      }),
  },
  {
    name: 'what reached some of several is taken, and tells whom it did not reach',
    run: (contract) =>
      withRig(contract, async (rig) => {
        const session = await rig.enter();
        await rig.wire.loseMessage?.();
        const outcome = await rig.outcome(await rig.say('missed', session));
        const lost = [{ to: rig.wire.person, failure: expect.any(Failure) }];
        expect(outcome).toMatchObject({ ...TAKEN, ...(rig.wire.loseMessage && { lost }) });
      }),
  },
  {
    name: 'sends nothing for a preview',
    run: (contract) =>
      withRig(contract, async (rig) => {
        const session = await rig.enter();
        const event = messageOf(rig, session, 'unsaid');
        const preview = await rig.bridge.preview?.(event, session);
        if (preview) expect(preview.text).toContain('unsaid');
        await rig.say('said', session);
        expect(await inTime(rig.wire.heard('romeo'), 'said', contract.patience)).toMatch(/(?<!un)said$/);
        expect(rig.outcomes(event.id)).toEqual([]);
      }),
  },
  {
    name: 'tells that an event was taken only after the network has it',
    run: (contract) =>
      withRig(contract, async (rig) => {
        const session = await rig.enter();
        await rig.wire.hold();
        const id = await rig.say('held', session);
        await rig.wire.held(1);
        await rig.wire.say('barrier');
        await rig.told('barrier');
        expect(rig.outcomes(id)).toEqual([]);
        await rig.wire.release();
        expect(await rig.outcome(id)).toMatchObject(TAKEN);
      }),
  },
  {
    name: 'what the network refuses is a certain failure',
    run: (contract) =>
      withRig(contract, async (rig) => {
        const session = await rig.enter();
        await rig.wire.refuseMessage();
        const refused = await rig.outcome(await rig.say('refused', session));
        expect(refused).toBeInstanceOf(Failure);
        expect(refused).toMatchObject({ certain: true });
        expect(await rig.outcome(await rig.say('accepted', session))).toMatchObject(TAKEN);
      }),
  },
  {
    name: 'an account that is removed leaves no line',
    run: (contract) =>
      withRig(contract, async (rig) => {
        const session = await rig.enter();
        await session.close('removed');
        await rig.bridge.forget?.(session.account, []);
        await inTime(rig.wire.idle(), 'the line is closed', contract.patience);
        // One that was never there is no trouble.
        await rig.bridge.forget?.(rig.key('paris').account, []);
      }),
  },
  {
    name: 'closing the bridge settles everything and closes every line',
    run: (contract) =>
      withRig(contract, async (rig) => {
        const sessions = [await rig.enter(), await rig.enter('juliet')];
        await rig.wire.hold();
        const ids = await Promise.all(sessions.map((session) => rig.say('unanswered', session)));
        await rig.wire.held(2);
        await rig.close();
        for (const id of ids) expect(rig.outcomes(id)).toEqual([expect.any(Failure)]);
        if (rig.bridge.connect) await failureOf(rig.connect());
      }),
  },
];

/** For networks on which each account has a line of its own. */
export const lineChecks: readonly Check[] = [
  {
    name: 'when the line breaks, what was written is in doubt and what was not is certain',
    run: (contract) =>
      withRig(
        contract,
        async (rig) => {
          const session = await rig.enter();
          // A second is what a throttled bridge may need for one more message.
          rig.clock.advance(1_000);
          await rig.wire.hold();
          const written = await rig.say('written', session);
          const waiting = await rig.say('waiting', session);
          await rig.wire.held(1);
          await rig.wire.break();
          expect(await rig.outcome(written)).toMatchObject({ certain: false });
          expect(await rig.outcome(waiting)).toMatchObject({ certain: true });
          expect(await rig.outcome(waiting)).toBeInstanceOf(Failure);
        },
        { slow: true },
      ),
  },
];
