import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import type { ByteRange, CommandWork, Host, Login } from '#src/bridge.ts';
import { openLog } from '#src/lib/log.ts';
import { openMetrics } from '#src/lib/metrics/metrics.ts';
import type { Event, EventBody } from '#src/model/event.ts';
import { Failure } from '#src/model/failure.ts';
import type { Answer } from '#src/model/form.ts';
import type { BareJid, EventId, ForeignId } from '#src/model/ids.ts';
import { Sealed } from '#src/model/sealed.ts';
import { openSockets } from '#src/web/sockets.ts';
import { failureOf, openRig, type Rig, type RigOptions } from '../contract/rig.ts';
import { kinds, sample } from '../contract/samples.ts';
import { hooksServer } from '../fakes/hooks.ts';
import { handClock } from '../hand-clock.ts';
import { connecting, unread } from '../host-parts.ts';
import { nothing, openWire, pigeonContract } from './network.ts';
import type { PigeonConfig } from './pigeon/config.ts';
import { decode } from './pigeon/decode.ts';
import { encode } from './pigeon/encode.ts';
import { bridge, ghostBridge, sharedBridge } from './pigeon/index.ts';
import { passwordAndCode } from './pigeon/login.ts';
import type { View } from './pigeon/view.ts';
import { post } from './pigeon/wire.ts';

type Options = RigOptions & { readonly definition?: typeof bridge; readonly config?: object };

/** A bridge at a loft, and the orders to the loft. */
async function withLoft(
  check: (rig: Rig, wire: Awaited<ReturnType<typeof openWire>>) => Promise<void>,
  options: Options = {},
) {
  const { definition = bridge, config, ...rest } = options;
  await using wire = await openWire(definition, config);
  const rig = await openRig(pigeonContract('the invented network', definition, config), wire, rest);
  try {
    await check(rig, wire);
    await rig.close();
  } finally {
    await rig.bridge[Symbol.asyncDispose]();
  }
}

const config = (rig: Rig): PigeonConfig => bridge.config.parse(rig.wire.settings({ slow: false }));
const given = (values: Record<string, string>) =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, [value]]));
/** A login, with what it does done. */
function talk(login: Login<PigeonConfig>, rig: Rig) {
  const steps = login.start({ config: config(rig), host: rig.host, ...rig.key('juliet') });
  const onward = async (move: ReturnType<typeof steps.next>): ReturnType<typeof steps.next> => {
    const at = await move;
    if (at.done || at.value.kind !== 'act') return at;
    return onward(
      at.value.run().then(
        (value) => steps.next(value as Answer),
        (error) => steps.throw(error),
      ),
    );
  };
  return {
    next: (answer: Answer = {}) => onward(steps.next(answer)),
    throw: (error: Failure) => steps.throw(error),
  };
}
const message = (text: string) => ({ type: 'message', text }) as const;

