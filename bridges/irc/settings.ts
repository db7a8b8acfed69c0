import { z } from 'zod';
import type { SettingsSchemas } from '#src/bridge.ts';
import type { Words } from '#src/model/language.ts';
import { Sealed } from '#src/model/sealed.ts';
import { choosesServers, fingerprint, type IrcConfig, isCharset, isHost } from './config.ts';
import { settingTexts as setting } from './texts.ts';
import { type ChannelEncodings, isWritable } from './wire/encodings.ts';
import { raw } from './wire/raw.ts';

// The names are those that users of other gateways know (docs/irc.md), and their scripts.

const NOTHING = '';
/** A text that is left out where nothing is set. */
const blankOr = (fits: (text: string) => boolean, why: string) =>
  z
    .string()
    .trim()
    .max(400)
    .refine((text) => text === NOTHING || fits(text), why)
    .default(NOTHING);

const isLine = (text: string): boolean => !/[\u0000-\u001f\u007f]/.test(text);
const line = blankOr(isLine, 'must be one line');
const charset = blankOr(isCharset, 'must be a character set such as windows-1252');
const written = blankOr(isWritable, 'must be a character set such as windows-1252');
const port = z.string().regex(/^\d{1,5}$/, 'must be the number of a port');
const ports = (fallback: string[]) => z.array(port).max(20).default(fallback);
const secret = (label: Words) =>
  z
    .string()
    .max(400)
    .refine((text) => isLine(text), 'must be one line')
    .transform((text) => new Sealed(text))
    .optional()
    .meta({ secret: true, label });

/** Whether a line can be sent for its user (the gateway says some itself). */
function isCommand(text: string): boolean {
  try {
    raw(text);
    return true;
  } catch {
    return false;
  }
}

/** Where a server is, of which users decide that. */
const whereabouts = {
  address: blankOr(isHost, 'must be a host name or an IP address').meta({ label: setting.address }),
  ports: ports([]).meta({ label: setting.ports }),
  tls_ports: ports(['6697']).meta({ label: setting.tlsPorts }),
  verify_cert: z.boolean().default(true).meta({ label: setting.verify }),
  fingerprint: z
    .union([z.literal(NOTHING), fingerprint])
    .default(NOTHING)
    .meta({ label: setting.fingerprint }),
};

const names = {
  username: line.meta({ label: setting.username }),
  realname: line.meta({ label: setting.realname }),
};

const server = {
  sasl_username: line.meta({ label: setting.saslUsername }),
  sasl_password: secret(setting.saslPassword),
  sasl_certificate: z.string().trim().max(4096).default(NOTHING).meta({ label: setting.saslCertificate }),
  sasl_key: z
    .string()
    .transform((text) => new Sealed(text))
    .optional()
    .meta({ secret: true, label: setting.saslKey }),
  nick: line.meta({ label: setting.nick }),
  pass: secret(setting.pass),
  after_connect_commands: z
    .array(z.string().max(400).refine(isCommand, 'must be a line of IRC that the gateway does not say itself'))
    .max(20)
    .default([])
    .meta({ label: setting.commands, sealed: true }),
  throttle_limit: z.int().min(1).max(100).optional().meta({ label: setting.throttle }),
  // The core reads it where it shows what was said before.
  max_history_length: z.int().min(0).max(100).optional().meta({ label: setting.historyLength }),
  encoding_in: charset.meta({ label: setting.encodingIn }),
  encoding_out: written.meta({ label: setting.encodingOut }),
};

const room = z.object({
  encoding_in: charset.meta({ label: setting.encodingIn }),
  encoding_out: written.meta({ label: setting.encodingOut }),
});

const everywhere = z.object({ ...whereabouts, ...names, ...server });
export type RealmSettings = z.output<typeof everywhere>;

/** What users may set for a server and for a channel. Where its server is they say only where they may choose servers. */
export function settings(config: IrcConfig): SettingsSchemas {
  const realm = z.object({
    ...(choosesServers(config) && whereabouts),
    ...(config.realname_customization && names),
    ...server,
  });
  return { realm, room };
}

/** The settings of a server as `settings` yields them, with what may not be set at its default. */
export const realmSettings = (set: unknown): RealmSettings => ({ ...everywhere.parse({}), ...(set as RealmSettings) });

const NONE = room.parse({});

/** The character sets of a channel, as `settings` yields what is set for it. */
export function channelEncodings(set: unknown): ChannelEncodings {
  const { encoding_in, encoding_out } = (set ?? NONE) as z.output<typeof room>;
  return { in: encoding_in, out: encoding_out };
}
