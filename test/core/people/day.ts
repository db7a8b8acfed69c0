import { OFFLINE, type Shown } from '#mappings/presence.ts';
import { openAliases } from '#src/core/aliases.ts';
import type { OpenCore } from '#src/core/core.ts';
import { openCore } from '#src/core/open.ts';
import { openLog } from '#src/lib/log.ts';
import type { Event, Show } from '#src/model/event.ts';
import { accountKey, type BareJid, splitAccount } from '#src/model/ids.ts';
import { openKey, openStore } from '#src/store/index.ts';
import { encode } from '#src/xmpp/stanza/encode.ts';
import { attrs, xml } from '#src/xmpp/stanza/xml.ts';
import { handClock } from '../../hand-clock.ts';
import { pigeon } from '../../invented/mapping.ts';
import { addresses } from '../../invented/pigeon/addresses.ts';
import { plainTransport } from '../../transports.ts';
import { freeLimits } from '../core-parts.ts';
import { xmppSide } from '../xmpp-side.ts';

const DOMAIN = 'pigeon.example';
const WINDOW = 30_000;
/** A day is long enough for whatever waits to be told. */
const QUIET = 2 * WINDOW;
/** The hash of what contacts can has this length. */
const MARKS = { caps: 'QgayPKawpkPSDYmwT/WM94uAlu0=' };
const mapping = { ...pigeon, facts: { ...pigeon.facts, identity: 'operator' } } as const;

/** What happens on a day: to contacts by their numbers, and to the clients of users by theirs. */
export type DayStep =
  | {
      readonly kind: 'contact';
      readonly user: number;
      readonly contact: number;
      readonly show: Show;
      readonly status?: string;
    }
  | { readonly kind: 'login' | 'logout'; readonly user: number; readonly client: number }
  | { readonly kind: 'pass'; readonly ms: number }
  | { readonly kind: 'quiet' }
  | { readonly kind: 'restart' };

/** What went over the component link, and what would have gone where each change is passed on and each question answered. */
export type DayCost = { stanzas: number; bytes: number; naiveStanzas: number; naiveBytes: number; folded: number };

export type DayOptions = {
  readonly file: string;
  readonly users: number;
  readonly contacts: number;
  /** Is called at each quiet point with what each client sees and what is so, contacts that are offline left out. */
  check(seen: ReadonlyMap<string, Shown>, truth: ReadonlyMap<string, Shown>): void;
};

const idOf = (contact: number): string => `c${contact}`;
const userOf = (user: number): BareJid => `u${user}@a.example` as BareJid;
const clientOf = (user: number, client: number): string => `${userOf(user)}/r${client}`;

