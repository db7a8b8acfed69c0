import { readFileSync } from 'node:fs';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { spokenForm } from '#mappings/forms.ts';
import type { SettingsSchemas } from '#src/bridge.ts';
import { openLanguages } from '#src/core/accounts/languages.ts';
import { openSettings } from '#src/core/accounts/settings.ts';
import { systemClock } from '#src/lib/time/clock.ts';
import type { Form } from '#src/model/form.ts';
import { type AccountKey, accountKey, type BareJid } from '#src/model/ids.ts';
import type { Place } from '#src/model/place.ts';
import { Sealed } from '#src/model/sealed.ts';
import { openKey, openStore, type Store } from '#src/store/index.ts';
import * as pigeon from '../../invented/pigeon/config.ts';
import { folder } from '../../process/cli/isthmus.ts';

const DOMAIN = 'net.example';
const account = accountKey('romeo@a.example' as BareJid, DOMAIN);
const realm: Place = { kind: 'realm', account, realm: 'r' };
const room: Place = { kind: 'room', account, id: '~verona' };
const key = openKey({ text: 'ab'.repeat(32) });

const rich = {
  account: z.strictObject({
    receipts: z.boolean().default(true).describe('Tell others'),
    speed: z.int().min(1).max(9).default(3),
    colour: z.enum(['red', 'blue']).default('red'),
    words: z.array(z.string().max(5)).default([]),
    pin: z
      .string()
      .transform((text) => new Sealed(text))
      .optional()
      .meta({ secret: true, title: 'PIN' }),
  }),
  realm: z.strictObject({ colour: z.enum(['red', 'blue']).default('blue') }),
  room: z.strictObject({ colour: z.enum(['red', 'blue']).default('red') }),
};

let changes: unknown[][] = [];
let dir: ReturnType<typeof folder>;
let store: Store;

beforeEach(async () => {
  changes = [];
  dir = folder();
  const url = `sqlite:${dir.path}/s.db`;
  store = await openStore({ url, log: pino({ level: 'silent' }), clock: systemClock });
});

afterEach(async () => {
  await store[Symbol.asyncDispose]();
  dir[Symbol.dispose]();
});

function open(schemas: SettingsSchemas = rich) {
  const settings = openSettings({
    store,
    key,
    now: () => 1,
    schemas: () => schemas,
    realm: () => 'r',
    defaults: () => ({ persistent: false, replay: 20 }),
    choices: { settings: () => [], took: () => undefined, forget: () => undefined },
    languages: openLanguages({ store }),
    digests: { took: () => undefined, forget: () => undefined },
  });
  settings.listen({
    changed: (...what) => void changes.push(what),
    staysConnected: () => undefined,
    inRooms: () => undefined,
  });
  return settings;
}

const valuesOf = ({ fields }: Form) => Object.fromEntries(fields.map(({ name, value }) => [name, value]));

