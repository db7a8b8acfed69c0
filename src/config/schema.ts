import { z } from 'zod';
import { bytesBetween } from '#src/lib/bytes.ts';
import { durationOrOff, durationSchema } from '#src/lib/time/duration.ts';
import { rateSchema } from '#src/lib/time/rate.ts';
import {
  bareJid,
  host,
  hostAndPort,
  isLoopback,
  type Listen,
  listen,
  people,
  port,
  publicUrl,
  secret,
  uri,
  whole,
} from './fields.ts';

/** A check across fields runs even where others are wrong, so that every problem is reported at once. */
const when = ({ value }: { value: unknown }) => typeof value === 'object' && value !== null;

const SECOND = 1000;
const HOUR = 3_600_000;
const DAY = 24 * HOUR;

const xmpp = z.strictObject({
  host: host.prefault('127.0.0.1').describe('Where the XMPP server listens for components'),
  port: port.prefault(5347).describe('Its port'),
  domains: z
    .array(host)
    .optional()
    .describe('The domains of its users. Default: the domains above those of the transports'),
  upload_hosts: z
    .array(hostAndPort)
    .optional()
    .describe(
      'Where its users put files, if that has a private address: files for networks are fetched from there all the same',
    )
    .meta({ examples: [['upload.example.org', '127.0.0.1:5281']] }),
});

const http = z.strictObject({
  listen: listen.describe('Address and port').meta({ examples: ['127.0.0.1:8480'] }),
  public_url: publicUrl
    .optional()
    .describe(
      'Where the world reaches this listener, for links and callbacks. If it has a path, the proxy takes that off',
    )
    .meta({ examples: ['https://gw.example.org'] }),
});

const media = z
  .strictObject({
    dir: z.string().min(1).prefault('./data/media').describe('The folder of the files'),
    max_size: bytesBetween('1KiB', '10GB').prefault('50MB').describe('The largest file'),
    quota: bytesBetween('1KiB', '1000GB').prefault('500MB').describe('The most that one user may have'),
    total: bytesBetween('1KiB', '1000GB').prefault('10GB').describe('The most that all files may take'),
    retention: durationSchema(60 * SECOND, 3650 * 24 * HOUR)
      .prefault('30d')
      .describe('How long a file can be fetched'),
    upload: z
      .boolean()
      .prefault(false)
      .describe(
        'Put files for a user on the upload service of the XMPP server (XEP-0363), on their quota where it lets the gateway ask for them; here where it does not',
      ),
  })
  .refine((all) => !(all.max_size > all.quota) && !(all.quota > all.total), {
    path: ['quota'],
    error: 'must not be less than max_size, nor more than total',
    when,
  });

const admin = z
  .strictObject({
    listen: listen.describe('Address and port').meta({ examples: ['127.0.0.1:8481'] }),
    token: secret
      .optional()
      .describe('Asked for by /metrics; needed where other machines can reach the listener')
      .meta({ examples: [{ file: './data/admin.token' }] }),
  })
  .refine(({ listen: at, token }) => token !== undefined || typeof at !== 'object' || isLoopback(at), {
    path: ['token'],
    error: 'is missing; it may be left out only where "listen" is an address such as 127.0.0.1',
    when,
  });

const addresses = (what: string) => z.array(uri).optional().describe(what);

const about = z.strictObject({
  admin: addresses('Those who run it. Default: the addresses in "admins"').meta({
    examples: [['xmpp:admin@example.org', 'mailto:xmpp@example.org']],
  }),
  abuse: addresses('Where abuse is reported'),
  feedback: addresses('Where people say how they like it'),
  sales: addresses('Whoever sells it'),
  security: addresses('Where weaknesses are reported'),
  status: addresses('Where people read how it fares'),
  support: addresses('Who helps'),
  outages: addresses('Files with outages for programs to read (XEP-0455)'),
  terms: uri
    .optional()
    .describe('The terms of use')
    .meta({ examples: ['https://gw.example.org/terms'] }),
});

const access = z.strictObject({
  register: z
    .array(people)
    .prefault([])
    .describe(`Who may use the gateway: domains, addresses, or '*' for everybody`)
    .meta({ examples: [['example.org', 'friend@other.example']] }),
});

const size = bytesBetween('1KiB', '1GiB');

