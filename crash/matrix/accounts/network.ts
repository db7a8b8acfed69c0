import { type FakeHomeserver, homeserver, SERVER } from '../../../test/fakes/homeserver.ts';
import type { SyncFault } from '../../../test/fakes/homeserver-accounts.ts';
import { type NetworkParts, networkOf, type World } from '../../network.ts';
import { quietPort } from '../../ports.ts';
import { oneOf } from '../../random.ts';
import { type MatrixMood, type Moody, openMoody } from '../moods.ts';
import { DOMAIN, OWNERS } from '../names.ts';
import { type AccountsLoad, openAccountsLoad, ownerIdOf } from './load.ts';

export type { AccountsLoad } from './load.ts';

/** What befalls a sync, by the mood of the homeserver. One in so many ticks has one. */
const syncs: Readonly<Record<MatrixMood, readonly SyncFault[]>> = {
  well: [],
  mixed: [
    { kind: 'refuse', status: 429, body: { errcode: 'M_LIMIT_EXCEEDED', error: '', retry_after_ms: 150 } },
    { kind: 'refuse', status: 500, body: { errcode: 'M_UNKNOWN', error: '' } },
    { kind: 'html', status: 502 },
    { kind: 'break' },
    { kind: 'repeat' },
  ],
  unclear: [{ kind: 'break' }, { kind: 'repeat' }],
  busy: [{ kind: 'refuse', status: 429, body: { errcode: 'M_LIMIT_EXCEEDED', error: '', retry_after_ms: 150 } }],
  down: [{ kind: 'html', status: 502 }, { kind: 'break' }],
};
/** Ms between two faults of a sync. */
const FAULTY = 700;
/** The events of a room that one sync tells: few, so that there are gaps, or all. */
const FEW = 2;
const MANY = 50;

/** The homeserver with the accounts of users, as an experiment sees it. */
export type AccountsWorld = World<AccountsLoad> & {
  mood: MatrixMood;
  away: boolean;
  /** Runs when an event of an account is there, before its request is answered. */
  onTaken: (() => void) | undefined;
  /** Runs when an account is being told what is new. */
  onTold: (() => void) | undefined;
  /** Runs when keys were taken or given, before that is answered. */
  onKeys: (() => void) | undefined;
};

/** Accounts at a homeserver that fails. */
export const accountsNetwork = networkOf<AccountsLoad, AccountsWorld>(
  { domain: DOMAIN, there: 'in a room', gapless: true },
  openWorld,
);

async function openWorld(parts: NetworkParts): Promise<AccountsWorld> {
  const { ledger, random } = parts;
  await using stack = new AsyncDisposableStack();
  const server = stack.use(await homeserver());
  const { port } = stack.use(await quietPort());
  const { accounts, state } = server;
  const moody: Moody = openMoody(server, random);
  const load = await openAccountsLoad(parts, server);
  const figures = { syncs: 0, syncFaults: 0, claimed: 0, uploaded: 0, uploadedAgain: 0, toDevice: 0 };
  let mood: MatrixMood = 'well';

  const note = state.transactions.set.bind(state.transactions);
  state.transactions.set = (key, event) => {
    world.onTaken?.();
    return note(key, event);
  };
  const { log, keys } = accounts;
  const tell = log.tell.bind(log);
  log.tell = (asked) => {
    const told = tell(asked);
    if (OWNERS.some((owner) => asked.user === ownerIdOf(owner))) {
      figures.syncs++;
      world.onTold?.();
    }
    return told;
  };
  watchKeys(keys, { figures, violate: ledger.violate, changed: () => world.onKeys?.() });
  const faulty = setInterval(() => {
    const list = syncs[mood];
    if (list.length === 0 || accounts.faults.length > 0) return;
    figures.syncFaults++;
    accounts.faults.push(oneOf(random, list));
    accounts.wake();
  }, FAULTY);
  stack.defer(() => {
    load.end();
    load.landed();
    clearInterval(faulty);
  });
  const opened = stack.move();
  const world: AccountsWorld = {
    load,
    get mood() {
      return mood;
    },
    set mood(next) {
      mood = next;
      moody.mood = next;
      accounts.limit = next === 'mixed' || next === 'busy' ? FEW : MANY;
      if (next === 'well') accounts.faults.length = 0;
    },
    get away() {
      return moody.away;
    },
    set away(now) {
      moody.away = now;
      accounts.held = now;
      if (!now) accounts.wake();
    },
    onTaken: undefined,
    onTold: undefined,
    onKeys: undefined,
    setting: { kind: 'matrix', url: server.url, name: SERVER, port },
    figures: () => ({ events: state.transactions.size, calls: moody.figures, ...figures }),
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
  return world;
}

type KeyFigures = { claimed: number; uploaded: number; uploadedAgain: number; toDevice: number };
type KeyWatch = { readonly figures: KeyFigures; violate(sentence: string): void; changed(): void };

/** Sees what is done with keys: a one-time key is given to one alone (client-server API §11.12.4.1). */
function watchKeys(keys: FakeHomeserver['accounts']['keys'], { figures, violate, changed }: KeyWatch): void {
  const given = new Set<string>();
  const [claim, upload, send] = [keys.claim.bind(keys), keys.upload.bind(keys), keys.send.bind(keys)];
  keys.claim = (body) => {
    const answer = claim(body);
    figures.claimed++;
    for (const key of oneTimeKeys(answer.one_time_keys)) {
      if (given.has(key)) violate(`the one-time key ${key} was given to two`);
      given.add(key);
    }
    changed();
    return answer;
  };
  keys.upload = (user, device, body) => {
    figures.uploaded++;
    for (const id of Object.keys(body.one_time_keys ?? {}))
      if (given.has(`${user} ${device} ${id}`)) figures.uploadedAgain++;
    const answer = upload(user, device, body);
    changed();
    return answer;
  };
  keys.send = (...args) => {
    figures.toDevice++;
    const answer = send(...args);
    changed();
    return answer;
  };
}

/** What was handed out, each with whose it is. The key for when there are none left is given to all. */
const oneTimeKeys = (answer: object): readonly string[] =>
  Object.entries(answer).flatMap(([user, devices]) =>
    Object.entries(devices as object).flatMap(([device, keys]) =>
      Object.entries(keys as Record<string, { fallback?: boolean }>).flatMap(([id, key]) =>
        key.fallback === true ? [] : `${user} ${device} ${id}`,
      ),
    ),
  );
