import { expect, it } from 'vitest';
import { tempFolder } from '../../store/folder.ts';
import { MINUTE, play, say } from './journal-world.ts';

const TEN_DAYS = 14_400 * MINUTE;

it('tries what is accepted before an earlier run was looked up for as long as anything', async () => {
  using dir = tempFolder();
  await play(dir.file('s.db'), {}, async ({ store }) => {
    await store.unit([store.journal.noteTime(TEN_DAYS)]);
  });
  // It is said within the same turn in which the core begins to look.
  await play(dir.file('s.db'), { down: true }, async ({ core, store, sends, told }) => {
    say(core, 'm1');
    const { id } = await sends(1);
    expect(told).toEqual([]);
    const kept = await store.journal.byEvent(id);
    expect(kept).toMatchObject({ state: 'flight' });
    expect(kept?.expires).toBeGreaterThanOrEqual(TEN_DAYS + 60 * MINUTE);
    await core.stop();
  });
});

it('goes on from where the last run ended, and does not step back while it starts', async () => {
  using dir = tempFolder();
  await play(dir.file('s.db'), {}, async ({ core, clock }) => {
    clock.advance(MINUTE);
    await core.stop();
  });
  await play(dir.file('s.db'), {}, async ({ store }) => {
    expect(store.journal.ran).toBeGreaterThanOrEqual(MINUTE);
  });
});
