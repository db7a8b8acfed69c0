import { expect, it } from 'vitest';
import { openNameCache } from '#bridges/email/in/authentication/lookups.ts';

it('asks the same once a minute, and again what nobody has answered or what is long', async () => {
  const asked: string[] = [];
  let now = 0;
  const codes: Readonly<Record<string, string>> = { 'none.example': 'ENODATA', 'away.example': 'ETIMEOUT' };
  const resolve = openNameCache(
    async (name, type) => {
      asked.push(`${type} ${name}`);
      const code = codes[name];
      if (code) throw Object.assign(new Error(name), { code });
      return [[name === 'long.example' ? 'x'.repeat(5000) : 'v=DKIM1']];
    },
    () => now,
  );
  const ask = (name: string, type = 'TXT') => resolve(name, type).catch((error: Error) => error.message);
  for (const name of ['s.example', 'S.example', 'none.example', 'none.example', 'away.example', 'long.example'])
    await ask(name);
  await Promise.all([ask('s.example', 'A'), ask('s.example', 'A')]);
  for (const name of ['away.example', 'long.example']) await ask(name);
  expect(asked).toEqual([
    ...['TXT s.example', 'TXT none.example', 'TXT away.example', 'TXT long.example', 'A s.example'],
    ...['TXT away.example', 'TXT long.example'],
  ]);
  asked.splice(0);
  now = 60_001;
  expect(await ask('s.example')).toEqual([['v=DKIM1']]);
  expect(await ask('none.example')).toBe('none.example');
  expect(asked).toEqual(['TXT s.example', 'TXT none.example']);
});
