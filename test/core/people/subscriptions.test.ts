import { describe, expect, it } from 'vitest';
import type { Bridge } from '#src/bridge.ts';
import { openAliases } from '#src/core/aliases.ts';
import { openCore } from '#src/core/open.ts';
import { openLog } from '#src/lib/log.ts';
import type { Level } from '#src/model/capabilities.ts';
import type { Event, EventOf } from '#src/model/event.ts';
import { Failure } from '#src/model/failure.ts';
import { accountKey, type BareJid } from '#src/model/ids.ts';
import type { Place } from '#src/model/place.ts';
import { openKey, openStore } from '#src/store/index.ts';
import { handClock } from '../../hand-clock.ts';
import { pigeon } from '../../invented/mapping.ts';
import { tempFolder } from '../../store/folder.ts';
import { plainTransport } from '../../transports.ts';
import { addresses } from '../../xmpp/invented.ts';
import { freeLimits } from '../core-parts.ts';
import { xmppSide } from '../xmpp-side.ts';

const DOMAIN = 'net.example';
const romeo = 'romeo@a.example' as BareJid;
const client = `${romeo}/x`;
const account = accountKey(romeo, DOMAIN);
const log = openLog('silent');

/** The five stanzas of RFC 6121 §3 and §4.3 that a user's server sends to a contact. */
const STANZAS = ['subscribe', 'subscribed', 'unsubscribe', 'unsubscribed', 'probe'] as const;
type Stanza = (typeof STANZAS)[number];

/** Flags of the contact's side: the user sees it (`f`), it sees the user (`t`), the user has asked (`i`), it has asked (`o`). */
const FLAGS = ['from', 'to', 'pendingIn', 'pendingOut'] as const;
const LETTERS = { from: 'f', to: 't', pendingIn: 'i', pendingOut: 'o' } as const;
const STATES = Array.from({ length: 16 }, (_, bits) => FLAGS.filter((_flag, at) => bits & (1 << at)));
const named = (flags: readonly (keyof typeof LETTERS)[]): string => flags.map((flag) => LETTERS[flag]).join('') || '-';

/** What goes to the network (`>`) and to the user (`<`): the four stanzas, and presence that comes or goes. */
const WORDS: Readonly<Record<string, string>> = {
  subscribe: 'ask',
  subscribed: 'yes',
  unsubscribe: 'leave',
  unsubscribed: 'no',
};
const word = (event: Event): string =>
  event.kind === 'contact'
    ? (WORDS[event.action] ?? '')
    : event.kind === 'presence' && event.show === 'offline'
      ? 'gone'
      : 'here';

type Case = { readonly flags: (typeof STATES)[number]; readonly stanza: Stanza; readonly id: string };
const CASES: readonly Case[] = STATES.flatMap((flags, at) =>
  STANZAS.map((stanza) => ({ flags, stanza, id: `${stanza}${at}%net` })),
);

/**
 * What comes of each stanza in each state, as a table: `what is told → the flags after it`. `contact` is how much of
 * subscriptions the network carries: in full where it decides itself. `exists`: else it answers that there is nobody.
 */
async function table(contact: Level, exists: boolean): Promise<string> {
  using dir = tempFolder();
  const clock = handClock();
  await using store = await openStore({ url: `sqlite:${dir.file('s.db')}`, log, clock });
  const told = new Map<string, string[]>();
  let isThere = true;
  const note = (arrow: string, event: Event): void => {
    if (event.kind !== 'contact' && event.kind !== 'presence') return;
    if (event.place.kind !== 'contact' || event.place.id === '') return;
    told.set(event.place.id, [...(told.get(event.place.id) ?? []), `${arrow}${word(event)}`]);
  };
  const bridge: Bridge = {
    deliver(event) {
      note('>', event);
      if (isThere || event.kind !== 'contact') return { ids: [], state: 'taken' };
      throw new Failure('item-not-found');
    },
    ask: () => Promise.reject(new Failure('not-supported')),
    pause: () => undefined,
    [Symbol.asyncDispose]: async () => undefined,
  };
  const { facts } = pigeon;
  const transport = plainTransport({
    domain: DOMAIN,
    mapping: {
      ...pigeon,
      facts: {
        ...facts,
        out: { ...facts.out, contact },
        identity: 'operator',
        rooms: 'none',
        unseen: 'there',
        durability: {},
      },
    },
    addresses,
    bridge: () => bridge,
  });
  await store.unit([
    store.accounts.used(account, clock.now()),
    ...CASES.filter(({ flags }) => flags.length > 0).map(({ flags, id }) => {
      const has = (flag: (typeof FLAGS)[number]): boolean => flags.includes(flag);
      // The store has the user's side of it.
      const own = { from: has('to'), to: has('from'), pendingIn: has('pendingOut'), pendingOut: has('pendingIn') };
      return store.contacts.put({ account, id, name: null, ...own, owed: [] });
    }),
  ]);
  const core = openCore({
    transports: new Map([[DOMAIN, transport]]),
    access: { register: ['*'], admins: [] },
    limits: freeLimits,
    store,
    aliases: await openAliases({ store, log }),
    key: openKey({ text: '01'.repeat(32) }),
    xmpp: xmppSide({
      deliver(event) {
        note('<', event);
        return true;
      },
    }),
    clock,
    random: () => 0,
    log,
  });
  await core.restore();
  await core.start();
  const origin = { stanza: 'presence', from: client, to: DOMAIN } as const;
  const from = { kind: 'xmpp', bare: romeo } as const;
  const gateway: Place = { kind: 'contact', account, id: '' };
  /** All that was to be done for the user has been done. */
  const settled = (): Promise<unknown> => core.host.admits({ account, contact: 'nobody%net' });
  core.accept({ kind: 'presence', show: 'available', place: gateway, from }, origin);
  // Servers probe each contact as the user comes; a later probe is another question.
  for (const { id } of CASES) core.probed({ kind: 'contact', account, id }, client);
  await settled();
  clock.advance(60_000);
  told.clear();
  isThere = exists;
  for (const { id, stanza } of CASES) {
    const place: Place = { kind: 'contact', account, id };
    if (stanza === 'probe') core.probed(place, client);
    else
      core.accept(
        { kind: 'contact', action: stanza, place, from } satisfies Omit<EventOf<'contact'>, 'id' | 'at' | 'live'>,
        origin,
      );
    await settled();
  }
  await settled();
  const said = new Map(told);
  const after = new Map((await store.contacts.of(account)).map((one) => [one.id, one]));
  await core.stop();
  const cell = ({ id }: Case): string => {
    const now = after.get(id);
    const own = now && { from: now.to, to: now.from, pendingIn: now.pendingOut, pendingOut: now.pendingIn };
    return `${(said.get(id) ?? []).join(' ')} → ${named(FLAGS.filter((flag) => own?.[flag]))}`.trim();
  };
  return STATES.map((flags, at) =>
    [named(flags), ...CASES.slice(at * STANZAS.length, (at + 1) * STANZAS.length).map(cell)].join(' | '),
  ).join('\n');
}

