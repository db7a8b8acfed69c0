import { expect, it } from 'vitest';
import type { Draft } from '#src/model/event.ts';
import type { ForeignId } from '#src/model/ids.ts';
import type { Place } from '#src/model/place.ts';
import { eventually } from '../../patience.ts';
import { folder } from '../../process/cli/isthmus.ts';
import { account, play } from './journal-world.ts';

const NAMES = ['mercutio', 'tybalt', 'paris'];
/** More units than all of it takes. */
const MOST = 8;

const drafts: readonly Draft[] = NAMES.flatMap((id) => {
  const place: Place = { kind: 'contact', account, id };
  const from = { kind: 'network', id } as const;
  return [1, 2].map(
    (n): Draft => ({
      ...{ place, from, kind: 'message', text: `${id} ${n}`, style: 'plain' },
      ids: [`${id}-${n}` as ForeignId],
    }),
  );
});
const texts = drafts.map((draft) => (draft.kind === 'message' ? draft.text : '')).sort();

const heard = (told: readonly string[]): readonly string[] => told.filter((what) => what !== 'repeat').sort();

/** Tells one draft after the other within one turn, as they come in one packet. Resolves when all are kept, or with the kill. */
async function tellAll(file: string, left: number): Promise<void> {
  const { promise: dead, resolve: killed } = Promise.withResolvers<void>();
  await play(file, { down: true, units: { left, killed } }, async ({ core }) => {
    await Promise.race([dead, Promise.all(drafts.map((draft) => core.host.emit([draft])))]);
  });
}

// The network tells again what was not acknowledged, and what it had told before is dropped for a repeat.
it.each(Array.from({ length: MOST }, (_, left) => left))('loses nothing to a kill after %i units', async (left) => {
  using dir = folder();
  const file = `${dir.path}/store.db`;
  await tellAll(file, left);
  await play(file, {}, async ({ core, told }) => {
    await Promise.all(drafts.map((draft) => core.host.emit([draft])));
    await eventually(() => expect(heard(told)).toEqual(texts));
  });
});
