import { isHostName } from '#bridges/irc/config.ts';
import { addressName, isName, isRoomName } from '#bridges/irc/wire/names.ts';
import { raw } from '#bridges/irc/wire/raw.ts';
import type { Address } from '#src/model/address.ts';
import type { BareJid, EventId } from '#src/model/ids.ts';
import type { ImportedRecord } from '#src/model/imported.ts';
import type { DatabaseRow } from './database.ts';

/** How servers and channels are addressed here, and which servers there are. */
export type Addressing = {
  serves(realm: string): boolean;
  /** Why nobody could connect there by what they have set. */
  hindrance(realm: string, values: Values): string | undefined;
  format(address: Address): string;
  /** Throws a `Failure` for what is no address. */
  parse(local: string): Address;
};

type Records = readonly ImportedRecord[];
type Values = Readonly<Record<string, readonly string[]>>;

// Rows are saved whole: what is as biboumi has it for everybody was chosen by nobody, and is not brought over.
const PORTS = '6667';
const TLS_PORTS = '6697;6670';
const HISTORY = 20;
const THROTTLE = 10;
/** The most that may be set here. */
const MOST = 100;
const MOST_COMMANDS = 20;

const left = (why: string): ImportedRecord => ({ kind: 'left', why });
const NOBODY: Records = [left('rows that belong to no JID')];

/** What a user has set for all servers. */
export function globalRecords(row: DatabaseRow): Records {
  const user = userOf(row.owner_);
  if (user === undefined) return NOBODY;
  const values: Values = {
    ...number('max_history_length', row.maxhistorylength_, HISTORY),
    ...(flag(row.recordhistory_) === false && { record_history: ['false'] }),
    ...(flag(row.persistent_) === true && { persistent: ['true'] }),
  };
  return settings({ user, scope: 'account', id: '' }, values);
}

/** What a user has set for a server; `commands` are sent after each login. */
export function serverRecords(row: DatabaseRow, commands: readonly string[], at: Addressing): Records {
  const user = userOf(row.owner_);
  const realm = text(row.server_).trim();
  if (user === undefined) return NOBODY;
  const wrong = whyNot(realm, at);
  if (wrong !== undefined) return [wrong];
  const lines = [text(row.afterconnectioncommand_), ...commands].filter((line) => line !== '');
  const sent = lines.filter(isSendable).slice(0, MOST_COMMANDS);
  const address = text(row.address_).trim();
  const values: Values = {
    ...(address.toLowerCase() !== realm.toLowerCase() && words('address', address)),
    ...ports(text(row.ports_), text(row.tlsports_)),
    ...(flag(row.verifycert_) === false && { verify_cert: ['false'] }),
    ...(isPin(row.trustedfingerprint_) && words('fingerprint', row.trustedfingerprint_)),
    ...words('nick', row.nick_),
    ...words('pass', row.pass_),
    ...words('sasl_password', row.saslpassword_),
    ...words('username', row.username_),
    ...words('realname', row.realname_),
    ...(sent.length > 0 && { after_connect_commands: sent }),
    ...number('throttle_limit', row.throttlelimit_, THROTTLE),
    ...number('max_history_length', row.maxhistorylength_, HISTORY),
    ...words('encoding_in', row.encodingin_),
    ...words('encoding_out', row.encodingout_),
  };
  const idle = at.hindrance(realm, values);
  return [
    ...settings({ user, scope: 'realm', id: at.format({ kind: 'realm', realm, name: '' }) }, values),
    ...untaken(row, lines.length - sent.length),
    ...(idle === undefined ? [] : [{ kind: 'idle', why: idle } as const]),
  ];
}

/** What of the settings of a server there is none of here. */
function untaken(row: DatabaseRow, lines: number): Records {
  const pin = text(row.trustedfingerprint_);
  return [
    ...(pin !== '' && !isPin(pin) ? [left('fingerprints of SHA-1: the user sets one of SHA-256')] : []),
    ...(Number(row.throttlelimit_) < 0
      ? [left('throttles that were off: the operator decides that, with "throttle"')]
      : []),
    ...(text(row.saslpassword_) !== '' && text(row.nick_) === ''
      ? [left('passwords of SASL without a nick: the user sets sasl_username')]
      : []),
    ...Array.from({ length: lines }, () =>
      left('commands after the login that the gateway says itself, or that are too many'),
    ),
  ];
}

/** What a user has set for a channel. */
export function channelRecords(row: DatabaseRow, at: Addressing): Records {
  const user = userOf(row.owner_);
  if (user === undefined) return NOBODY;
  const room = roomOf(row.channel_, row.server_, at);
  if (typeof room !== 'string') return [room];
  const recorded = Number(row.recordhistory_);
  const values: Values = {
    // 0 stands for whoever has not chosen.
    ...(recorded !== 0 && !Number.isNaN(recorded) && { record_history: [String(recorded > 0)] }),
    ...(flag(row.persistent_) === true && { persistent: ['true'] }),
    ...words('encoding_in', row.encodingin_),
    ...words('encoding_out', row.encodingout_),
  };
  return settings({ user, scope: 'room', id: room }, values);
}