/** Plays a day between a network and its users' clients, as a server stands between them. */
export async function playDay(
  steps: readonly DayStep[],
  { file, users, contacts, check }: DayOptions,
): Promise<DayCost> {
  const clock = handClock();
  const log = openLog('silent');
  const cost: DayCost = { stanzas: 0, bytes: 0, naiveStanzas: 0, naiveBytes: 0, folded: 0 };
  /** What is so: by user and contact. */
  const truth = new Map<string, Map<string, Shown>>();
  /** What clients see that are there, by full JID. */
  const views = new Map<string, Map<string, Shown>>();
  const of = (user: string): Map<string, Shown> => truth.get(user) ?? truth.set(user, new Map()).get(user) ?? new Map();

  const size = (event: Event, to: string): number =>
    (encode(event, [{ jid: to }], addresses, MARKS) ?? []).reduce(
      (sum, { from, type, children }) =>
        sum +
        String(xml`<presence${attrs({ from, to, ...(type !== undefined && { type }) })}>${children}</presence>`).length,
      0,
    );

  function deliver(event: Event, to: readonly { readonly jid: string }[]): boolean {
    if (event.kind !== 'presence' || event.place.kind !== 'contact') return true;
    const { id } = event.place;
    for (const { jid } of to) {
      cost.stanzas++;
      cost.bytes += size(event, jid);
      for (const [client, view] of views) {
        if (client !== jid && !client.startsWith(`${jid}/`)) continue;
        if (event.show === 'offline') view.delete(id);
        else view.set(id, shownOf(event));
      }
    }
    return true;
  }

  function naively(user: number, contact: number, now: Shown, to: string = userOf(user)): void {
    const place = { kind: 'contact', account: accountKey(userOf(user), DOMAIN), id: idOf(contact) } as const;
    const head = { id: 'e' as never, at: 0, live: true, from: { kind: 'network', id: idOf(contact) } } as const;
    cost.naiveStanzas++;
    cost.naiveBytes += size({ ...head, place, kind: 'presence', ...now }, to);
  }

  await using store = await openStore({ url: `sqlite:${file}`, log, clock });
  for (let user = 0; user < users; user++) {
    const account = accountKey(userOf(user), DOMAIN);
    const flags = { name: null, from: true, to: true, pendingIn: false, pendingOut: false, owed: [] };
    await store.unit([
      store.accounts.used(account, clock.now()),
      ...Array.from({ length: contacts }, (_, contact) => store.contacts.put({ account, id: idOf(contact), ...flags })),
    ]);
  }
  const aliases = await openAliases({ store, log });
  const bridge = {
    deliver(event: Event) {
      // With each session the network is asked how contacts fare.
      if (event.kind === 'contact' && event.action === 'subscribe' && event.place.kind === 'contact')
        retell(event.place);
      return { ids: [], state: 'written' } as const;
    },
    ask: () => Promise.reject(new Error('nothing is asked')),
    pause: () => undefined,
    [Symbol.asyncDispose]: async () => undefined,
  };
  const begin = (): OpenCore =>
    openCore({
      transports: new Map([
        [
          DOMAIN,
          plainTransport({
            ...{ domain: DOMAIN, mapping, addresses, bridge: () => bridge as never },
            metrics: { folded: (stanzas: number) => void (cost.folded += stanzas) },
          }),
        ],
      ]),
      access: { register: ['*'], admins: [] },
      limits: { ...freeLimits, presenceWindow: WINDOW },
      ...{
        store,
        aliases,
        clock,
        log,
        random: () => 1,
        key: openKey({ text: '01'.repeat(32) }),
        xmpp: xmppSide({ deliver }),
      },
    });
  let core = begin();

  function retell(at: Extract<Event['place'], { kind: 'contact' }>): void {
    const { user } = splitAccount(at.account);
    const now = of(user).get(at.id) ?? OFFLINE;
    // Each that the network tells would have been passed on.
    naively(Number(/\d+/.exec(user)?.[0]), Number(at.id.slice(1)), now);
    void core.host.emit([{ kind: 'presence', place: at, from: { kind: 'network', id: at.id }, ...now }]);
  }

  const place = (user: number, contact: number) =>
    ({ kind: 'contact', account: accountKey(userOf(user), DOMAIN), id: idOf(contact) }) as const;

  /** All that was said to the accounts before has been worked off. */
  async function settled(): Promise<void> {
    for (let user = 0; user < users; user++)
      for (let turn = 0; turn < 3; turn++)
        await core.host.admits({ account: accountKey(userOf(user), DOMAIN), contact: idOf(0) });
  }

  /** A server tells each contact, and asks how each fares (RFC 6121 §4.2.2, §4.3.1). */
  function present(user: number, client: number, show: Show): void {
    const from = clientOf(user, client);
    for (let contact = 0; contact < contacts; contact++) {
      const to = `${idOf(contact)}@${DOMAIN}`;
      const party = { kind: 'xmpp', bare: userOf(user), resource: `r${client}` } as const;
      core.accept(
        { kind: 'presence', show, place: place(user, contact), from: party },
        { stanza: 'presence', from, to },
      );
      if (show === 'offline') continue;
      core.probed(place(user, contact), from);
      // The presence and the question are both answered.
      for (let answer = 0; answer < 2; answer++)
        naively(user, contact, of(userOf(user)).get(idOf(contact)) ?? OFFLINE, from);
    }
  }

  const online = (user: number): boolean => [...views.keys()].some((jid) => jid.startsWith(`${userOf(user)}/`));

  function tell(user: number, contact: number, now: Shown): unknown {
    if (online(user)) naively(user, contact, now);
    const from = { kind: 'network', id: idOf(contact) } as const;
    return core.host.emit([{ kind: 'presence', place: place(user, contact), from, ...now }]);
  }

  async function restart(): Promise<void> {
    for (let user = 0; user < users; user++)
      for (const id of online(user) ? of(userOf(user)).keys() : []) naively(user, Number(id.slice(1)), OFFLINE);
    await core.stop();
    for (const view of views.values()) check(view, new Map());
    core = begin();
    // Whoever is there is so for the gateway as the answer to a probe, and the network says how everybody fares.
    for (const jid of views.keys()) {
      const [, user = '', client = ''] = /^u(\d+)@.*\/r(\d+)$/.exec(jid) ?? [];
      const party = { kind: 'xmpp', bare: userOf(Number(user)), resource: `r${client}` } as const;
      const origin = { stanza: 'presence', from: jid, to: `${idOf(0)}@${DOMAIN}` } as const;
      core.accept({ kind: 'presence', show: 'available', place: place(Number(user), 0), from: party }, origin);
    }
    await settled();
  }

  async function step(one: DayStep): Promise<void> {
    if (one.kind === 'pass') return clock.advance(one.ms);
    if (one.kind === 'restart') return restart();
    if (one.kind === 'quiet') {
      await settled();
      clock.advance(QUIET);
      await settled();
      for (const [jid, view] of views) check(view, of(jid.slice(0, jid.indexOf('/'))));
      return;
    }
    if (one.kind === 'contact') {
      const now = shownOf(one);
      if (now.show === 'offline') of(userOf(one.user)).delete(idOf(one.contact));
      else of(userOf(one.user)).set(idOf(one.contact), now);
      return void (await tell(one.user, one.contact, now));
    }
    const jid = clientOf(one.user, one.client);
    if (one.kind === 'login' && !views.has(jid)) {
      views.set(jid, new Map());
      present(one.user, one.client, 'available');
    }
    if (one.kind === 'logout' && views.delete(jid)) present(one.user, one.client, 'offline');
    await settled();
  }

  for (const one of steps) await step(one);
  await step({ kind: 'quiet' });
  const whole = { ...cost };
  await core.stop();
  return whole;
}

