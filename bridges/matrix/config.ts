import { z } from 'zod';
import { durationSchema } from '#src/lib/time/duration.ts';
import { secret } from '#src/model/secret.ts';
import { accountTexts as texts } from './account/texts.ts';
import { isId, isServerName } from './wire/ids.ts';

const url = z
  .url({ protocol: /^https?$/, error: 'must be an address such as https://matrix.example.org' })
  .transform((text) => text.replace(/\/+$/, ''));

const localpart = (what: string) => z.string().regex(/^[a-z0-9._/+-]{1,60}$/, `must be ${what}`);

/** The settings of a Matrix transport (DESIGN §13). */
export const config = z.strictObject({
  homeserver: z
    .strictObject({
      url: url.meta({ examples: ['http://127.0.0.1:8008'] }).describe('Where its client-server API is'),
      name: z
        .string()
        .refine(isServerName, 'must be the name behind the colon of its users, such as example.org')
        .meta({ examples: ['example.org'] })
        .describe('Its name, as behind the colon of its users'),
      timeout: durationSchema(1000, 300_000).prefault('60s').describe('How long one request may take'),
    })
    .describe('The homeserver'),
  appservice: z
    .strictObject({
      as_token: secret
        .meta({ examples: [{ env: 'ISTHMUS_MATRIX_AS_TOKEN' }] })
        .describe('What we show the homeserver: any long secret'),
      hs_token: secret
        .meta({ examples: [{ env: 'ISTHMUS_MATRIX_HS_TOKEN' }] })
        .describe('What the homeserver shows us: another one'),
      prefix: localpart('the beginning of names of users, such as _xmpp_')
        .default('_xmpp_')
        .describe('What the names of XMPP users on Matrix begin with'),
      bot: localpart('the name of a user, such as xmppbot')
        .default('_xmpp_bot')
        .describe('The user of the gateway itself'),
      url: url
        .optional()
        .describe('Where the homeserver reaches us, if not at http.public_url: up to and with /hooks/...'),
    })
    .refine(({ as_token, hs_token }) => as_token.open() !== hs_token.open(), {
      path: ['hs_token'],
      error: 'must be another one than as_token',
    })
    .describe('The registration as an application service, as matrix-registration writes it'),
  ghost_name: z
    .string()
    .max(60)
    .refine((text) => text.includes('{name}'), 'must have {name} in it')
    .default('{name} (XMPP)')
    .describe('What XMPP users are called on Matrix'),
  accounts: z
    .array(z.string().min(1).max(255))
    .default(['local'])
    .describe('Homeservers at which people may log in with an account of their own; "*" for all, "local" for this one'),
  rooms: z
    .array(z.string().min(1).max(255))
    .default(['local'])
    .describe('Servers whose rooms may be joined unasked; "*" for all, "local" for the own one'),
  consent: z
    .boolean()
    .default(true)
    .describe('Whether moderators of other rooms are asked in them whether they want people of XMPP'),
  contact: z
    .string()
    .min(1)
    .max(100)
    .optional()
    .describe('How those who run the gateway are reached: people on Matrix see it in the profile of its user'),
  other_bridges: z
    .array(z.string().min(2).max(255).startsWith('@'))
    .max(50)
    .default([])
    .describe('Users of other bridges to XMPP, such as "@_bifrost_*:*": they are there already, and not bridged twice'),
  policies: z
    .array(z.string().refine((text) => /^[#!]/.test(text) && isId(text), 'must be the id or an alias of a room'))
    .max(20)
    .default([])
    .describe('Rooms with policy lists (m.policy.rule): whom they ban is neither heard nor reached by ghosts'),
  direct_rooms: z
    .number()
    .int()
    .min(1)
    .max(1000)
    .default(20)
    .describe(
      'How many rooms for the two of them somebody on Matrix has with a person on XMPP: invitations into more are declined',
    ),
  encrypted_files: durationSchema(60_000, 366 * 86_400_000)
    .prefault('3d')
    .describe('How long links lead to files of encrypted rooms, which they decrypt; never longer than media.retention'),
});

export type MatrixConfig = z.output<typeof config>;

/** What users may set for themselves. */
export const account = z.strictObject({
  read: z
    .enum(['private', 'public', 'off'])
    .default('private')
    .meta({
      label: texts.read,
      labels: { private: texts.readPrivate, public: texts.readPublic, off: texts.readOff },
    }),
  profile: z
    .enum(['keep', 'follow'])
    .default('keep')
    .meta({ label: texts.profile, labels: { keep: texts.profileKeep, follow: texts.profileFollow } }),
});
