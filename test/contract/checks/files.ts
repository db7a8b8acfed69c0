import { expect } from 'vitest';
import type { Download, Host, Media } from '#src/bridge.ts';
import type { FileRef } from '#src/model/event.ts';
import { Failure } from '#src/model/failure.ts';
import type { Check, Contract } from '../network.ts';
import { inTime, type Rig, withRig } from '../rig.ts';

const ROSE: FileRef = { url: 'https://files.example/rose.png', name: 'rose.png', type: 'image/png' };
const LOOK = { kind: 'message', text: 'look', style: 'plain', files: [ROSE] } as const;

/** A file as `media.open` gives it. */
const fileOf = (content: ReadableStream<Uint8Array>): Download => ({ content, name: 'rose.png', type: 'image/png' });

/** Runs a check where files are opened so. */
const withFiles = (contract: Contract, open: Media['open'], check: (rig: Rig) => Promise<void>): Promise<void> => {
  const refuse = new Failure('service-unavailable');
  const media: Host['media'] = {
    open,
    put: () => Promise.reject(refuse),
    hold: () => Promise.reject(refuse),
    lend() {
      throw refuse;
    },
  };
  return withRig(contract, check, { served: { media } });
};

const heard = ({ wire, contract }: Rig): Promise<string> =>
  inTime(wire.heard('romeo'), 'the next message', contract.patience);

/** Nothing of a message goes whose file could not be had. */
async function isLost(rig: Rig, code: string): Promise<void> {
  const session = await rig.enter();
  const look = rig.deliver(LOOK, session);
  expect(await rig.outcome(await look)).toMatchObject({ code, certain: true });
  expect(await rig.outcome(await rig.say('farewell', session))).toMatchObject({ state: 'taken' });
  expect(await heard(rig)).toBe('farewell');
}

/** What becomes of files where the network is given their bytes. */
export const fileChecks: readonly Check[] = [
  {
    name: 'reads a file to its end, and nothing in its conversation overtakes it',
    run(contract) {
      let read = 0;
      const chunks = [1, 2, 3].map((byte) => new Uint8Array(1000).fill(byte));
      const open: Media['open'] = async ({ url }, { maxBytes }) => {
        expect([url, maxBytes > 3000]).toEqual([ROSE.url, true]);
        // As long as nobody wants a chunk, there is none.
        const pull = (controller: ReadableStreamDefaultController<Uint8Array>): void => {
          const chunk = chunks[read++];
          if (chunk) controller.enqueue(chunk);
          else controller.close();
        };
        return fileOf(new ReadableStream({ pull }, { highWaterMark: 0 }));
      };
      return withFiles(contract, open, async (rig) => {
        const session = await rig.enter();
        const [look, farewell] = await Promise.all([rig.deliver(LOOK, session), rig.say('farewell', session)]);
        for (const id of [look, farewell]) expect(await rig.outcome(id)).toMatchObject({ state: 'taken' });
        expect(read).toBe(4);
        expect([await heard(rig), await heard(rig)]).toEqual(['look', 'farewell']);
      });
    },
  },
  {
    name: 'says of a file that cannot be had what the sender is to hear, and sends nothing',
    run: (contract) =>
      withFiles(
        contract,
        () => Promise.reject(new Failure('item-not-found')),
        (rig) => isLost(rig, 'item-not-found'),
      ),
  },
  {
    name: 'sends nothing of a file that breaks off',
    run(contract) {
      let chunks = 1;
      const pull = (controller: ReadableStreamDefaultController<Uint8Array>): void => {
        if (chunks-- > 0) controller.enqueue(new Uint8Array(1000));
        else controller.error(new Failure('too-large'));
      };
      return withFiles(
        contract,
        async () => fileOf(new ReadableStream({ pull }, { highWaterMark: 0 })),
        (rig) => isLost(rig, 'too-large'),
      );
    },
  },
];
