import { registration } from '#bridges/matrix/appservice/registration.ts';
import { config } from '#bridges/matrix/config.ts';
import { AS_TOKEN, HS_TOKEN } from '../../../test/fakes/homeserver.ts';
import { HOMESERVER, startSynapse } from '../../../test/real/synapse.ts';
import { type NetworkParts, networkOf, type World } from '../../network.ts';
import { quietPort } from '../../ports.ts';
import { DOMAIN } from '../names.ts';
import { openSynapseLoad, type SynapseLoad } from './load.ts';
import { openPerson } from './people.ts';
import { LINKED } from './places.ts';
import { openProxy, type SynapseProxy } from './proxy.ts';

/** A real homeserver, as an experiment sees it. */
export type SynapseWorld = World<SynapseLoad> & { readonly proxy: SynapseProxy };

/** A real Synapse with users of the gateway, and people who have clients of others. */
export const synapseNetwork = networkOf<SynapseLoad, SynapseWorld>(
  // Synapse sends the next transaction beside one that has just failed: of these only a sync keeps the order.
  { domain: DOMAIN, there: 'in a room', gapless: (lane) => !lane.includes(' #') },
  openWorld,
);

const PASSWORD = 'pw';

async function openWorld(parts: NetworkParts): Promise<SynapseWorld> {
  await using stack = new AsyncDisposableStack();
  const { port } = stack.use(await quietPort());
  const appservice = { as_token: AS_TOKEN, hs_token: HS_TOKEN };
  const written = registration(
    config.parse({ homeserver: { url: 'http://127.0.0.1', name: HOMESERVER }, appservice }),
    {
      domain: DOMAIN,
      url: `http://127.0.0.1:${port}`,
    },
  );
  const synapse = stack.use(await startSynapse({ services: [written] }));
  for (const name of ['bob', 'carol', ...LINKED]) await synapse.register(name, PASSWORD);
  const proxy = stack.use(await openProxy(synapse.url, parts.random));
  const person = async (name: string) =>
    stack.use(
      await openPerson({
        ...{ url: synapse.url, name, password: PASSWORD, ledger: parts.ledger },
        isEncrypted: (room) => load.isEncrypted(room),
      }),
    );
  const people = [await person('bob'), await person('carol')] as const;
  const load = openSynapseLoad(parts, { people, proxy, password: PASSWORD });
  stack.defer(() => load.end());
  const opened = stack.move();
  return {
    ...{ load, proxy },
    setting: { kind: 'matrix', url: proxy.url, name: HOMESERVER, port },
    audit: load.audit,
    figures: () => ({ events: proxy.sent.size, calls: proxy.figures, ...load.figures() }),
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}
