import { describe, expect, it } from 'vitest';
import { addresses, addressOf, recipientOf, resolve, senderAddress } from '#bridges/sms/addresses.ts';
import { bridge } from '#bridges/sms/index.ts';
import { keywordOf } from '#bridges/sms/routing/keywords.ts';
import { checkPermitted, isEmergency } from '#bridges/sms/routing/numbers.ts';
import { texts } from '#bridges/sms/texts/catalogue.ts';

const permitted = { countries: ['US', 'DE', 'GB'], refused: ['+4487'], own: ['+15005550006'] };

describe('numbers', () => {
  it.each(['112', '911', '+49112', '+1911', '112%de', '9-1-1', '110%de'])('%s is an emergency number', (number) => {
    expect(isEmergency(number)).toBe(true);
    expect(() => checkPermitted(number, permitted)).toThrow(texts.emergency.en);
    expect(() => resolve(number, 'DE')).toThrow(texts.emergency.en);
  });

  it.each(['+14155552671', '+4915112345678', '+447400123456', '72727%us'])('%s may be written to', (number) =>
    expect(() => checkPermitted(number, permitted)).not.toThrow(),
  );

  it.each([
    ['+19005550123', 'cost extra'],
    ['+4990012345678', 'cost extra'],
    ['+449012345678', 'cost extra'],
    ['+979123456789', 'cost extra'],
    ['+881612345678', 'cost extra'],
    ['+448712345678', 'cost extra'],
    ['+33612345678', 'FR are not permitted'],
    ['72727%fr', 'FR are not permitted'],
    ['+999123456789', 'this country are not permitted'],
    ['+15005550006', 'the gateway itself'],
  ])('%s may not', (number, text) => expect(() => checkPermitted(number, permitted)).toThrow(text));
});

describe('addresses', () => {
  it.each([
    ['+14155552671', '+14155552671'],
    ['72727', '72727%us'],
    ['MyBank', '~mybank'],
    ['My Bank', '~my=20bank'],
    ['é', '~=c3=a9'],
    ['a%us', '~a=25us'],
  ])('of the sender %s is %s', (from, local) => {
    expect(addressOf(from, 'US')).toBe(local);
    expect(addresses.format(addresses.parse(local))).toBe(local);
  });

  it.each(['', ' ', '+1', '+1415555267112345678', 'x'.repeat(21)])('none is made of %j', (from) =>
    expect(addressOf(from, 'US')).toBeUndefined(),
  );

  it.each([
    ['', '~=ff'],
    ['+', '~=2b'],
    [' ', '~=20'],
    ['+1', '~=2b1'],
    ['+1415555267112345678', '~=2b1415555267112345678'],
    ['MyBank', '~mybank'],
    ['+14155552671', '+14155552671'],
  ])('of whatever is told as the sender %j is %s', (from, local) => {
    expect(senderAddress(from, 'US')).toBe(local);
    expect(addresses.format(addresses.parse(local))).toBe(local);
  });

  it('of a name without end is short, and no other has it', () => {
    const [one, other] = ['A very long name of a bank', 'A very long name of a bank!'].map((name) =>
      senderAddress(name, 'US'),
    );
    expect(one).toMatch(/^~averylongnameofa\.[0-9a-f]{40}$/);
    expect(one).not.toBe(other);
    expect(addresses.format(addresses.parse(one ?? ''))).toBe(one);
  });

  it.each([
    'tel:+1-800-555-0100;ext=5',
    '+1 800 555 0100 x5',
    '+1 800 555 0100 ext. 5',
    '800-555-0100,5',
    'tel:+18005550100;isub=12',
  ])('behind an extension there is none: %s', (text) => expect(() => resolve(text, 'US')).toThrow('extension'));

  it.each(['15550100', '12', '72727', '~', '~a b', '~=61', '~=2', '+0123456789', 'alice', '72727%usa'])(
    '%j is none',
    (local) => expect(() => addresses.parse(local)).toThrow(),
  );

  it.each([
    ['0151 12345678', 'DE', '+4915112345678'],
    ['(415) 555-2671', 'US', '+14155552671'],
    ['+49 151 12345678', undefined, '+4915112345678'],
    ['tel:+14155552671', undefined, '+14155552671'],
    ['72727', 'US', '72727%us'],
    ['~MyBank', undefined, '~mybank'],
  ])('%s written by somebody in %s is %s', (text, country, local) => expect(resolve(text, country)).toBe(local));

  it.each([
    ['0151 12345678', undefined],
    ['hello', 'US'],
    ['72727', undefined],
  ])('%s written by somebody in %s is nothing', (text, country) => expect(() => resolve(text, country)).toThrow());

  it('a name cannot be answered', () => {
    expect(() => recipientOf('~mybank')).toThrow('cannot be answered');
    expect(recipientOf('72727%us')).toBe('72727');
  });
});

describe('keywords', () => {
  it.each([
    ['STOP', 'stop'],
    [' stop! ', 'stop'],
    ['Stop  All', 'stop'],
    ['Stopp', 'stop'],
    ['START', 'start'],
    ['help', 'help'],
    ['Hilfe', 'help'],
    ['stop it', undefined],
    ['please stop', undefined],
    ['yes', undefined],
    ['baja', undefined],
  ])('%j is %s in Germany', (text, keyword) => expect(keywordOf(text, 'DE', false)).toBe(keyword));

  it('yes opts in only who is out', () => expect(keywordOf('Yes', 'US', true)).toBe('start'));
});

describe('charges', () => {
  const settings = bridge.config.parse({ provider: { kind: 'demo', numbers: ['+15550100'] } });
  const message = { kind: 'message', style: 'plain', place: { kind: 'contact' } };
  const amount = (text: string) =>
    bridge.charges?.(settings, { ...message, text } as unknown as Parameters<NonNullable<typeof bridge.charges>>[1]);

  it('are the segments with room for a name', () => {
    expect(amount('hi')).toEqual([{ budget: 'segments', amount: 1 }]);
    expect(amount('x'.repeat(130))).toEqual([{ budget: 'segments', amount: 2 }]);
    expect(amount('“hi”')).toEqual([{ budget: 'segments', amount: 1 }]);
  });

  it('are bounded by the operator', () =>
    expect(bridge.budgets?.(settings)).toEqual([
      { name: 'segments', perUser: 100, total: 1000, period: 24 * 3_600_000 },
    ]));
});

describe('settings', () => {
  const provider = { kind: 'demo', numbers: ['+15550100'] };
  it.each([
    { provider: { ...provider, numbers: ['5550100'] } },
    { provider: { ...provider, numbers: [] } },
    { provider: { kind: 'pigeon', numbers: ['+15550100'] } },
    { provider, countries: ['XX'] },
    { provider, owners: { '+15550199': { user: 'alice@example.org' } } },
    { provider, first_contact: 'menu' },
    { provider: { ...provider, kind: 'twilio', account_sid: `AC${'0'.repeat(32)}`, auth_token: '' } },
  ])('%j are refused', (settings) => expect(bridge.config.safeParse(settings).success).toBe(false));
});