const limits = z
  .strictObject({
    stanza_size: bytesBetween('10KB', '10MiB').prefault('256KiB').describe('The largest stanza that is read'),
    depth: whole.min(8).max(1000).prefault(64).describe('The most elements inside one another'),
    attributes: whole.min(8).max(1000).prefault(64).describe('The most attributes of one element'),
    xmpp_high_water: size.prefault('8MiB').describe('Unsent to the XMPP server: above, networks are read no further'),
    xmpp_cap: size.prefault('32MiB').describe('Unsent to the XMPP server: above, stanzas are refused'),
    messages: rateSchema('Messages')
      .prefault({ burst: 100, per_second: 10 })
      .describe("What one user may send, or 'off'"),
    joins: rateSchema('Joins')
      .prefault({ burst: 100, per_second: 1 })
      .describe("Rooms that one user may enter, or 'off'"),
    contacts: rateSchema('Contacts')
      .prefault({ burst: 500, per_second: 1 })
      .describe("Contacts that one user may add, or 'off'"),
    registrations: rateSchema('Registrations')
      .prefault({ burst: 10, per_second: 0.1 })
      .describe("Times that one user may register or change that, or 'off'"),
    waiting_lines: whole.min(0).max(10_000).prefault(100).describe('Kept for a room while its network reconnects'),
    waiting_time: durationSchema(0, HOUR).prefault('60s').describe('How long they are kept'),
    reconnect_min: durationSchema(SECOND, HOUR)
      .prefault('5s')
      .describe('The first wait before a network is tried again'),
    reconnect_max: durationSchema(SECOND, 24 * HOUR)
      .prefault('5m')
      .describe('The longest wait'),
    connect_pace: durationSchema(0, HOUR)
      .prefault('5s')
      .describe(
        'Between reconnects of different users to one network, also after a restart; on IRC between all connections',
      ),
    join_time: durationSchema(10 * SECOND, HOUR)
      .prefault('5m')
      .describe('How long whoever enters a room waits for its network, once that can be asked'),
    history_time: durationSchema(SECOND, HOUR)
      .prefault('10s')
      .describe('How long a network may take for a page of its history before the archive is shown as it is'),
    linger: durationSchema(0, 24 * HOUR)
      .prefault('5m')
      .describe('How long somebody whose connection was lost stays in the rooms of a network'),
    presence_window: durationOrOff(SECOND, HOUR)
      .prefault('30s')
      .describe("A presence that changes again within this time is shown once more, at its end; or 'off'"),
    unseen: durationSchema(24 * HOUR, 3650 * 24 * HOUR)
      .prefault('90d')
      .describe('After how long without a client what somebody logs in with is not used before they register again'),
    shown_occupants: whole
      .min(0)
      .max(1_000_000)
      .prefault(2000)
      .describe(
        'In rooms with more people: who speaks, keeps order or is from here is shown, and nobody else. 0 shows all',
      ),
    open_files: whole
      .min(1)
      .max(1000)
      .prefault(20)
      .describe('Files that one user may be fetching from networks at a time, or sending to them'),
    dialogues: whole.min(1).max(100).prefault(4).describe('Logins and commands that one client may have begun'),
    dialogue_time: durationSchema(SECOND, 24 * HOUR)
      .prefault('10m')
      .describe('The longest that one waits for an answer'),
    ids_kept: durationSchema(HOUR, 3650 * 24 * HOUR)
      .prefault('30d')
      .describe('How long edits, reactions and replies find the message that they are about'),
    expiry: z
      .record(z.string(), durationSchema(SECOND, 365 * DAY))
      .prefault({ xmpp: '7d' })
      .describe('How long a message is tried before its sender hears that it failed, by kind of network'),
    return_time: durationSchema(SECOND, DAY)
      .prefault('10m')
      .describe('How long a message to a user of another server may come back before it counts as arrived'),
    journal_kept: durationSchema(HOUR, 365 * DAY)
      .prefault('14d')
      .describe('How long repeats of a message are known, and what became of it'),
    stop_time: durationSchema(SECOND, HOUR).prefault('10s').describe('The longest that a graceful stop may take'),
    stall_time: durationSchema(SECOND, HOUR)
      .prefault('10s')
      .describe('A main loop stuck for longer is reported in the log'),
  })
  .refine((all) => !(all.reconnect_min > all.reconnect_max), {
    path: ['reconnect_max'],
    error: 'must not be less than reconnect_min',
    when,
  })
  .refine((all) => !(all.xmpp_high_water >= all.xmpp_cap), {
    path: ['xmpp_cap'],
    error: 'must be more than xmpp_high_water',
    when,
  });