describe('settings', () => {
  it('are the defaults where nobody has set anything', async () => {
    expect(await open(pigeon).of(room)).toEqual({
      account: { receipts: true },
      realm: { status: '' },
      room: { quiet: false },
    });
  });

  it('are shown as a form, with what holds', async () => {
    expect(spokenForm(await open().form(realm, 'account'), 'en')).toEqual({
      fields: [
        {
          name: 'stay_connected',
          label: 'Stay connected while you are offline',
          type: 'boolean',
          value: ['false'],
        },
        {
          name: 'persistent',
          label: 'Stay in your rooms while you are offline',
          type: 'boolean',
          value: ['false'],
        },
        { name: 'record_history', label: 'Keep what is said in your rooms', type: 'boolean', value: ['true'] },
        {
          name: 'max_history_length',
          label: 'How many earlier messages you are shown when you join',
          type: 'text',
          value: ['20'],
          number: { whole: true, min: 0, max: 100 },
        },
        {
          name: 'digest',
          label: 'One message for what comes while you are offline or not to be disturbed',
          type: 'boolean',
          value: ['false'],
        },
        {
          name: 'language',
          label: 'Language of what the gateway tells you',
          type: 'choice',
          value: ['automatic'],
          options: [
            { value: 'automatic', label: 'as your client has it' },
            { value: 'en', label: 'English' },
            { value: 'de', label: 'Deutsch' },
          ],
        },
        { name: 'receipts', label: 'Tell others', type: 'boolean', value: ['true'] },
        { name: 'speed', label: 'speed', type: 'text', value: ['3'], number: { whole: true, min: 1, max: 9 } },
        {
          name: 'colour',
          label: 'colour',
          type: 'choice',
          value: ['red'],
          options: [{ value: 'red' }, { value: 'blue' }],
        },
        { name: 'words', label: 'words', type: 'lines', value: [] },
        { name: 'pin', label: 'PIN', type: 'secret' },
      ],
    });
  });

  it('change by what an answer contains, and outlive the process', async () => {
    await open().change({ place: realm, scope: 'account', answer: { receipts: ['0'], speed: ['7'] } });
    await open().change({ place: realm, scope: 'account', answer: { words: ['a', 'b'], unknown: ['x'] } });
    const again = open();
    expect(await again.of(realm)).toMatchObject({
      account: { receipts: false, speed: 7, words: ['a', 'b'], colour: 'red' },
    });
    await again.change({ place: realm, scope: 'account', answer: { speed: [''] } });
    expect(valuesOf(await again.form(realm, 'account'))).toMatchObject({ receipts: ['false'], speed: ['3'] });
  });

  it.each([
    ['receipts', ['maybe']],
    ['speed', ['10']],
    ['speed', ['fast']],
    ['colour', ['green']],
    ['words', ['toolong']],
    ['words', Array.from({ length: 2 }, () => 'x'.repeat(5000))],
  ])('refuse %s = %j by name, and store nothing of the answer', async (name, value) => {
    const settings = open();
    const change = settings.change({
      place: realm,
      scope: 'account',
      answer: { stay_connected: ['true'], [name]: value },
    });
    await expect(change).rejects.toMatchObject({ code: 'not-acceptable', message: expect.stringContaining(name) });
    expect(await settings.staysConnected(account)).toBe(false);
  });

  it('come from the room, else the realm, else the account, else the defaults', async () => {
    const settings = open();
    const colours = async () => {
      const found = (await settings.of(room)) as Record<string, { colour: string }>;
      return [found.account?.colour, found.realm?.colour, found.room?.colour];
    };
    expect(await colours()).toEqual(['red', 'blue', 'red']);
    await settings.change({ place: room, scope: 'account', answer: { colour: ['blue'] } });
    expect(await colours()).toEqual(['blue', 'blue', 'blue']);
    await settings.change({ place: room, scope: 'realm', answer: { colour: ['red'] } });
    expect(await colours()).toEqual(['blue', 'red', 'red']);
    await settings.change({ place: room, scope: 'room', answer: { colour: ['blue'] } });
    expect(await colours()).toEqual(['blue', 'red', 'blue']);
  });

  it("of a shared room are everybody's own, and nobody sets what holds for all", async () => {
    const settings = open();
    const shared: Place = { kind: 'shared', transport: DOMAIN, id: '~verona' };
    const juliet = accountKey('juliet@a.example' as BareJid, DOMAIN);
    const colour = async (who?: AccountKey) => (await settings.of(shared, who)).room;
    const answer = { colour: ['blue'] };
    await settings.change({ place: shared, scope: 'room', answer, account });
    expect([await colour(), await colour(account), await colour(juliet)]).toEqual(
      ['red', 'blue', 'red'].map((one) => ({ colour: one })),
    );
    expect(valuesOf(await settings.form(shared, 'room', account))).toMatchObject({ colour: ['blue'] });
    const nobody = settings.change({ place: shared, scope: 'room', answer });
    await expect(nobody).rejects.toMatchObject({ code: 'not-allowed' });
    await settings.change({ place: realm, scope: 'account', answer: { receipts: ['0'] } });
    expect(await settings.of(shared, account)).toMatchObject({ account: { receipts: false } });
    expect(changes).toEqual([
      [account, shared],
      [account, undefined],
    ]);
  });

  it('have changed once what was told of it holds', async () => {
    const settings = open();
    const held = Promise.withResolvers<void>();
    const told = Promise.withResolvers<void>();
    settings.listen({
      changed() {
        told.resolve();
        return held.promise;
      },
      staysConnected: () => undefined,
      inRooms: () => undefined,
    });
    let done = false;
    const changing = settings.change({ place: realm, scope: 'account', answer: { receipts: ['0'] } }).then(() => {
      done = true;
    });
    await told.promise;
    await settings.of(realm);
    expect(done).toBe(false);
    held.resolve();
    await changing;
  });

  it('never show a secret, keep it when it is left blank, and have it nowhere in plain', async () => {
    const settings = open();
    await settings.change({ place: realm, scope: 'account', answer: { pin: ['hush-hush'] } });
    await settings.change({ place: realm, scope: 'account', answer: { pin: [''], speed: ['2'] } });
    const form = await settings.form(realm, 'account');
    expect(JSON.stringify(form)).not.toContain('hush');
    const { account: set } = (await open().of(realm)) as { account: { pin: Sealed; speed: number } };
    expect([set.pin.open(), set.speed]).toEqual(['hush-hush', 2]);
    const bytes = Buffer.concat([readFileSync(`${dir.path}/s.db`), readFileSync(`${dir.path}/s.db-wal`)]);
    expect(bytes.includes('hush-hush')).toBe(false);
  });

  it('lose no answer of two at the same time', async () => {
    const settings = open();
    await Promise.all([
      settings.change({ place: realm, scope: 'account', answer: { speed: ['5'] } }),
      settings.of(realm),
      settings.change({ place: realm, scope: 'account', answer: { receipts: ['false'] } }),
    ]);
    expect(await settings.of(realm)).toMatchObject({ account: { speed: 5, receipts: false } });
  });

  it('fall back to the default where a new schema does not take what was stored', async () => {
    await open().change({ place: realm, scope: 'account', answer: { colour: ['blue'], speed: ['4'] } });
    const narrower = open({ account: rich.account.extend({ colour: z.enum(['red', 'green']).default('green') }) });
    expect(await narrower.of(realm)).toMatchObject({ account: { colour: 'green', speed: 4 } });
    expect(valuesOf(await narrower.form(realm, 'account'))).toMatchObject({ colour: ['green'] });
  });
});