const shownOf = ({ show, status }: Shown): Shown => ({ show, ...(status !== undefined && { status }) });

/** Numbers from 0 up to 1 that are the same each time. */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

const SHOWS: readonly Show[] = ['available', 'away', 'xa', 'dnd', 'offline'];

const contactShows = (contact: number, show: Show): DayStep => ({ kind: 'contact', user: 0, contact, show });
const client = (kind: 'login' | 'logout', one: number): DayStep => ({ kind, user: 0, client: one });

/** What the clients of the user do in an hour. */
const CLIENTS: Readonly<Record<number, readonly DayStep[]>> = {
  7: [client('login', 0)],
  8: [client('login', 1), client('login', 2)],
  12: [client('logout', 0)],
  13: [client('login', 0)],
  18: [client('logout', 1)],
  23: [client('logout', 0)],
};

/** Half of the contacts go, and are back soon. */
function netsplit(contacts: number): DayStep[] {
  const half = Array.from({ length: contacts / 2 }, (_, contact) => contact);
  const all = (show: Show): DayStep[] => half.map((contact) => contactShows(contact, show));
  return [...all('offline'), { kind: 'pass', ms: 10_000 }, ...all('available')];
}

/** A client that loses and finds its network. */
const flapping = (contact: number): DayStep[] => [
  ...Array.from({ length: 12 }, (_, time): DayStep[] => [
    contactShows(contact, time % 2 === 0 ? 'away' : 'available'),
    { kind: 'pass', ms: 1500 },
  ]).flat(),
  contactShows(contact, 'available'),
];

/** A day of one user with 200 contacts and three clients: they come and go, some flap, a netsplit heals, the gateway starts anew. */
export function usualDay(contacts = 200): readonly DayStep[] {
  const random = seeded(7);
  const pick = (many: number): number => Math.floor(random() * many);
  const steps: DayStep[] = [];
  for (let contact = 0; contact < contacts; contact++)
    if (random() < 0.6) steps.push(contactShows(contact, 'available'));
  for (let hour = 0; hour < 24; hour++) {
    steps.push(...(CLIENTS[hour] ?? []));
    for (let change = 0; change < 20; change++)
      steps.push(contactShows(pick(contacts), SHOWS[pick(SHOWS.length)] ?? 'away'), { kind: 'pass', ms: 60_000 });
    for (let one = 0; one < 10; one++) steps.push(...flapping(pick(contacts)));
    if (hour === 15) steps.push(...netsplit(contacts));
    if (hour === 20) steps.push({ kind: 'restart' });
    steps.push({ kind: 'quiet' });
  }
  return steps;
}
