import { homeserver, SERVER } from '../../test/fakes/homeserver.ts';
import { type NetworkParts, networkOf, type World } from '../network.ts';
import { quietPort } from '../ports.ts';
import { type MatrixLoad, openMatrixLoad } from './load.ts';
import { type Moody, openMoody } from './moods.ts';
import { DOMAIN } from './names.ts';
import { openTransactions, type Transactions } from './transactions.ts';

export type { MatrixLoad } from './load.ts';

/** The homeserver, as an experiment sees it. */
export type MatrixWorld = World<MatrixLoad> & {
  readonly moody: Moody;
  readonly transactions: Transactions;
  /** Resolves when no request of the gateway is under way. */
  idle(): Promise<void>;
  /** Runs when an event of a ghost is there, before its request is answered. */
  onTaken: (() => void) | undefined;
};

/** Rooms of a homeserver that fails. */
export const matrixNetwork = networkOf<MatrixLoad, MatrixWorld>(
  { domain: DOMAIN, there: 'in a room', gapless: true },
  openWorld,
);

async function openWorld(parts: NetworkParts): Promise<MatrixWorld> {
  const { ledger, random } = parts;
  await using stack = new AsyncDisposableStack();
  const server = stack.use(await homeserver());
  const { port } = stack.use(await quietPort());
  const moody = openMoody(server, random);
  const transactions = openTransactions(server, port, random, ledger.violate);
  const load = openMatrixLoad(parts, server, transactions);
  const { transactions: taken } = server.state;
  const note = taken.set.bind(taken);
  taken.set = (key, event) => {
    world.onTaken?.();
    return note(key, event);
  };
  stack.defer(() => {
    load.end();
    transactions.end();
  });
  const opened = stack.move();
  const world: MatrixWorld = {
    ...{ load, moody, transactions, idle: server.idle },
    onTaken: undefined,
    setting: { kind: 'matrix', url: server.url, name: SERVER, port },
    figures: () => ({ events: taken.size, calls: moody.figures, transactions: transactions.figures }),
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
  return world;
}