/** Who has the gateway or a server in the roster: `local` is that of biboumi, whatever its domain was. */
export function contactRecords({ local, remote }: DatabaseRow, at: Addressing): Records {
  const user = userOf(remote);
  if (user === undefined) return NOBODY;
  const [, name] = /^([^@/]+)@[^@/]+$/.exec(text(local)) ?? [];
  if (name === undefined) return [{ kind: 'contact', user, id: '' }];
  try {
    const address = at.parse(name);
    const wrong = whyNot(address.realm, at);
    return [wrong ?? { kind: 'contact', user, id: at.format(address) }];
  } catch {
    return [left('contacts without an address')];
  }
}

/** A line of a channel that was kept for a user. */
export function lineRecords(row: DatabaseRow, at: Addressing): Records {
  const user = userOf(row.owner_);
  if (user === undefined) return NOBODY;
  const id = roomOf(row.ircchanname_, row.ircservername_, at);
  if (typeof id !== 'string') return [id];
  const seconds = Number(row.date_ ?? Number.NaN);
  if (!(seconds > 0 && seconds * 1000 <= Date.now())) return [left('lines without a time')];
  const [uid, name, body] = [row.uuid_, row.nick_, row.body_].map(text) as [string, string, string];
  if (uid === '' || !isName(name)) return [left('lines of which nobody knows who said them')];
  const clean = body.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f\ufffe\uffff]/g, '');
  if (clean.trim() === '') return [left('lines without a text')];
  const action = clean.startsWith('/me ');
  return [
    {
      ...{ kind: 'message', user, id, uid: uid as EventId, at: seconds * 1000 },
      from: { id: addressName(name), name },
      text: action ? clean.slice('/me '.length) : clean,
      style: action ? 'action' : 'plain',
    },
  ];
}

const settings = (
  of: Omit<Extract<ImportedRecord, { kind: 'settings' }>, 'kind' | 'values'>,
  values: Values,
): Records => (Object.keys(values).length === 0 ? [] : [{ kind: 'settings', ...of, values }]);

const text = (value: unknown): string => (typeof value === 'string' ? value : '');

/** The owner of a row, a bare JID as the server of its time had prepared it. */
function userOf(value: unknown): BareJid | undefined {
  return /^[^\s@/\u0000-\u001f]+@[^\s@/\u0000-\u001f]+$/.test(text(value)) ? (value as BareJid) : undefined;
}

function whyNot(realm: string, at: Addressing): ImportedRecord | undefined {
  if (!isHostName(realm)) return left('rows of no server');
  return at.serves(realm) ? undefined : left(`rows of ${realm}, a server that the config does not have`);
}

/** The address of a channel, or why it has none. */
function roomOf(channel: unknown, server: unknown, at: Addressing): string | ImportedRecord {
  const [name, realm] = [text(channel), text(server).trim()];
  const wrong = whyNot(realm, at);
  if (wrong !== undefined) return wrong;
  if (!isName(name) || !isRoomName(name)) return left('rows of no channel');
  return at.format({ kind: 'room', realm, name });
}

const words = (name: string, value: unknown): Values => (text(value) === '' ? {} : { [name]: [text(value)] });

/** A number as it may be set here. What is no number, nothing or as for everybody says nothing. */
function number(name: string, value: unknown, usual: number): Values {
  const given = Number(value ?? Number.NaN);
  return Number.isInteger(given) && given > 0 && given !== usual ? { [name]: [String(Math.min(given, MOST))] } : {};
}

const flag = (value: unknown): boolean | undefined =>
  value === null || value === undefined ? undefined : Number(value) === 1 || value === true;

/** A form that left the ports out has stored none at all, which connects to nothing. */
function ports(plain: string, tls: string): Values {
  const list = (ports: string): string[] => ports.split(';').filter((port) => port !== '');
  if (list(plain).length + list(tls).length === 0) return {};
  return {
    ...(tls !== TLS_PORTS && { tls_ports: list(tls) }),
    // Who had no port for TLS has chosen to go without.
    ...((plain !== PORTS || list(tls).length === 0) && plain !== '' && { ports: list(plain) }),
  };
}

const isPin = (value: unknown): boolean => /^[0-9a-f]{64}$/i.test(text(value).replaceAll(':', ''));

function isSendable(line: string): boolean {
  try {
    raw(line);
    return true;
  } catch {
    return false;
  }
}