describe('the login', () => {
  it('asks for name and password, then for the code, and ends with a key', () =>
    withLoft(async (rig, { order }) => {
      await order({ person: 'juliet', password: 'rose' });
      const login = talk(passwordAndCode, rig);
      expect((await login.next()).value).toMatchObject({ kind: 'form', form: { title: 'Pigeon account' } });
      expect((await login.next(given({ name: 'juliet', password: 'rose' }))).value).toMatchObject({ kind: 'show' });
      expect((await login.next({})).value).toMatchObject({ kind: 'form' });
      // A mistyped code is asked for once more.
      expect((await login.next(given({ code: 'x' }))).value).toMatchObject({ kind: 'form' });
      const end = await login.next(given({ code: String(await order({ code: 'juliet' })) }));
      if (!end.done) throw new Error('the dialogue goes on');
      expect(JSON.stringify(end.value)).not.toContain('juliet');
      const session = await connecting(rig.bridge).connect(
        rig.key('juliet'),
        { credentials: end.value },
        rig.host.signal,
      );
      await session.close('left');
    }));

  it('ends with a failure for a wrong password', () =>
    withLoft(async (rig, { order }) => {
      await order({ person: 'juliet', password: 'rose' });
      const login = talk(passwordAndCode, rig);
      await login.next();
      expect(await failureOf(login.next(given({ name: 'juliet', password: 'x' })))).toMatchObject({
        foreign: 'password',
      });
    }));

  it('ends with a failure after three wrong codes', () =>
    withLoft(async (rig, { order }) => {
      await order({ person: 'juliet', password: 'rose' });
      const login = talk(passwordAndCode, rig);
      await login.next();
      await login.next(given({ name: 'juliet', password: 'rose' }));
      await login.next({});
      for (let tries = 1; tries < 3; tries++) await login.next(given({ code: 'x' }));
      expect(await failureOf(login.next(given({ code: 'x' })))).toMatchObject({ foreign: 'code' });
    }));

  it('closes its line when it is given up', () =>
    withLoft(async (rig, { order }) => {
      await order({ person: 'juliet', password: 'rose' });
      const login = talk(passwordAndCode, rig);
      await login.next();
      await login.next(given({ name: 'juliet', password: 'rose' }));
      await login.throw(new Failure('stopping')).catch((error: unknown) => expect(error).toBeInstanceOf(Failure));
      await order({ wait: 'idle' });
    }));

  it('is needed where guests are not let in', () =>
    withLoft(async (rig) => {
      const entering = connecting(rig.bridge).connect(rig.key(), { nick: 'romeo' }, rig.host.signal);
      expect(await failureOf(entering)).toMatchObject({ code: 'not-registered' });
    }));
});

describe('an account that is removed', () => {
  it('has its key void at the loft, whether it has a session or not', () =>
    withLoft(async (rig, { order }) => {
      for (const name of ['romeo', 'juliet']) {
        await order({ person: name, password: 'rose' });
        const key = String(await order({ key: name }));
        const credentials = { name: new Sealed(name), key: new Sealed(key) };
        if (name === 'romeo') await connecting(rig.bridge).connect(rig.key(), { credentials }, rig.host.signal);
        await rig.bridge.forget?.(rig.key(name).account, [{ realm: '', credentials }]);
        expect(await order({ key: name })).not.toBe(key);
      }
      await rig.bridge.forget?.(rig.key('paris').account, []);
    }));

  it('has the key of a login void that is given up, and says so', () =>
    withLoft(async (rig, { order }) => {
      await order({ person: 'romeo', password: 'rose' });
      const key = String(await order({ key: 'romeo' }));
      const credentials = { name: new Sealed('romeo'), key: new Sealed(key) };
      const told = await rig.bridge.unlink?.(rig.key().account, { realm: '', credentials });
      expect(told).toBe('The loft takes your key no more.');
      expect(await order({ key: 'romeo' })).not.toBe(key);
    }));

  it('takes its ghost along', () =>
    withLoft(
      async (rig, { order }) => {
        await rig.enter();
        await order({ wait: 'online', of: 'romeo' });
        await rig.bridge.forget?.(rig.key().account, []);
        await order({ wait: 'idle' });
      },
      { definition: ghostBridge },
    ));
});

