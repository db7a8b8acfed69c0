import { expect } from 'vitest';
import type { Bridge, Delivered } from '#src/bridge.ts';
import { openAliases } from '#src/core/aliases.ts';
import type { CoreParts, OpenCore } from '#src/core/core.ts';
import type { Origin } from '#src/core/index.ts';
import { openCore } from '#src/core/open.ts';
import type { Transport } from '#src/core/transport.ts';
import { type Log, openLog } from '#src/lib/log.ts';
import type { Event } from '#src/model/event.ts';
import { Failure } from '#src/model/failure.ts';
import { accountKey, type BareJid, type ForeignId, type XmppId } from '#src/model/ids.ts';
import type { Place } from '#src/model/place.ts';
import { openKey, openStore, type Store } from '#src/store/index.ts';
import { type HandClock, handClock } from '../../hand-clock.ts';
import { pigeon } from '../../invented/mapping.ts';
import { addresses } from '../../invented/pigeon/addresses.ts';
import { untilTrue } from '../../patience.ts';
import { plainTransport } from '../../transports.ts';
import { freeLimits } from '../core-parts.ts';
import { xmppSide } from '../xmpp-side.ts';

export const DOMAIN = 'pigeon.example';
export const romeo = 'romeo@a.example' as BareJid;
export const account = accountKey(romeo, DOMAIN);
export const mercutio: Place = { kind: 'contact', account, id: 'mercutio' };
const silent = openLog('silent');
export const MINUTE = 60_000;
export const WRITTEN: Delivered = { ids: [], state: 'written' };
export const TAKEN: Delivered = { ids: ['n1' as ForeignId], state: 'taken' };
export const DELIVERED: Delivered = { ids: [], state: 'delivered' };

/** A network without sessions that confirms what a test tells it to. */
export const table = {
  ...pigeon,
  facts: {
    ...pigeon.facts,
    confirms: 'delivered',
    identity: 'operator',
    delivery: { expiry: 60 * MINUTE, told: 15 * MINUTE },
  },
} as const;

export type World = {
  readonly core: OpenCore;
  readonly store: Store;
  readonly clock: HandClock;
  /** What the network was sent. */
  readonly sent: Event[];
  /** What XMPP was told: texts of messages, `receipt ID`, `error ID CONDITION`. */
  readonly told: string[];
  /** The link to the XMPP server, which may be down. */
  link: { epoch: number | undefined; fails: boolean; silent?: boolean };
  /** Waits until so much was sent. */
  sends(count: number): Promise<Event>;
  tells(...what: string[]): Promise<void>;
};

export type Options = Partial<Pick<Transport, 'charges' | 'budgets' | 'receipts' | 'mapping'>> & {
  /** Where lines of the log go, and what the operator has to know. */
  log?: Log;
  report?: CoreParts['report'];
  /** The jitter, from 0 up to 1, which it is unless it is told. */
  random?: CoreParts['random'];
  admins?: readonly string[];
  /** The link to the XMPP server is down at the start. */
  down?: boolean;
  /** Users of `a.example` are behind another server, which answers questions or does not. */
  far?: { answers: boolean };
  deliver?: (event: Event) => Delivered;
  reconcile?: NonNullable<Bridge['reconcile']>;
  together?: NonNullable<Bridge['deliverTogether']>;
  burst?: NonNullable<Bridge['burst']>;
  /** Ends with a kill: so many units are written, and nothing after them. `killed` is called with the first of that. */
  units?: { readonly left: number; killed(): void };
};

/** A core on the store of the file, or at the URL. Without a stop it ends as a kill ends it. */
export async function play(file: string, options: Options, act: (world: World) => Promise<unknown>): Promise<void> {
  const {
    deliver = () => WRITTEN,
    reconcile,
    together,
    burst,
    admins = [],
    down = false,
    report,
    random = () => 1,
    far,
    units,
    ...others
  } = options;
  const { log = silent, ...rest } = others;
  const clock = handClock();
  await using opened = await openStore({ url: file.includes(':') ? file : `sqlite:${file}`, log, clock });
  const store = units ? dying(opened, units) : opened;
  const [sent, told]: [Event[], string[]] = [[], []];
  const link: World['link'] = { epoch: down ? undefined : 1, fails: false };
  const bridge: Bridge = {
    connect: () => Promise.reject(new Failure('not-supported')),
    deliver(event) {
      sent.push(event);
      return deliver(event);
    },
    ...(reconcile && { reconcile }),
    ...(together && { deliverTogether: together }),
    ...(burst && { burst }),
    ask: () => Promise.reject(new Failure('not-supported')),
    pause: () => undefined,
    [Symbol.asyncDispose]: async () => undefined,
  };
  const transport = plainTransport({
    domain: DOMAIN,
    mapping: table,
    addresses,
    bridge: () => bridge,
    metrics: { repeated: () => void told.push('repeat') },
    ...rest,
  });
  const core = openCore({
    transports: new Map([[DOMAIN, transport]]),
    access: { register: ['*'], admins },
    limits: freeLimits,
    store,
    aliases: await openAliases({ store, log }),
    key: openKey({ text: '01'.repeat(32) }),
    xmpp: xmppSide({
      deliver: (event) => event.kind !== 'message' || told.push(event.text) > 0,
      receipt: ({ id }) => told.push(`receipt ${id}`) > 0,
      refuse: ({ id }, failure) => told.push(`error ${id} ${failure.row.condition}`) > 0,
      answers: async () => far?.answers ?? false,
      epoch: () => link.epoch,
      barrier: () => {
        if (link.silent) return new Promise(() => undefined);
        return link.fails ? Promise.reject(new Error('gone')) : Promise.resolve();
      },
    }),
    clock,
    random,
    log,
    ...(report && { report }),
    ...(far && { far: { isHome: (domain: string) => domain !== 'a.example', returns: 10 * MINUTE } }),
  });
  const started = core.start();
  // What cannot go yet is not all in hand.
  if (!down) await started;
  const until = (look: () => boolean) => untilTrue(look);
  await act({
    core,
    store,
    clock,
    sent,
    told,
    link,
    async sends(count) {
      await until(() => sent.length >= count);
      return sent[count - 1] as Event;
    },
    async tells(...what) {
      await until(() => told.length >= what.length);
      expect(told).toEqual(what);
    },
  });
}

/** A store that writes so many units and then nothing any more, as that of a process that is gone. */
function dying(store: Store, { left, killed }: NonNullable<Options['units']>): Store {
  let units = left;
  return {
    ...store,
    unit(statements) {
      if (units-- > 0) return store.unit(statements);
      killed();
      return new Promise(() => undefined);
    },
  };
}

export function say(core: OpenCore, id: string, text = id, { receipt = true, bare = romeo as string } = {}): void {
  const origin: Origin = {
    stanza: 'message',
    from: `${bare}/x`,
    to: `mercutio@${DOMAIN}`,
    type: 'chat',
    id: id as XmppId,
    receipt,
  };
  const place: Place = { kind: 'contact', account: accountKey(bare as BareJid, DOMAIN), id: 'mercutio' };
  const from = { kind: 'xmpp', bare: bare as BareJid } as const;
  core.accept({ place, from, kind: 'message', text, style: 'plain' }, origin);
}

/** Lets time go by, so much at a time, until something is so. */
export function passing(clock: HandClock, ms: number, look: () => boolean): Promise<unknown> {
  const step = () => {
    clock.advance(ms);
    return look();
  };
  return untilTrue(step);
}
