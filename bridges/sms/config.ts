import { getCountries } from 'libphonenumber-js/min';
import { z } from 'zod';
import { durationSchema } from '#src/lib/time/duration.ts';
import { secret } from '#src/model/secret.ts';
import { texts } from './texts/catalogue.ts';

const DAY = 24 * 3_600_000;

const number = z.string().regex(/^\+[1-9]\d{6,14}$/, 'must be a number with its country code, such as +15550100');
const user = z
  .string()
  .regex(/^[^\s\p{Cc}"&'/:<>@]+@[^\s\p{Cc}"&'/:<>@]+$/u, 'must be an address such as alice@example.org')
  .transform((text) => text.toLowerCase());
const known = new Set<string>(getCountries());
const country = z
  .string()
  .transform((code) => code.toUpperCase())
  .refine((code) => known.has(code), 'must be a country code of two letters, such as DE');
const numbers = z.array(number).min(1).max(100).describe('Our numbers, with their country code');
const line = (most: number) =>
  z
    .string()
    .max(most)
    .refine((text) => !/[\u0000-\u001f\u007f]/.test(text), 'must be one line of text');

const apiUrl = z
  .url({ protocol: /^https?$/, error: 'must be an address such as https://api.example.org' })
  .transform((url) => url.replace(/\/+$/, ''));

const twilio = z.strictObject({
  kind: z.literal('twilio'),
  account_sid: z
    .string()
    .regex(/^AC[0-9a-fA-F]{32}$/, 'must be AC and 32 hex digits')
    .describe('The account at Twilio or at a compatible service'),
  auth_token: secret.describe('Its token: signs the webhooks too'),
  numbers,
  messaging_service_sid: z
    .string()
    .regex(/^MG[0-9a-fA-F]{32}$/, 'must be MG and 32 hex digits')
    .optional()
    .describe('The messaging service that our numbers are in'),
  api_url: apiUrl.default('https://api.twilio.com').describe('Where a compatible service is'),
  timeout: durationSchema(100, 60_000).prefault('15s').describe('How long one request may take'),
});
const demo = z.strictObject({ kind: z.literal('demo'), numbers });

const owner = z.strictObject({
  user: user.describe('Who gets what nobody else is meant by'),
  dedicated: z.boolean().default(false).describe('Does the number belong to this user alone?'),
});

/** The settings of an SMS transport (DESIGN §11). */
export const config = z
  .strictObject({
    provider: z
      .discriminatedUnion('kind', [twilio, demo])
      .meta({ examples: [{ kind: 'demo', numbers: ['+15550100'] }] })
      .describe(
        'Who sends: twilio (account_sid, auth_token, numbers, messaging_service_sid, api_url, timeout) or demo (numbers)',
      ),
    countries: z
      .array(country)
      .default([])
      .meta({ examples: [['US', 'DE']] })
      .describe('Countries that may be written to. Nothing is sent to any other'),
    country: country
      .optional()
      .meta({ examples: ['US'] })
      .describe('The country that a number without a country code is taken to be in'),
    refused: z
      .array(z.string().regex(/^\+\d{1,15}$/, 'must be the beginning of a number, such as +4487'))
      .default([])
      .describe('Beginnings of numbers that are never written to. Premium and emergency numbers never are'),
    owners: z
      .record(number, owner)
      .default({})
      .meta({ examples: [{ '+15550100': { user: 'alice@example.org', dedicated: false } }] })
      .describe('Who has which of our numbers. Numbers stand in quotes'),
    first_contact: z
      .enum(['owner', 'last', 'menu', 'refuse'])
      .default('owner')
      .describe('Who gets a text from a phone that nobody wrote to: one of owner, last, menu, refuse'),
    menu: z.array(user).max(9).default([]).describe('Whom a phone that nobody wrote to may choose from'),
    max_segments: z.number().int().min(1).max(10).default(6).describe('The most segments of one text'),
    mms: z.boolean().default(false).describe('Send pictures, audio and video as MMS instead of a link'),
    budget: z
      .strictObject({
        per_user: z.number().int().min(1).max(1_000_000).default(100).describe('Segments of one user'),
        total: z.number().int().min(1).max(10_000_000).default(1000).describe('Segments of all users'),
        period: durationSchema(60_000, 31 * DAY)
          .prefault('1d')
          .describe('In how long'),
      })
      .prefault({})
      .describe('What may be spent'),
    texts: z
      .strictObject({
        first: line(140)
          .default('{name} via {domain}. Reply STOP to end.')
          .describe('Above the very first text to a phone; empty: nothing'),
        refused: line(300)
          .default('Nobody can be reached here until they have written to you first.')
          .describe('To a phone that may not write first; empty: nothing'),
        menu: line(140).default('Who is this for? Reply with the number only.').describe('Above a menu of names'),
        help: line(300)
          .default(
            'Texts from users of {domain}. STOP ends the texts of all of them from this number. START undoes it.',
          )
          .describe('The answer to HELP; empty: nothing'),
      })
      .prefault({})
      .describe('Words that phones are sent'),
    poll: durationSchema(10_000, DAY).prefault('5m').describe('How often the provider is asked for what was missed'),
    unclear: durationSchema(5000, 600_000)
      .prefault('30s')
      .describe('A text that the provider gave no answer to, and does not list after so long, is sent again'),
  })
  .superRefine((value, context) => {
    for (const name of Object.keys(value.owners)) {
      if (value.provider.numbers.includes(name)) continue;
      context.addIssue({ code: 'custom', path: ['owners', name], message: 'is not one of our numbers' });
    }
    if (value.first_contact === 'menu' && value.menu.length === 0)
      context.addIssue({ code: 'custom', path: ['menu'], message: 'names nobody, and first_contact is menu' });
  });

export type SmsConfig = z.infer<typeof config>;
export type TwilioConfig = Extract<SmsConfig['provider'], { kind: 'twilio' }>;

/** What users may set for themselves. */
export const account = z.strictObject({
  name: line(30).default('').meta({ label: texts.name }),
});
