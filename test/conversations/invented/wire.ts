import type { BridgeDefinition } from '#src/bridge.ts';
import { type Order, orders } from '../../invented/control.ts';
import { bothBridge, bridge, ghostBridge, shyBridge } from '../../invented/pigeon/index.ts';
import { pigeonServer } from '../../invented/server.ts';
import type { OpenWire } from '../wire.ts';

/**
 * A loft. `pigeon(mercutio)> ~verona LETTER` is what Mercutio sends there, `pigeon(romeo)<` what Romeo's line asks for
 * (acknowledgements are left out), and `pigeon!` an order to the loft. `option: bytes SIZE`: it is given files up to that size. `option: bridge` is `own` where everybody logs in,
 * `ghosts` where nobody does, or `both`; with `shy` nobody is asked for markers.
 */
export const openWire: OpenWire = async (options) => {
  const server = await pigeonServer();
  const order = await orders(server.controlPort);
  const hear = async (who = ''): Promise<string> => {
    for (;;) {
      const said = String(await order({ hear: who }));
      if (!isAck(said)) return said;
    }
  };
  return {
    name: 'pigeon',
    domain: 'pigeon.example',
    definition: BRIDGES[options.bridge ?? 'own'] ?? bridge,
    settings: {
      port: server.port,
      guests: options.bridge === undefined || options.bridge === 'shy',
      ...(options.bytes && { file_size: options.bytes }),
    },
    async say(text, as = '') {
      const space = text.indexOf(' ');
      await order({ as, to: text.slice(0, space), letter: JSON.parse(text.slice(space + 1)) });
    },
    hear,
    order: (text) => order(JSON.parse(text) as Order).then(() => undefined),
    sync: () => order({ sync: true }).then(() => undefined),
    unheard: async () => ((await order({ heard: true })) as string[]).filter((said) => !isAck(said)),
    async [Symbol.asyncDispose]() {
      await order[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
    },
  };
};

const BRIDGES: Readonly<Record<string, BridgeDefinition>> = {
  own: bridge,
  ghosts: ghostBridge,
  both: bothBridge,
  shy: shyBridge,
};

const isAck = (said: string): boolean => said.startsWith('{"ack"');
