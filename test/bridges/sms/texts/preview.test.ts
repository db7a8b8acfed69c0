import { afterEach, describe, expect, it } from 'vitest';
import { alice, bob, OUR, PHONE, type World, world } from '../harness.ts';

const TEXTS = { first: '{name} via {domain}. Reply STOP to end.' };

describe('a preview of a text', () => {
  let open: World | undefined;
  afterEach(() => open?.[Symbol.asyncDispose]());

  it('says what the phone would get and from which number, and changes nothing', async () => {
    const w = await world({ texts: TEXTS });
    open = w;
    const expected = { text: 'Alice via a.example. Reply STOP to end.\nhi “there”'.replace(/[“”]/g, '"'), from: OUR };
    const look = () => w.bridge.preview?.(w.event(alice, 'hi “there”'));
    expect(await look()).toEqual(expected);
    expect(await look()).toEqual(expected);
    expect(w.sent()).toEqual([]);
    w.send(alice, 'hi “there”');
    expect(await w.nth(0)).toBe(expected.text);
    expect(await look()).toEqual({ text: 'hi "there"', from: OUR });
    expect(await w.bridge.preview?.(w.event(bob, 'and I'))).toMatchObject({ text: expect.stringMatching(/^Bob #2: /) });
  });

  it('is refused as the text would be', async () => {
    const w = await world({ texts: TEXTS });
    open = w;
    await expect(w.bridge.preview?.(w.event(alice, 'hi', { to: '+447911123456' }))).rejects.toMatchObject({
      code: 'policy-violation',
    });
    await expect(w.bridge.preview?.(w.event(alice, 'x'.repeat(2000)))).rejects.toMatchObject({ code: 'too-large' });
    w.send(alice, 'hi');
    await w.nth(0);
    await w.text('STOP', { from: PHONE });
    await expect(w.bridge.preview?.(w.event(alice, 'hi'))).rejects.toMatchObject({ code: 'not-permitted' });
  });
});
