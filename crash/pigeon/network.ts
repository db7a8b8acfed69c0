import { pigeonServer } from '../../test/invented/server.ts';
import type { Network } from '../network.ts';
import { DOMAIN, openLoad, type PigeonLoad } from './load.ts';

export type { PigeonLoad } from './load.ts';

/** The invented network of the tests, with a server that can be asked and told whatever a test wants. */
export const pigeonNetwork: Network<PigeonLoad> = {
  domain: DOMAIN,
  there: 'in the loft',
  gapless: true,
  async open(parts) {
    const server = await pigeonServer();
    const load = openLoad({ ...parts, loft: server.world.loft });
    return {
      load,
      figures: load.figures,
      setting: { kind: 'pigeon', port: server.port },
      async [Symbol.asyncDispose]() {
        load.end();
        await server[Symbol.asyncDispose]();
      },
    };
  },
};