describe('letters that come by themselves', () => {
  const letters = ({ drafts }: Rig) => drafts.map((one) => ({ ...one, text: one.kind === 'message' ? one.text : '' }));

  it('are taken over HTTP, by deep paths, once they are durable', async () => {
    await using hooks = await hooksServer();
    const http = hooks.open();
    await withLoft(
      async (rig) => {
        const put = (path: string, body: string) => fetch(http.real(path), { method: 'PUT', body });
        const commit = rig.holdEmits();
        let answered = false;
        const answer = put('/drops/mercutio/romeo%40xmpp.example/a%2F1', 'a letter').finally(() => (answered = true));
        await rig.told('a letter');
        expect(answered).toBe(false);
        commit();
        expect((await answer).status).toBe(200);
        expect(letters(rig)).toMatchObject([{ text: 'a letter', place: rig.places.contact, ids: ['a/1'] }]);
        expect((await put('/drops/mercutio/romeo@xmpp.example/1', 'x'.repeat(1001))).status).toBe(413);
        expect((await put('/drops/mercutio', 'x')).status).toBe(404);
      },
      { served: { http } },
    );
  });

  it('are taken where the operator listens, once they are durable', async () => {
    const sockets = openSockets({ clock: handClock(), metrics: openMetrics(), log: openLog('silent') });
    sockets.open();
    const landing = Promise.withResolvers<number>();
    const listen: Host['listen'] = async (endpoint, onSocket) => {
      const server = await sockets.listenFor('net.gw.example')(endpoint, onSocket);
      landing.resolve(server.port);
      return server;
    };
    await withLoft(
      async (rig) => {
        const socket = connect(await landing.promise, '127.0.0.1').setEncoding('utf8');
        const heard = async () => String(await once(socket, 'data'));
        const commit = rig.holdEmits();
        socket.write('mercutio romeo@xmpp.example by air\n');
        await rig.told('by air');
        const answer = heard();
        commit();
        expect(await answer).toBe('taken\n');
        socket.write('mercutio romeo@xmpp.example\n');
        expect(await heard()).toBe('no bad-request\n');
        await sockets.close();
      },
      { served: { listen }, config: { landing: { host: '127.0.0.1', port: 0 } } },
    );
  });
});

describe('those who run the gateway', () => {
  it('are told that the loft refuses all of us, and what its keeper has to say', () =>
    withLoft(async (rig, { order }) => {
      const session = await rig.enter();
      await order({ fault: 'refuse', on: 'send', code: 'standing' });
      await rig.outcome(await rig.say('refused', session));
      await order({ notice: 'Your birds make noise.' });
      await rig.when('the notice', () => rig.alarms.length === 2);
      expect(rig.alarms).toEqual([
        { name: 'standing', text: 'The loft says: standing.' },
        { name: undefined, text: 'Your birds make noise.' },
      ]);
    }));
});

describe('faults', () => {
  it('an answer that is lost leaves a doubt, which can be cleared up', () =>
    withLoft(async (rig, { order }) => {
      const session = await rig.enter();
      await order({ fault: 'hang', on: 'send' });
      const id = await rig.say('did it arrive?', session);
      expect(await rig.wire.heard('romeo')).toBe('did it arrive?');
      rig.clock.advance(30_000);
      expect(await rig.outcome(id)).toMatchObject({ code: 'remote-server-timeout', certain: false });
      const event = { id, place: rig.places.room } as Event;
      expect(await rig.bridge.reconcile?.(event)).toBe('sent');
      expect(await rig.bridge.reconcile?.({ ...event, id: 'never' as EventId })).toBe('not-sent');
    }));

  it('an answer that is repeated settles once', () =>
    withLoft(async (rig, { order }) => {
      const session = await rig.enter();
      await order({ fault: 'repeat', on: 'send' });
      await rig.outcome(await rig.say('once', session));
      await rig.outcome(await rig.say('behind it', session));
    }));

  it.each(['break-before', 'break-after'] as const)('%s leaves a doubt', (fault) =>
    withLoft(async (rig, { order }) => {
      const session = await rig.enter();
      await order({ fault, on: 'send' });
      expect(await rig.outcome(await rig.say('did it arrive?', session))).toMatchObject({ certain: false });
    }),
  );

  it('what has not been written can be withdrawn', () =>
    withLoft(
      async (rig, { order }) => {
        const session = await rig.enter();
        await order({ fault: 'hold', on: 'send' });
        const first = await rig.say('written', session);
        const event = { id: 'w1' as EventId, at: 0, place: rig.places.room, live: true } as const;
        const body = { kind: 'message', text: 'waiting', style: 'plain', from: { kind: 'network', id: '' } } as const;
        await rig.bridge.deliver({ ...event, ...body }, session);
        expect(rig.bridge.withdraw?.(first as EventId)).toBe(false);
        expect(rig.bridge.withdraw?.(event.id)).toBe(true);
        await order({ release: true });
        await rig.outcome(first);
      },
      { slow: true },
    ));

  it('what was not acknowledged is told again after a loss, and recognised', () =>
    withLoft(async (rig, { order }) => {
      await rig.enter();
      const commit = rig.holdEmits();
      await rig.wire.say('told twice');
      await rig.told('told twice');
      await order({ break: true });
      await rig.when('the loss', () => rig.states.some(({ state }) => state.kind === 'lost'));
      const found = () =>
        rig.drafts.flatMap((one) => (one.kind === 'message' && one.text === 'told twice' ? one.ids?.[0] : []));
      await rig.connect();
      await rig.when('the repeat', () => found().length === 2);
      commit();
      await rig.wire.journal?.acknowledged('romeo');
      expect(new Set(found()).size).toBe(1);
    }));
});

