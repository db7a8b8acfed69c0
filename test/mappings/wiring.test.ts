import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { irc } from '#mappings/irc.ts';
import type { Overrides } from '#mappings/overrides.ts';
import type { Bridge, Session } from '#src/bridge.ts';
import { loadConfig, renderProblem } from '#src/config.ts';
import type { Origin } from '#src/core/index.ts';
import { openCore } from '#src/core/open.ts';
import { systemClock } from '#src/lib/time/clock.ts';
import type { Draft, Event } from '#src/model/event.ts';
import { Failure } from '#src/model/failure.ts';
import { accountKey, type BareJid, type ForeignId } from '#src/model/ids.ts';
import { openKey, openStore, type Store } from '#src/store/index.ts';
import { freeLimits } from '../core/core-parts.ts';
import { xmppSide } from '../core/xmpp-side.ts';
import { folder } from '../process/cli/isthmus.ts';
import { plainTransport } from '../transports.ts';
import { addresses } from '../xmpp/invented.ts';
import { alone, inRoom, target } from './drafts.ts';

const DOMAIN = 'irc.example';
const origin: Origin = { stanza: 'message', from: 'romeo@a.example/x', to: `juliet%net@${DOMAIN}` };

const dir = folder();
let store: Store;

beforeAll(async () => {
  store = await openStore({
    url: `sqlite:${join(dir.path, 's.db')}`,
    log: pino({ level: 'silent' }),
    clock: systemClock,
  });
});

afterAll(async () => {
  await store[Symbol.asyncDispose]();
  dir[Symbol.dispose]();
});

/** A core between a network that takes everything and an XMPP server that writes all down. `delivered`: so many messages are. */
function gateway(overrides: Overrides = {}, awaited = 1) {
  const sent: Event[] = [];
  const shown: Event[] = [];
  const { promise: delivered, resolve } = Promise.withResolvers<void>();
  const seen = Promise.withResolvers<void>();
  const bridge: Bridge = {
    connect: async (key): Promise<Session> => ({ ...key, close: async () => {} }),
    deliver(event) {
      if (event.kind === 'message') {
        if (sent.push(event) === awaited) resolve();
      }
      return { ids: [] as ForeignId[], state: 'taken' };
    },
    ask: () => Promise.reject(new Failure('not-supported')),
    pause: () => {},
    [Symbol.asyncDispose]: async () => {},
  };
  const history = { record: false, replay: 0 };
  const transport = plainTransport({
    domain: DOMAIN,
    mapping: irc,
    overrides,
    addresses,
    history,
    bridge: () => bridge,
  });
  const core = openCore({
    transports: new Map([[DOMAIN, transport]]),
    access: { register: ['*'], admins: [] },
    limits: { ...freeLimits, reconnectMin: 1000, reconnectMax: 1000 },
    store,
    aliases: { note: () => undefined, learn: () => undefined, address: () => undefined },
    key: openKey({ text: '01'.repeat(32) }),
    xmpp: xmppSide({
      deliver(event) {
        shown.push(event);
        seen.resolve();
        return true;
      },
      refuse: (_origin, failure) => {
        throw failure;
      },
    }),
    clock: systemClock,
    random: () => 0,
    log: pino({ level: 'silent' }),
  });
  return { core, sent, shown, delivered, seen: seen.promise };
}

/** Being in a room is what keeps a session. */
const entering = inRoom({
  kind: 'occupant',
  change: 'join',
  who: { id: '', nick: 'Romeo', affiliation: 'none', role: 'participant' },
});
const texts = (events: readonly Event[]) => events.map((event) => (event.kind === 'message' ? event.text : event.kind));
const notice: Draft = {
  ...alone({ kind: 'message', text: 'psst', style: 'notice' }),
  from: { kind: 'network', id: 'juliet' },
};

