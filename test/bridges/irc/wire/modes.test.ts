import { describe, expect, it } from 'vitest';
import { defaultIsupport, stepIsupport } from '#bridges/irc/wire/isupport.ts';
import { type ModeChange, modeParams } from '#bridges/irc/wire/modes.ts';

const bans = (...masks: string[]): ModeChange[] => masks.map((param) => ({ set: true, mode: 'b', param }));
const announced = (token: string) => stepIsupport(defaultIsupport, ['romeo', token, 'are supported']);

describe('changes of modes', () => {
  it('have a line of their own where they are more than the server reads of one (MODES of 005)', () => {
    expect(modeParams(bans('1', '2', '3', '4'), defaultIsupport)).toEqual([
      ['+bbb', '1', '2', '3'],
      ['+b', '4'],
    ]);
    expect(modeParams(bans('1', '2', '3', '4'), announced('MODES=4'))).toEqual([['+bbbb', '1', '2', '3', '4']]);
    expect(modeParams(bans('1', '2', '3', '4'), announced('MODES'))).toHaveLength(1);
    expect(modeParams(bans('1', '2', '3', '4'), announced('MODES='))).toHaveLength(1);
    expect(modeParams(bans('1', '2', '3', '4'), announced('MODES=none'))).toHaveLength(2);
  });

  it('are counted by their parameters, and keep a line short', () => {
    const flags = [...'mnst'].map((mode): ModeChange => ({ set: false, mode }));
    expect(modeParams([...flags, ...bans('1', '2', '3')], defaultIsupport)).toEqual([['-mnst+bbb', '1', '2', '3']]);
    expect(modeParams(bans('x'.repeat(200), 'ß'.repeat(100), '3'), announced('MODES=20'))).toHaveLength(2);
  });

  it('are none where nothing is to be changed', () => {
    expect(modeParams([], defaultIsupport)).toEqual([[]]);
  });
});
