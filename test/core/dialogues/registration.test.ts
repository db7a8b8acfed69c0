import { describe, expect, it } from 'vitest';
import type { Answer } from '#src/model/form.ts';
import type { BareJid } from '#src/model/ids.ts';
import { openWire } from '../../invented/network.ts';
import { bridge } from '../../invented/pigeon/index.ts';
import { folder } from '../../process/cli/isthmus.ts';
import { account, CLIENT, DOMAIN, openHouse, ROMEO } from '../house.ts';

const ME = { owner: CLIENT, user: ROMEO };

/** A loft in which Juliet lives, and a house beside it. */
async function openTown() {
  const stack = new AsyncDisposableStack();
  const dir = stack.use(folder());
  const wire = stack.use(await openWire(bridge));
  await wire.order({ person: 'juliet', password: 'rose' });
  const house = stack.use(await openHouse(dir.path, wire.settings({ slow: false })));
  const register = async (answer: Answer) =>
    (await house.core.registration.register({ transport: DOMAIN }, ME, answer))();
  return { house, order: wire.order, register, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

const credentialsOf = async ({ house }: Awaited<ReturnType<typeof openTown>>) =>
  Object.fromEntries([...(await house.store.credentials.get(house.key, account, ''))].map(([k, v]) => [k, v.open()]));

describe('registration in one form', () => {
  it.each<[string, Answer]>([
    ['nothing', {}],
    ['no password', { name: ['juliet'] }],
    ['a blank password', { name: ['juliet'], password: [''] }],
    ['no values', { name: ['juliet'], password: [] }],
    ['a name of a megabyte', { name: ['j'.repeat(1 << 20)], password: ['rose'] }],
    ['a password of a megabyte', { name: ['juliet'], password: ['r'.repeat(1 << 20)] }],
    ['a wrong password', { name: ['juliet'], password: ['thorn'] }],
    ['a name that the loft cannot have', { name: ['j'.repeat(200)], password: ['rose'] }],
    ['names of an object', JSON.parse('{"__proto__":["x"],"constructor":["x"],"name":["juliet"]}')],
  ])('takes no %s, and stores nothing', async (_title, answer) => {
    await using town = await openTown();
    await expect(town.register(answer)).rejects.toThrow();
    expect(await town.house.core.registered({ transport: DOMAIN }, ROMEO)).toBe(false);
    expect(await credentialsOf(town)).toEqual({});
    await town.order({ wait: 'idle' });
  });

  it('leaves out what was not asked for, and shows what is known without secrets', async () => {
    await using town = await openTown();
    await town.register({ name: ['juliet', 'more'], password: ['rose'], key: ['forged'], extra: ['x'] });
    expect(await town.house.core.registered({ transport: DOMAIN }, ROMEO)).toBe(true);
    const stored = await credentialsOf(town);
    expect(stored).toMatchObject({ name: 'juliet' });
    expect(stored.key).not.toBe('forged');
    const { fields } = await town.house.core.registration.form({ transport: DOMAIN }, ME);
    expect(fields.map(({ name, value }) => [name, value])).toEqual([
      ['name', ['juliet']],
      ['password', undefined],
    ]);
  });

  it('keeps what was there when an edit fails, or is blank', async () => {
    await using town = await openTown();
    await town.order({ person: 'paris', password: 'gold' });
    await town.register({ name: ['juliet'], password: ['rose'] });
    const before = await credentialsOf(town);
    await town.register({ name: ['juliet'], password: [''] });
    await town.register({});
    await expect(town.register({ name: ['paris'] })).rejects.toMatchObject({ code: 'not-acceptable' });
    await expect(town.register({ name: ['paris'], password: ['rose'] })).rejects.toMatchObject({ foreign: 'password' });
    expect(await credentialsOf(town)).toEqual(before);
    await town.register({ name: ['paris'], password: ['gold'] });
    expect(await credentialsOf(town)).toMatchObject({ name: 'paris' });
  });

  it('is of one user: another one finds nothing of it', async () => {
    await using town = await openTown();
    await town.register({ name: ['juliet'], password: ['rose'] });
    const benvolio = { owner: 'benvolio@a.example/x', user: 'benvolio@a.example' as BareJid };
    const { fields } = await town.house.core.registration.form({ transport: DOMAIN }, benvolio);
    expect(fields.map(({ value }) => value)).toEqual([undefined, undefined]);
    expect(await town.house.core.registered({ transport: DOMAIN }, benvolio.user)).toBe(false);
  });

  it('leaves no dialogue behind', async () => {
    await using town = await openTown();
    // The house lets one client have two dialogues open.
    for (let times = 0; times < 5; times++) {
      await town.house.core.registration.form({ transport: DOMAIN }, ME);
      await expect(town.register({ name: ['juliet'] })).rejects.toMatchObject({ code: 'not-acceptable' });
    }
  });
});