describe('the core', () => {
  it('sends what the table makes of an event', async () => {
    const { core, sent, delivered } = gateway({}, 2);
    core.accept(entering, origin);
    core.accept(alone({ kind: 'reaction', target, emoji: ['👍'] }), origin);
    // It is held back for the next one to the same message until something else follows it.
    core.accept(alone({ kind: 'message', text: 'hi', style: 'plain' }), origin);
    await delivered;
    await core.stop();
    expect(texts(sent)).toEqual(['👍 to a message', 'hi']);
  });

  it('sends what the operator has chosen', async () => {
    const { core, sent, delivered } = gateway({ reaction: 'drop' });
    core.accept(entering, origin);
    core.accept(alone({ kind: 'reaction', target, emoji: ['👍'] }), origin);
    core.accept(alone({ kind: 'message', text: 'hi', style: 'plain' }), origin);
    await delivered;
    await core.stop();
    expect(texts(sent)).toEqual(['hi']);
  });

  it('refuses at once what the table refuses', () => {
    const { core } = gateway();
    expect(() => core.accept(alone({ kind: 'call' }), origin)).toThrow('Calls cannot reach IRC.');
  });

  it.each<[Overrides, string]>([
    [{}, '[notice] psst'],
    [{ in: { notice: 'plain' } }, 'psst'],
  ])('shows what comes as %j says', async (overrides, text) => {
    const { core, shown, seen } = gateway(overrides);
    await core.start();
    await core.host.emit([notice]);
    // What is journaled is durable before it is shown.
    await seen;
    await core.stop();
    expect(shown).toMatchObject([{ kind: 'message', text, style: 'plain' }]);
  });

  it('opens a connection for a message of who has registered', async () => {
    const { core, sent, delivered } = gateway({}, 2);
    const user = 'romeo@a.example' as BareJid;
    const key = accountKey(user, DOMAIN);
    await store.unit([
      store.accounts.put({ key, user, transport: DOMAIN, registered: false, created: 0, seen: 0 }),
      store.accounts.register(key, true),
    ]);
    core.accept(alone({ kind: 'message', text: 'first', style: 'plain' }), origin);
    core.accept(alone({ kind: 'message', text: 'second', style: 'plain' }), origin);
    await delivered;
    await core.stop();
    await store.unit([store.accounts.remove(key)]);
    expect(texts(sent)).toEqual(['first', 'second']);
  });

  it('passes over what XMPP is not given, and goes on', async () => {
    const { core, shown, seen } = gateway();
    await core.start();
    const from = notice.from;
    const place = { kind: 'contact', account: accountKey('romeo@a.example' as BareJid, DOMAIN), id: 'j%net' } as const;
    await core.host.emit([{ kind: 'message', text: '', style: 'plain', from, place }, notice]);
    await seen;
    await core.stop();
    expect(texts(shown)).toEqual(['[notice] psst']);
  });
});

/** What is wrong with a transport that has this line in its settings. */
async function problems(line: string): Promise<string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'isthmus-'));
  try {
    const file = join(folder, 'c.yaml');
    writeFileSync(
      file,
      `transports:\n  irc.example.org:\n    bridge: irc\n    secret: hush\n    servers: { irc.a.example: {} }\n    ${line}\n`,
    );
    const loaded = await loadConfig(file);
    return 'problems' in loaded ? loaded.problems.map((problem) => renderProblem('c.yaml', problem)) : [];
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe('mapping: in the config', () => {
  const at = 'c.yaml:6 transports.irc.example.org';

  it.each(['mapping: { reaction: drop, in: { notice: plain }, fixed: [edit] }', 'mapping:', 'mapping: { in: }'])(
    '%s is good',
    async (line) => expect(await problems(line)).toEqual([]),
  );

  it.each([
    ['mapping: { reaction: shout }', `${at}.mapping.reaction: must be one of "react", "line", "private", "drop"`],
    ['mapping: { reactoin: drop }', `${at}.mapping.reactoin: is not a known key; did you mean "reaction"?`],
    [
      'mapping: { in: { notice: drp } }',
      `${at}.mapping.in.notice: must be one of "mark", "plain", "drop"; did you mean "drop"?`,
    ],
    ['maping: {}', `${at}.maping: is not a known key; did you mean "mapping"?`],
  ])('%s is not', async (line, problem) => expect(await problems(line)).toEqual([problem]));
});
