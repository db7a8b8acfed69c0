import { isIP } from 'node:net';
import { z } from 'zod';
import { endpointSchema } from '#src/lib/endpoint.ts';
import { durationOrOff, durationSchema } from '#src/lib/time/duration.ts';
import { rateSchema } from '#src/lib/time/rate.ts';
import { secret } from '#src/model/secret.ts';
import { isPrefix } from './connection/registration/webirc.ts';

const HOST = /^[a-z0-9_](?:[a-z0-9_.-]{0,251}[a-z0-9_.])?$/i;

/** Whether the text can name a server in an address: a host name or an IPv4 address. */
export const isHostName = (text: string): boolean => HOST.test(text) && !text.includes('..');

const hostName = z.string().refine(isHostName, 'must be a host name');
/** Whether the text is the name or address of a host. */
export const isHost = (text: string): boolean => isHostName(text) || isIP(text) !== 0;
const host = z.string().refine(isHost, 'must be a host name or an IP address');
export const fingerprint = z
  .string()
  .refine(
    (text) => /^[0-9a-f]{64}$/i.test(text.replaceAll(':', '')),
    'must be a SHA-256 fingerprint: 64 hex digits, colons allowed',
  );

const several = <T extends z.ZodType>(one: T) => z.union([one, z.array(one).min(1).max(20)]);

/** Whether text can be read as that (https://encoding.spec.whatwg.org/#names-and-labels). */
export const isCharset = (label: string): boolean => {
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
    host: several(host)
      .optional()
      .describe('Where to connect to, or a list of hosts that are tried in order. Default: the name of the entry'),
    port: several(z.number().int().min(1).max(65535))
      .optional()
      .describe('The port, or a list of ports that are tried in order. Default: 6697 with TLS, 6667 without'),
    tls: z.boolean().default(true).describe('Encrypt the connection. There is no silent fallback to plain text'),
    verify: z
      .boolean()
      .default(true)
      .describe("Check the server's certificate against the authorities that the system trusts"),
    pin: z
      .union([fingerprint, z.array(fingerprint).min(1).max(10)])
      .optional()
      .describe('SHA-256 of the certificate, checked instead of the authorities'),
    ca: z.string().min(1).optional().describe('A PEM file with the only authorities that are trusted for this server'),
    certificate: z
      .string()
      .min(1)
      .optional()
      .describe(
        'A PEM file with a certificate and its private key, by which all who have no account of their own there log in (SASL EXTERNAL)',
      ),
    insecure_login: z
      .boolean()
      .default(false)
      .describe('Send passwords although the connection is not encrypted, as to a server on this machine'),
    webirc: z
      .strictObject({
        password: secret.describe('What the server knows this gateway by'),
        prefix: z
          .string()
          .refine(isPrefix, 'must be a network of IPv6 such as 2001:db8:1:2::/64')
          .describe('The network of which each user has an address of their own'),
      })
      .optional()
      .describe('Tells the server where each user comes from, where its operator has agreed to that (WEBIRC)'),
    throttle: throttle.describe("How fast lines are sent, or 'off'"),
    connect_pace: durationSchema(0, 3_600_000)
      .optional()
      .describe(
        'Between connections of different users to it, also of those who wait. Default: connect_pace of limits',
      ),
    charset: z
      .string()
      .refine(isCharset, 'must be a character set such as windows-1252')
      .default('windows-1252')
      .describe('How lines that are not UTF-8 are read'),
  })
  .transform(({ host: hosts, port: ports, ...entry }) => ({
    ...entry,
    hosts: hosts === undefined ? undefined : [hosts].flat(),
    ports: [ports ?? (entry.tls ? 6697 : 6667)].flat(),
  }));

const text = z
  .string()
  .max(100)
  .refine((line) => !/[\u0000-\u001f\u007f]/.test(line) && line.trim() !== '', 'must be a line of text');

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
      .describe(
        'May users name servers that are not listed? Only public addresses then and the usual ports of IRC, 6697 with TLS unless they choose another',
      ),
    fixed_server: hostName
      .nullable()
      .default(null)
      .describe('The one server to use: addresses become #channel@ and nick@'),
    identd: z
      .strictObject({ listen: endpointSchema.describe('The address and port; servers ask at port 113') })
      .optional()
      .meta({ examples: [{ listen: '0.0.0.0:113' }] })
      .describe('Tells servers which user has a connection to them (RFC 1413)'),
    outgoing_address: z
      .string()
      .refine((text) => isIP(text) !== 0, 'must be an IP address')
      .optional()
      .meta({ examples: ['192.0.2.7'] })
      .describe('The local address to connect from'),
    contact: text
      .optional()
      .meta({ examples: ['admin@example.org'] })
      .describe('How operators of networks reach you, told in the real name of users and by CTCP VERSION'),
    realname: text.default('Isthmus user').describe('The real name that IRC shows for every user'),
    realname_from_jid: z.boolean().default(false).describe('Show the JID of a user as their real name instead'),
    realname_customization: z
      .boolean()
      .default(true)
      .describe('May users set the user name and real name that a server shows of them?'),
    idle_time: durationOrOff(60_000, 365 * 86_400_000)
      .prefault('off')
      .describe(
        "Whoever has said nothing for so long is disconnected, as some networks ask for, such as 30d; or 'off'",
      ),
    ping_time: durationSchema(5000, 3_600_000)
      .prefault('60s')
      .describe(
        'A server that says nothing for so long is asked for a sign of life, and after as long again it is given up',
      ),
    netsplit_time: durationOrOff(1000, 3_600_000)
      .prefault('30s')
      .describe(
        "How long those who go with a netsplit are still shown, as if they had never gone if they are back; or 'off'",
      ),
    queued_lines: z
      .int()
      .min(50)
      .max(10_000)
      .default(500)
      .describe('Lines of one user that may wait for the pace of a server. More are refused'),
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

/** What holds for a server that nobody has listed. */
const UNLISTED: ServerConfig = server.parse({});

/** The operator's entry of a realm: listed, or made up where users choose freely. `undefined` if users may not go there. */
export function entryOf(settings: IrcConfig, realm: string): { entry: ServerConfig; listed: boolean } | undefined {
  const wanted = realm.toLowerCase();
  for (const [name, entry] of Object.entries(settings.servers)) {
    if (name.toLowerCase() === wanted) return { entry: { ...entry, hosts: entry.hosts ?? [name] }, listed: true };
  }
  return choosesServers(settings) ? { entry: { ...UNLISTED, hosts: [realm] }, listed: false } : undefined;
}

/** Whether users may name servers that are not listed. */
export const choosesServers = ({ any_server, fixed_server }: IrcConfig): boolean => any_server && fixed_server === null;