const log = z.strictObject({
  level: z
    .enum(['debug', 'info', 'warn', 'error', 'silent'])
    .prefault('info')
    .describe('One of debug, info, warn, error, silent'),
});

/** What every transport has, whatever its bridge. */
export const transportBase = z.strictObject({
  bridge: z.string().describe('The kind of network'),
  secret: secret.describe('As in the XMPP server; or { file: PATH }, or text in quotes'),
  history: z
    .strictObject({
      record: z.boolean().prefault(true),
      replay: z.int().min(0).max(100).prefault(20),
    })
    .prefault({})
    .describe('Keep what is said in rooms, and show so many messages to a client that joins'),
  receipts: z
    .enum(['confirmed', 'handed over'])
    .prefault('confirmed')
    .describe('Tell senders that a message arrived when that is as sure as can be, or when the server there has it'),
  persistent: z
    .boolean()
    .prefault(false)
    .describe('Users stay in their rooms when their last client leaves, unless they choose otherwise'),
});

/** The file without the parts of the transports, which their bridges know. */
export const house = z
  .strictObject({
    xmpp: xmpp.prefault({}).describe("The XMPP server's component listener (XEP-0114)."),
    store: z
      .string()
      .regex(/^(sqlite:.+|postgres(ql)?:\/\/.+)$/, 'must be sqlite:PATH or postgres://USER@HOST/DATABASE')
      .prefault('sqlite:./data/isthmus.db')
      .describe('Where archives and all else that outlives a restart is kept: sqlite:PATH, or postgres://...'),
    key: z
      .strictObject({
        file: z
          .string()
          .min(1)
          .prefault('./data/isthmus.key')
          .describe('Made at the first start, for its owner alone. If it is lost, so is every login'),
      })
      .prefault({})
      .describe('The key that seals passwords in the store. Keep a copy, apart from the copies of the store.'),
    http: http
      .optional()
      .describe('The public web listener: /hooks, /media, /healthz and /readyz. Networks that call us need it.'),
    media: media
      .optional()
      .describe('Files that cross as links on the public listener, and long texts. Without it there are none.'),
    admin: admin.optional().describe("The operator's web listener: /metrics, /healthz and /readyz."),
    admins: z
      .array(bareJid)
      .prefault([])
      .describe('The people who run this gateway.')
      .meta({ examples: [['admin@example.org']] }),
    about: about.optional().describe('What clients are told of this gateway: addresses as URIs, each a list.'),
    access: access.prefault({}).describe('Nobody may use the gateway who is not listed here.'),
    limits: limits
      .prefault({})
      .describe('What the gateway bears. The values shown are the defaults.')
      .meta({ aside: true }),
    control: z
      .string()
      .min(1)
      .optional()
      .describe(
        'The socket over which commands such as "queue" reach the gateway that runs. Without it: beside the store.',
      )
      .meta({ examples: ['./data/isthmus.sock'] }),
    log: log
      .prefault({})
      .describe('The log goes to standard output, one JSON object a line, readable text on a terminal.')
      .meta({ aside: true }),
    transports: z
      .record(z.string(), z.unknown())
      .refine((all) => Object.keys(all).length > 0, 'must hold at least one transport')
      .describe('One entry for each component domain that the XMPP server gives to this gateway.'),
  })
  .refine(({ http: open, admin: closed }) => !same(open?.listen, closed?.listen), {
    path: ['admin', 'listen'],
    error: 'must not be the same as http.listen',
    when,
  })
  .refine(({ http: open, media: files }) => files === undefined || open?.public_url !== undefined, {
    path: ['media'],
    error: 'needs http.public_url, below which people fetch the files',
    when,
  });

export type ConfigFile = z.output<typeof house>;

function same(a: Listen | undefined, b: Listen | undefined): boolean {
  return a !== undefined && b !== undefined && a.port !== 0 && a.host === b.host && a.port === b.port;
}