describe('what crosses', () => {
  it('every kind can be switched off', () =>
    withLoft(
      async (rig) => {
        const session = await rig.connect();
        for (const kind of kinds) {
          const body: EventBody = sample(kind, { target: 'p1' as ForeignId, room: rig.wire.room });
          for (const place of Object.values(rig.places)) {
            expect(rig.outcomes(await rig.deliver(body, session, place))).toEqual([expect.any(Failure)]);
            expect(rig.bridge.narrow?.(place).out[kind] ?? 'none').toBe('none');
          }
        }
        await rig.wire.provoke.call?.('romeo');
        await rig.wire.journal?.acknowledged('romeo');
        expect(rig.drafts).toEqual([]);
      },
      { config: { carries: nothing } },
    ));

  it('files cross by their addresses', () =>
    withLoft(async (rig, { order }) => {
      const session = await rig.enter();
      const file = { url: 'https://files.example/rose.jpg', name: 'rose.jpg', type: 'image/jpeg', size: 12 };
      await rig.outcome(await rig.deliver({ kind: 'message', text: 'look', style: 'plain', files: [file] }, session));
      await order({ as: 'mercutio', to: '~verona', letter: { ...message('see'), files: [file] } });
      expect(await rig.told('see')).toMatchObject({ files: [file] });
      const { events } = await rig.bridge.ask({ kind: 'history', place: rig.places.room, page: { max: 2 } }, session);
      expect(events).toMatchObject([
        { text: 'look', files: [file], live: false },
        { text: 'see', live: false },
      ]);
    }));

  it('files that the loft keeps cross by links, behind which they are readable', async () => {
    const lent: { reference: string; meta: object }[] = [];
    const media: Host['media'] = {
      open: unread,
      put: () => Promise.reject(new Failure('service-unavailable')),
      hold: () => Promise.reject(new Failure('service-unavailable')),
      lend(reference, meta) {
        lent.push({ reference, meta });
        return { url: `https://gw.example/${lent.length}`, ...meta, expires: 0 };
      },
    };
    await withLoft(
      async (rig, { order }) => {
        await rig.enter();
        const kept = (await order({ file: 'a rose by any name', key: 7 })) as { id: string; key: number };
        const file = { kept, name: 'rose.txt', type: 'text/plain', size: 18 };
        await order({ as: 'mercutio', to: '~verona', letter: { ...message('see'), files: [file] } });
        expect(await rig.told('see')).toMatchObject({ files: [{ url: 'https://gw.example/1', name: 'rose.txt' }] });
        const { reference = '' } = lent[0] ?? {};
        const read = async (range?: ByteRange) => {
          const opened = await rig.bridge.openFile?.(reference, range);
          return [await new Response(opened?.content).text(), opened?.range, opened?.size];
        };
        expect(await read()).toEqual(['a rose by any name', undefined, 18]);
        expect(await read({ start: 2, end: 5 })).toEqual(['rose', { start: 2, end: 5 }, 18]);
        expect(await read({ start: 14 })).toEqual(['name', { start: 14, end: 17 }, 18]);
        await order({ fault: 'refuse', on: 'file', code: 'unknown' });
        expect(await failureOf(read())).toMatchObject({ code: 'item-not-found' });
      },
      { served: { media } },
    );
  });

  const served = (open: Host['media']['open']): NonNullable<RigOptions['served']> => ({
    media: {
      put: () => Promise.reject(new Failure('service-unavailable')),
      hold: () => Promise.reject(new Failure('service-unavailable')),
      lend() {
        throw new Failure('service-unavailable');
      },
      open,
    },
  });
  const rosy = { kind: 'message', text: 'look', style: 'plain', files: [{ url: 'https://files.example/1' }] } as const;
  const described = { name: 'rose.jpg', type: 'image/jpeg' };

  it('the bytes of a file are given to the loft as they come', async () => {
    const bytes = Uint8Array.from({ length: 40_000 }, (_, n) => n % 256);
    const content = () => ReadableStream.from([bytes.subarray(0, 35_000), bytes.subarray(35_000)]);
    await withLoft(
      async (rig, { order }) => {
        const session = await rig.enter();
        await order({ heard: true });
        const look = rig.deliver(rosy, session);
        const next = rig.say('and then', session);
        expect(await rig.outcome(await look)).toMatchObject({ state: 'taken' });
        expect(await rig.outcome(await next)).toMatchObject({ state: 'taken' });
        const heard = ((await order({ heard: true })) as string[]).map((said) => JSON.parse(said));
        expect(heard.flatMap(({ do: what, letter }) => (what === 'send' ? letter.text : what ? what : []))).toEqual([
          ...Array.from({ length: 3 }, () => 'keep'),
          ...['look', 'and then'],
        ]);
        const [file] = heard.at(-2).letter.files;
        expect(file).toMatchObject({ ...described, size: 40_000 });
        const opened = await rig.bridge.openFile?.(JSON.stringify(file.kept));
        expect(new Uint8Array(await new Response(opened?.content).arrayBuffer())).toEqual(bytes);
      },
      {
        config: { file_size: '1MB' },
        served: served(async () => ({ content: content() as ReadableStream<Uint8Array>, ...described })),
      },
    );
  });

  it('a file that breaks off, or a line that does, leaves no letter and no doubt', async () => {
    let given: AbortSignal | undefined;
    const broken: Host['media']['open'] = async () => ({
      ...described,
      content: new ReadableStream({ pull: (controller) => controller.error(new Failure('too-large')) }),
    });
    const endless: Host['media']['open'] = async (_file, { signal }) => {
      given = signal;
      return {
        ...described,
        content: new ReadableStream({
          start: (controller) => signal?.addEventListener('abort', () => controller.error(new Failure('stopping'))),
        }),
      };
    };
    await withLoft(
      async (rig) => {
        const session = await rig.enter();
        expect(await rig.outcome(await rig.deliver(rosy, session))).toMatchObject({ code: 'too-large', certain: true });
        expect(await rig.outcome(await rig.say('and then', session))).toMatchObject({ state: 'taken' });
      },
      { config: { file_size: '1MB' }, served: served(broken) },
    );
    await withLoft(
      async (rig, { order }) => {
        const session = await rig.enter();
        const look = rig.deliver(rosy, session);
        await order({ break: true });
        expect(await rig.outcome(await look)).toMatchObject({ certain: true });
        expect(given?.aborted).toBe(true);
      },
      { config: { file_size: '1MB' }, served: served(endless) },
    );
  });

  const picture = { sha1: 'a9993e36', type: 'image/png', data: 'AAEC' };
  const lent = { url: 'https://gw.example/media/lent/x/rose.png', type: 'image/png' };
  const rose = { ...lent, width: 640, height: 480, duration: 1500, sha256: 'e3b0c442', size: 3 };
  const dressed = {
    ...{ id: 'tybalt', nick: 'Tybalt', affiliation: 'member', role: 'participant' },
    ...{ avatar: picture, hats: [{ id: 'urn:capulet', title: 'Capulet' }] },
  } as const;
  const bodies: [place: 'room' | 'contact' | 'realm', body: EventBody][] = [
    ['room', { kind: 'message', text: 'see', style: 'plain', files: [rose] }],
    ['contact', { kind: 'receipt', target: 'p1' as ForeignId, state: 'displayed', upTo: true }],
    ['realm', { kind: 'profile', name: 'Romeo', avatar: lent }],
    ['contact', { kind: 'contact', action: 'subscribe', name: 'My friend', groups: ['Verona'] }],
    ['contact', { kind: 'invite', room: '~verona', declined: true, reason: 'I am banished' }],
    ['room', { kind: 'affiliation', changes: [{ id: 'tybalt', affiliation: 'outcast', reason: 'He drew first' }] }],
    ['room', { kind: 'room', change: 'destroyed', text: 'Too hot', alternate: '~mantua' }],
    ['room', { kind: 'room', change: 'avatar', avatar: picture }],
    ['room', { kind: 'room', change: 'listed', text: 'Verona', avatar: lent, unread: 3, below: '~italy' }],
    ['room', { kind: 'room', change: 'left' }],
  ];

  it.each(bodies)('all that is known of it crosses both ways: %s %o', (place, body) =>
    withLoft(async (rig) => {
      const levels = rig.facts;
      const { account } = rig.key();
      const view: View = {
        ...{ transport: rig.host.transport, account, name: 'romeo', levels },
        lend: () => undefined,
        ours: () => undefined,
      };
      const head = { id: 'e1' as EventId, at: 0, live: true, place: rig.places[place] } as const;
      const from = { kind: 'xmpp', bare: 'romeo@xmpp.example' as BareJid } as const;
      const { letter, to } = encode({ ...head, from, ...body }, view);
      const line: unknown = JSON.parse(JSON.stringify({ id: 'p9', at: 1, by: 'romeo', to, letter }));
      expect(decode(post.parse(line), view)).toMatchObject([{ ...body, place: rig.places[place] }]);
    }),
  );

  it('who is there is told with picture and hats, and leaves for good', () =>
    withLoft(async (rig, { order }) => {
      const session = await rig.enter();
      const letter = { type: 'occupants', list: [dressed] } as const;
      const [list] = decode(post.parse({ id: 'p9', at: 1, by: 'mercutio', to: '~verona', letter }), {
        ...{ transport: 'net', account: session.account, name: 'romeo', levels: rig.facts },
        lend: () => undefined,
        ours: () => undefined,
      });
      expect(list).toMatchObject({ kind: 'occupants', list: [dressed] });
      const who = { id: 'romeo', nick: 'romeo', affiliation: 'none', role: 'participant' } as const;
      // What was told before is acknowledged.
      await order({ sync: true });
      await order({ heard: true });
      await rig.outcome(await rig.deliver({ kind: 'occupant', change: 'leave', who, forGood: true }, session));
      expect(JSON.parse(String(await order({ hear: 'romeo' })))).toMatchObject({ letter: { forGood: true } });
    }));

  it('a person has a picture, and a space rooms below it', () =>
    withLoft(async (rig, { order }) => {
      const session = await rig.enter();
      await order({ as: 'mercutio', to: '', letter: { type: 'profile', name: 'Mercutio', avatar: picture } });
      const profile = await rig.bridge.ask({ kind: 'profile', who: 'mercutio', realm: '' }, session);
      expect(profile).toMatchObject({ name: 'Mercutio', avatar: picture });
      await order({ room: '~italy' });
      await order({ as: 'mercutio', to: '~verona', letter: { type: 'room', change: 'listed', below: '~italy' } });
      const rooms = async (below?: string) =>
        (await rig.bridge.ask({ kind: 'rooms', realm: '', page: { max: 9 }, ...(below && { below }) }, session)).list;
      expect((await rooms('~italy')).map(({ id }) => id)).toEqual(['~verona']);
      expect((await rooms()).map(({ id, space }) => [id, space])).toEqual([
        ['~verona', undefined],
        ['~italy', true],
      ]);
    }));

  it('what is delayed is told to be so, and arrives', () =>
    withLoft(async (rig, { order }) => {
      const session = await rig.enter();
      await order({ fault: 'delay', on: 'send' });
      const id = await rig.say('slowly', session);
      await rig.when('the delay', () => rig.settled.some((one) => one.id === id));
      expect(rig.settled.at(-1)).toMatchObject({ id, outcome: { state: 'delayed' } });
      expect(rig.outcomes(id)).toEqual([]);
      await order({ release: true });
      expect(await rig.outcome(id)).toMatchObject({ state: 'taken' });
    }));

  it('what was written in another client is marked', () =>
    withLoft(async (rig, { order }) => {
      await rig.enter();
      await order({ as: 'romeo', to: 'mercutio', letter: message('from my telephone'), elsewhere: true });
      const draft = await rig.told('from my telephone');
      expect(draft).toMatchObject({ from: { id: 'romeo', self: true }, place: rig.places.contact });
    }));

  it('a shared room is told once, and not what our own accounts said', () =>
    withLoft(
      async (rig) => {
        const romeo = await rig.enter();
        await rig.enter('juliet');
        await rig.outcome(await rig.say('of our own', romeo));
        await rig.wire.say('for both');
        await rig.wire.say('the end');
        for (const name of ['romeo', 'juliet']) await rig.wire.journal?.acknowledged(name);
        expect(rig.drafts.flatMap((one) => (one.kind === 'message' ? one.text : []))).toEqual(['for both', 'the end']);
      },
      { definition: sharedBridge },
    ));

  it('settings are heeded', () =>
    withLoft(
      async (rig) => {
        const session = await rig.enter();
        const seen = sample('receipt', { target: 'p1' as ForeignId, room: '' });
        expect(await rig.outcome(await rig.deliver(seen, session, rig.places.contact))).toEqual({
          ids: [],
          state: 'taken',
        });
        await rig.wire.provoke.typing?.('romeo');
        await rig.wire.journal?.acknowledged('romeo');
        expect(rig.drafts.filter(({ kind }) => kind === 'typing')).toEqual([]);
      },
      { settings: { account: { receipts: false }, realm: { status: 'here' }, room: { quiet: true } } },
    ));
});

