import { setImmediate as turn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { DELIVERED, passing, play, say } from '../core/journal/journal-world.ts';
import { startPostgres } from './postgres.ts';
import { describeReal } from './servers.ts';

describeReal('a gateway whose PostgreSQL restarts under load', ['postgresql'], () => {
  it('gives every message one outcome, in order and never twice, and heals by itself', async () => {
    await using postgres = await startPostgres();
    await play(await postgres.database(), { deliver: () => DELIVERED }, async ({ core, clock, sent, told }) => {
      let count = 0;
      const speak = async (times: number): Promise<void> => {
        for (let n = 0; n < times; n++) {
          say(core, `m${count++}`);
          await turn();
        }
      };
      const outcomes = (id: string): string[] => told.filter((text) => text.split(' ')[1] === id);
      const all = (): string[] => Array.from({ length: count }, (_, n) => `m${n}`);
      const settled = (): boolean => told.length >= count;

      await speak(100);
      const [stopping] = [postgres.stop(), speak(100)];
      await stopping;
      await speak(20);
      await passing(clock, 1000, () => told.at(-1) === `error m${count - 1} resource-constraint`);
      // Nothing is acknowledged while it lasts.
      const errors = told.slice(-10).map((text) => text.split(' ')[0]);
      expect(new Set(errors)).toEqual(new Set(['error']));
      await postgres.start();
      await passing(clock, 1000, settled);
      const before = count;
      await speak(50);
      await passing(clock, 1000, settled);

      const texts = sent.map((event) => (event.kind === 'message' ? event.text : ''));
      expect(texts).toEqual([...new Set(texts)].sort((a, b) => Number(a.slice(1)) - Number(b.slice(1))));
      for (const id of all()) {
        expect(outcomes(id)).toHaveLength(1);
        expect(texts.includes(id)).toBe(outcomes(id)[0] === `receipt ${id}`);
      }
      expect(texts.filter((id) => Number(id.slice(1)) >= before)).toHaveLength(50);
      await core.stop();
    });
  });
});
