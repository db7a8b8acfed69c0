import { describe, expect, it } from 'vitest';
import { Encodings } from '#bridges/irc/wire/encodings.ts';
import { LineReader } from '#bridges/irc/wire/line-reader.ts';
import type { Settings } from '#src/bridge.ts';
import { ircServer } from '../../../fakes/irc-server.ts';
import { account, enter, rig, say, shared } from '../harness.ts';

const fold = (name: string) => name.toLowerCase();

function read(encodings: Encodings, ...chunks: (string | Buffer)[]): string[] {
  const lines: string[] = [];
  const reader = new LineReader(encodings);
  for (const chunk of chunks) reader.push(Buffer.from(chunk as Buffer), (line) => lines.push(line));
  return lines;
}

/** `Привет` in KOI8-R and in windows-1251. */
const KOI8 = Buffer.from([0xf0, 0xd2, 0xc9, 0xd7, 0xc5, 0xd4]);
const CP1251 = Buffer.from([0xcf, 0xf0, 0xe8, 0xe2, 0xe5, 0xf2]);

describe('the character sets of a connection', () => {
  it('read what is not UTF-8 as the server has it, and in a channel as that does', () => {
    const encodings = new Encodings({ in: 'windows-1251', out: '' }, fold);
    encodings.set('#Koi', { in: 'koi8-r', out: '' });
    const lines = (target: string, said: Buffer) =>
      Buffer.concat([Buffer.from(`@a=b :x!y@z PRIVMSG ${target} :`), said, Buffer.from('\r\n')]);
    expect(read(encodings, lines('#kOI', KOI8), lines('#other', CP1251), ':x!y@z PRIVMSG #koi :Привет\r\n')).toEqual([
      '@a=b :x!y@z PRIVMSG #kOI :Привет',
      '@a=b :x!y@z PRIVMSG #other :Привет',
      ':x!y@z PRIVMSG #koi :Привет',
    ]);
  });

  it('write as they are set, and UTF-8 where nothing is', () => {
    const encodings = new Encodings({ in: 'windows-1252', out: '' }, fold);
    expect(encodings.plain).toBe(true);
    encodings.set('#koi', { in: '', out: 'koi8-r' });
    expect(encodings.plain).toBe(false);
    expect(encodings.encode('PRIVMSG #KOI :Привет')).toEqual(Buffer.concat([Buffer.from('PRIVMSG #KOI :'), KOI8]));
    expect(encodings.encode('PRIVMSG #koi :漢')).toEqual(Buffer.from('PRIVMSG #koi :?'));
    expect(encodings.encode('PRIVMSG #other :Привет')).toBe('PRIVMSG #other :Привет');
    encodings.set('#koi', { in: '', out: '' });
    expect(encodings.encode('PRIVMSG #koi :Привет')).toBe('PRIVMSG #koi :Привет');
  });
});

describe('what a user sets for a channel', () => {
  const chosen = (encoding_out: string) => ({ room: { encoding_in: '', encoding_out } });

  it('holds once they are told that it has changed', async () => {
    await using server = await ircServer({ serve: true, charset: 'latin1' });
    await using gw = await rig(server);
    gw.chosen.values = Promise.resolve(chosen('windows-1252'));
    const { session, far } = await enter(gw, server, 'romeo');
    const written = async () => {
      await gw.bridge.deliver(say('romeo', shared('#c'), 'schön'), session);
      return far.until(/^PRIVMSG /);
    };
    expect(await written()).toBe('PRIVMSG #c :schön');

    const next = Promise.withResolvers<Settings>();
    gw.chosen.values = next.promise;
    let holds = false;
    const changing = Promise.resolve(gw.bridge.changed?.(account('romeo'), shared('#c'))).then(() => {
      holds = true;
    });
    await far.sync();
    expect(holds).toBe(false);
    next.resolve(chosen(''));
    await changing;
    expect(await written()).toBe(`PRIVMSG #c :${Buffer.from('schön').toString('latin1')}`);
  });
});