describe('settings', () => {
  it('are read again once the core says that they have changed', async () => {
    const settings: { account: object } = { account: {} };
    await withLoft(
      async (rig) => {
        const session = await rig.enter();
        const said = await rig.outcome(await rig.say('see this', session, rig.places.contact));
        const target = (said instanceof Failure ? undefined : said.ids[0]) ?? ('' as ForeignId);
        const seen = () => rig.deliver(sample('receipt', { target: target, room: '' }), session, rig.places.contact);
        expect(await rig.outcome(await seen())).toMatchObject({ ids: [expect.any(String)] });
        settings.account = { receipts: false };
        rig.bridge.changed?.(rig.key().account);
        await rig.when('the change', () => rig.read.length > 1);
        expect(await rig.outcome(await seen())).toEqual({ ids: [], state: 'taken' });
      },
      { settings },
    );
  });
});

describe('commands', () => {
  it.each([
    ['where', 'realm', {}, 'The loft is there.'],
    ['count', 'realm', {}, '2 people live here.'],
    ['find', 'room', { words: 'DIGNITY' }, 'in dignity'],
    ['about', 'contact', {}, 'This is mercutio.'],
  ] as const)('%s', (node, on, answer, result) =>
    withLoft(async (rig) => {
      const session = await rig.enter();
      const command = bridge.commands.find((one) => one.node === node);
      const work: CommandWork<PigeonConfig> = {
        config: config(rig),
        host: rig.host,
        bridge: rig.bridge,
        account: session.account,
        session,
        place: rig.places[on],
        admin: true,
        sessions: { list: () => [], clients: () => [], end: async () => undefined },
      };
      const run = command?.run(work);
      expect((await run?.next())?.done).toBe(false);
      expect(await run?.next(given(answer))).toEqual({ done: true, value: result });
    }),
  );
});
