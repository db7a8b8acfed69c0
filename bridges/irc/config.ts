import { isIP } from 'node:net';
import { z } from 'zod';
import { durationSchema } from '#src/lib/duration.ts';
import { rateSchema } from '#src/lib/rate.ts';

const HOST = /^[a-z0-9_](?:[a-z0-9_.-]{0,251}[a-z0-9_.])?$/i;

/** Whether the text can name a server in an address: a host name or an IPv4 address. */
export const isHostName = (text: string): boolean => HOST.test(text) && !text.includes('..');

const hostName = z.string().refine(isHostName, 'must be a host name');
const host = z.string().refine((text) => isHostName(text) || isIP(text) !== 0, 'must be a host name or an IP address');
const fingerprint = z
  .string()
  .refine(
    (text) => /^[0-9a-f]{64}$/i.test(text.replaceAll(':', '')),
    'must be a SHA-256 fingerprint: 64 hex digits, colons allowed',
  );

const isCharset = (label: string): boolean => {
  try {
    new TextDecoder(label);
    return true;
  } catch {
    return false;
  }
};

const throttle = rateSchema('Lines').default({ burst: 10, per_second: 1 });

const server = z
  .strictObject({
    host: host.optional().describe('Where to connect to. Default: the name of the entry'),
    port: z.number().int().min(1).max(65535).optional().describe('Default: 6697 with TLS, 6667 without'),
    tls: z.boolean().default(true).describe('Encrypt the connection. There is no silent fallback to plain text'),
    verify: z
      .boolean()
      .default(true)
      .describe("Check the server's certificate against the authorities that the system trusts"),
    pin: z
      .union([fingerprint, z.array(fingerprint).min(1).max(10)])
      .optional()
      .describe('SHA-256 of the certificate, checked instead of the authorities'),
    insecure_login: z
      .boolean()
      .default(false)
      .describe('Send passwords although the connection is not encrypted, as to a server on this machine'),
    throttle: throttle.describe("How fast lines are sent, or 'off'"),
    charset: z
      .string()
      .refine(isCharset, 'must be a character set such as windows-1252')
      .default('windows-1252')
      .describe('How lines that are not UTF-8 are read'),
  })
  .transform((entry) => ({ ...entry, port: entry.port ?? (entry.tls ? 6697 : 6667) }));

/** The settings of an IRC transport (DESIGN §11). */
export const config = z
  .strictObject({
    servers: z
      .record(
        hostName,
        z.preprocess((entry) => entry ?? {}, server),
      )
      .default({})
      .meta({ examples: [{ 'irc.libera.chat': {} }] })
      .describe('The IRC servers that users may name, by the name that stands in addresses'),
    any_server: z
      .boolean()
      .default(false)
      .describe('May users name servers that are not listed? Only public addresses and TLS on port 6697 then'),
    fixed_server: hostName
      .nullable()
      .default(null)
      .describe('The one server to use: addresses become #channel@ and nick@'),
    outgoing_address: z
      .string()
      .refine((text) => isIP(text) !== 0, 'must be an IP address')
      .optional()
      .meta({ examples: ['192.0.2.7'] })
      .describe('The local address to connect from'),
    realname: z
      .string()
      .max(100)
      .refine((text) => !/[\u0000-\u001f\u007f]/.test(text) && text.trim() !== '', 'must be a line of text')
      .default('Isthmus user')
      .describe('The real name that IRC shows for every user'),
    connect_timeout: durationSchema(1000, 600_000)
      .prefault('30s')
      .describe('How long a connection may take until it is logged in, such as 30s'),
  })
  .superRefine((value, context) => {
    const names = Object.keys(value.servers).map((name) => name.toLowerCase());
    if (value.fixed_server !== null && !names.includes(value.fixed_server.toLowerCase())) {
      context.addIssue({
        code: 'custom',
        path: ['fixed_server'],
        message: `is not listed under servers: ${value.fixed_server}`,
      });
    }
    if (names.length === 0 && !value.any_server) {
      context.addIssue({ code: 'custom', path: ['servers'], message: 'lists no server, and any_server is off' });
    }
    const twin = names.find((name, index) => names.indexOf(name) !== index);
    if (twin) context.addIssue({ code: 'custom', path: ['servers'], message: `names ${twin} twice` });
  });

export type IrcConfig = z.infer<typeof config>;
export type ServerConfig = IrcConfig['servers'][string];

/** The server of a realm: listed, or made up where users choose freely. `undefined` if users may not go there. */
export function serverOf(settings: IrcConfig, realm: string): { entry: ServerConfig; listed: boolean } | undefined {
  const wanted = realm.toLowerCase();
  for (const [name, entry] of Object.entries(settings.servers)) {
    if (name.toLowerCase() === wanted) return { entry: { ...entry, host: entry.host ?? name }, listed: true };
  }
  return settings.any_server && settings.fixed_server === null
    ? { entry: { ...server.parse({}), host: realm }, listed: false }
    : undefined;
}