/** By the flags before: subscribe | subscribed | unsubscribe | unsubscribed | probe (RFC 6121 §3, §4.3, appendix A.2). */
const DECIDES = `
- | >ask → i | → - | → - | → - | <no → -
f | <yes <here → f | → f | >leave <gone → - | → f | <here → f
t | >ask → ti | → t | → t | >no → - | <no → t
ft | <yes <here → ft | → ft | >leave <gone → t | >no → f | <here → ft
i | → i | → i | >leave → - | → i | <no → i
fi | <yes <here → fi | → fi | >leave <gone → - | → fi | <here → fi
ti | → ti | → ti | >leave → t | >no → i | <no → ti
fti | <yes <here → fti | → fti | >leave <gone → t | >no → fi | <here → fti
o | >ask → io | >yes → t | → o | >no → - | <no → o
fo | <yes <here → fo | >yes → ft | >leave <gone → o | >no → f | <here → fo
to | >ask → tio | >yes → t | → to | >no → - | <no → to
fto | <yes <here → fto | >yes → ft | >leave <gone → to | >no → f | <here → fto
io | → io | >yes → ti | >leave → o | >no → i | <no → io
fio | <yes <here → fio | >yes → fti | >leave <gone → o | >no → fi | <here → fio
tio | → tio | >yes → ti | >leave → to | >no → i | <no → tio
ftio | <yes <here → ftio | >yes → fti | >leave <gone → to | >no → fi | <here → ftio
`;

/** Where nobody is asked a request is granted at once, and the contact asks in return unless it sees the user already. */
const GRANTS: Readonly<Record<string, string>> = {
  '-': '<yes <here <ask >ask → fo',
  i: '<yes <here <ask >ask → fo',
  o: '<yes <here >ask → fo',
  io: '<yes <here >ask → fo',
  t: '<yes <here >yes >ask → ft',
  ti: '<yes <here >yes >ask → ft',
  to: '<yes <here >yes >ask → fto',
  tio: '<yes <here >yes >ask → fto',
};

/** The table with another first column, where `of` has one for the row. */
const asking = (of: (state: string, cell: string) => string | undefined): string =>
  DECIDES.trim()
    .split('\n')
    .map((line) => {
      const [state = '', cell = '', ...rest] = line.split(' | ');
      return [state, of(state, cell) ?? cell, ...rest].join(' | ');
    })
    .join('\n');

describe('what a user says of a subscription, in each state of it', () => {
  it('reaches a network that decides itself', async () => {
    expect(await table('full', true)).toBe(DECIDES.trim());
  });

  it('is denied where there is nobody: who asked is told', async () => {
    const denied = (_: string, cell: string): string | undefined =>
      cell.startsWith('>ask') ? cell.replace('>ask', '>ask <no').replace(/i/, '').replace(/→ $/, '→ -') : undefined;
    expect(await table('full', false)).toBe(asking(denied));
  });

  it('is granted here where the network asks nobody, whether there is somebody or not', async () => {
    const granted = asking((state) => GRANTS[state]);
    expect(await table('partial', true)).toBe(granted);
    expect(await table('partial', false)).toBe(granted);
  });
});
