import { expect, it } from 'vitest';
import { wantsNoMore } from '#mappings/sms-wishes.ts';

it.each([
  'Stop texting me',
  'please stop texting me!!',
  'Don’t text me anymore.',
  'NO MORE TEXTS',
  'Leave me alone, please',
  'Bitte keine SMS mehr',
  "Ne m'écris plus !",
])('%s is a wish for no more texts', (text) => {
  expect(wantsNoMore(text)).toBe(true);
});

it.each([
  '',
  'please',
  'stop',
  'Did he say "stop texting me"?',
  'No more texts from Tybalt?',
  'remove me from the guests',
])('%s is none', (text) => {
  expect(wantsNoMore(text)).toBe(false);
});
