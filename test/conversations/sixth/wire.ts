import { bridge } from '../../sixth/semaphore/index.ts';
import { lineOf } from '../../sixth/semaphore/wire.ts';
import { openTower } from '../../sixth/tower.ts';
import type { OpenWire } from '../wire.ts';

/**
 * A tower. `semaphore(mercutio)> TO TEXT` is what Mercutio says, `semaphore(romeo)<` the next line of Romeo's that is no
 * acknowledgement, and `semaphore! person NAME` puts somebody into the harbour.
 */
export const openWire: OpenWire = async () => {
  const tower = await openTower();
  return {
    name: 'semaphore',
    domain: 'semaphore.example',
    definition: bridge,
    settings: { port: tower.port },
    async say(text, by = '') {
      const space = text.indexOf(' ');
      tower.say(by, text.slice(0, space), text.slice(space + 1));
    },
    hear: async (who = '') => lineOf(await tower.heard(who)).trim(),
    async order(text) {
      const [order, name = ''] = text.split(' ');
      if (order !== 'person') throw new Error(`a tower knows no order ${order}`);
      tower.person(name, true);
    },
    sync: () => tower.sync(),
    unheard: async () => tower.unheard(),
    [Symbol.asyncDispose]: () => tower[Symbol.asyncDispose](),
  };
};
