import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { CERTIFICATE, PRIVATE_KEY } from './certificate.ts';
import { found, headersIn, openFolders, type StoredFolder, type StoredMail, unquoted } from './imap-folders.ts';

/**
 * What goes wrong next: `refuse` answers a login with that, `greet` says that and no more to who connects (`when` it may), `silent` says nothing more on the
 * line that looks next, `huge` announces that many bytes for the next headers, `cut` breaks the line within the next mail, behind that many
 * bytes, and `gone`: the next mail is not there any more when it is read.
 */
export type ImapFault = { readonly [K in keyof Details]: { readonly kind: K } & Details[K] }[keyof Details];
type Details = {
  readonly refuse: { readonly text: string };
  readonly greet: { readonly text: string; readonly when?: Promise<void> };
  readonly silent: unknown;
  readonly gone: unknown;
  readonly huge: { readonly bytes: number };
  readonly cut: { readonly bytes: number };
};

/** A mailbox on a server of our own, with faults on demand. */
export type ScriptedImap = AsyncDisposable &
  Omit<ReturnType<typeof openFolders>, 'find' | 'put' | 'take'> & {
    readonly port: number;
    readonly faults: ImapFault[];
    /** Who was let in: by which method, the user, and the password or token. */
    readonly logins: { readonly method: string; readonly user: string; readonly secret: string }[];
    /** Whatever lines have said that holds a password, whether it was let in or not. */
    readonly tried: string[];
    /** What every line has asked for, in order. */
    readonly asked: string[];
    /** Whether one line waits for news. */
    readonly idle: number;
    readonly open: number;
    /** What it says that it can (RFC 9051 §7.2.2); `starttls` is what it says before a line is secret. */
    capabilities: { always: string; starttls?: string };
    /**
     * What becomes of a wait for news (IDLE): a tagged answer such as `NO not now`, behind a `+ ` after it has begun; `close` ends the line,
     * `deaf` begins it and tells of nothing.
     */
    waits: string | undefined;
    /** It says nothing of the next UID of a folder that is selected, as RFC 3501 lets it. */
    bare: boolean;
    /** What stands between the names of a folder and of the one within it. */
    delimiter: string;
    /** Passwords and tokens that are let in; all where it is undefined. */
    secrets: ReadonlySet<string> | undefined;
    deliver(raw: string, folder?: string, flags?: string): void;
    expunge(folder: string, uid: number): void;
    /** Says goodbye, where there are words for it, and ends all lines. */
    breakAll(bye?: string): void;
    when<T>(look: () => T | undefined | false): Promise<T>;
  };

const CAPABILITIES = 'IMAP4rev1 IDLE UIDPLUS MOVE SPECIAL-USE LITERAL+ SASL-IR AUTH=PLAIN AUTH=XOAUTH2';

type Line = {
  socket: Socket;
  folder: StoredFolder | undefined;
  idling: string | undefined;
  auth: string | undefined;
  /** The login that is answered once the challenge is. */
  refused: string | undefined;
  silent: boolean;
  secret: boolean;
  /** How many mails it knows to be in its folder. */
  told: number;
};

/** Opens it with an inbox, a folder for what was sent, and one for lists. */
export async function scriptedImap(): Promise<ScriptedImap> {
  const { find, put, take, ...folders } = openFolders();
  const faults: ImapFault[] = [];
  const logins: ScriptedImap['logins'] = [];
  const [tried, asked]: [string[], string[]] = [[], []];
  const lines = new Set<Line>();
  const watchers = new Set<() => void>();
  let secrets: ReadonlySet<string> | undefined;
  let capabilities: ScriptedImap['capabilities'] = { always: CAPABILITIES };
  let bare = false;
  let waits: string | undefined;
  let delimiter = '/';

  const tell = (): void => {
    for (const watch of [...watchers]) watch();
  };
  function fault<K extends ImapFault['kind']>(kind: K): Extract<ImapFault, { kind: K }> | undefined {
    const at = faults.findIndex((one) => one.kind === kind);
    return at < 0 ? undefined : (faults.splice(at, 1)[0] as Extract<ImapFault, { kind: K }>);
  }

  const server = createServer({ noDelay: true }, (plain) => {
    const line: Line = {
      ...{ socket: plain, folder: undefined, idling: undefined, auth: undefined, refused: undefined },
      ...{ silent: false, secret: false, told: 0 },
    };
    lines.add(line);
    let read = Buffer.alloc(0);
    const say = (text: string): void => {
      if (!line.silent) line.socket.write(`${text}\r\n`);
    };
    const hear = (bytes: Buffer): void => {
      read = Buffer.concat([read, bytes]);
      for (let command = nextCommand(); command !== undefined; command = nextCommand()) answer(command);
      tell();
    };
    plain.on('error', () => plain.destroy());
    plain.on('close', () => {
      lines.delete(line);
      tell();
    });
    plain.on('data', hear);
    const said = (): string => (line.secret ? undefined : capabilities.starttls) ?? capabilities.always;
    const greeting = fault('greet');
    if (greeting) void Promise.resolve(greeting.when).then(() => plain.end(`* ${greeting.text}\r\n`));
    else say(`* OK [CAPABILITY ${said()}] ready`);

    /** A whole command, with its literals in their places. */
    function nextCommand(): string | undefined {
      let at = 0;
      for (;;) {
        const end = read.indexOf('\r\n', at);
        if (end < 0) return undefined;
        const literal = /\{(\d+)(\+?)\}$/.exec(read.subarray(at, end).toString('latin1'));
        if (!literal) {
          const command = read.subarray(0, end).toString('latin1');
          read = read.subarray(end + 2);
          return command;
        }
        if (literal[2] === '' && read.length === end + 2) say('+ go on');
        at = end + 2 + Number(literal[1]);
        if (read.length < at) return undefined;
      }
    }

    function answer(command: string): void {
      if (line.refused !== undefined) {
        say(line.refused);
        line.refused = undefined;
        return;
      }
      if (line.auth !== undefined) return logIn(line.auth, command);
      if (line.idling !== undefined) {
        const tag = line.idling;
        line.idling = undefined;
        return say(`${tag} OK done`);
      }
      const [, tag = '', name = '', rest = ''] = /^(\S+) ((?:UID )?\S+) ?(.*)$/s.exec(command) ?? [];
      asked.push(`${name.toUpperCase()} ${rest}`);
      const done = COMMANDS[name.toUpperCase()];
      if (done) done(tag, rest);
      else say(`${tag} OK nothing`);
    }

    function logIn(about: string, text: string): void {
      line.auth = undefined;
      const [tag = '', method = ''] = about.split(' ');
      const decoded = Buffer.from(text, 'base64').toString('utf8');
      const [user = '', secret = ''] =
        method === 'PLAIN'
          ? decoded.split('\0').slice(1)
          : [/(?:user|n,a)=([^\u0001,]*)/.exec(decoded)?.[1], /Bearer ([^\u0001]*)/.exec(decoded)?.[1]];
      decide(tag, { method, user, secret });
    }

    function decide(tag: string, login: ScriptedImap['logins'][number]): void {
      tried.push(`${login.method} ${login.secret}${line.secret ? ' in secret' : ''}`);
      const refusal =
        fault('refuse')?.text ?? (secrets && !secrets.has(login.secret) ? '[AUTHENTICATIONFAILED] no' : '');
      if (refusal === '') {
        logins.push(login);
        return say(`${tag} OK [CAPABILITY ${said()}] in`);
      }
      if (!/OAUTH/.test(login.method)) return say(`${tag} NO ${refusal}`);
      // RFC 7628 §3.2.3: why, which has to be answered before the login is refused.
      line.refused = `${tag} NO ${refusal}`;
      say(`+ ${Buffer.from('{"status":"400","schemes":"Bearer"}').toString('base64')}`);
    }

    function select(tag: string, name: string, how: string): void {
      line.folder = find(name);
      if (!line.folder) return say(`${tag} NO [NONEXISTENT] there is no such folder`);
      const { validity, next, mails, unseen } = line.folder;
      say('* FLAGS (\\Seen)');
      line.told = mails.length + unseen;
      say(`* ${line.told} EXISTS`);
      say(`* OK [UIDVALIDITY ${validity}] so`);
      if (!bare) say(`* OK [UIDNEXT ${next}] so`);
      say(`${tag} OK [${how}] selected`);
    }

    function fetch(tag: string, rest: string): void {
      const [, uid = '', what = ''] = /^(\d+) \((.*)\)$/s.exec(rest) ?? [];
      const { folder } = line;
      const at = folder?.mails.findIndex((one) => one.uid === Number(uid)) ?? -1;
      const mail = folder?.mails[at];
      const whole = /BODY\.PEEK\[\]/.test(what);
      const cut = whole && mail ? fault('cut') : undefined;
      const text = mail && `* ${at + 1} FETCH (UID ${uid} ${itemsOf(mail, what)})\r\n`;
      if (cut && text !== undefined) return void line.socket.write(text.slice(0, cut.bytes), () => plain.destroy());
      const gone = whole && mail && folder && fault('gone') ? take(folder, mail.uid) : undefined;
      if (gone) {
        line.told -= 1;
        say(`* ${at + 1} EXPUNGE`);
      } else if (text !== undefined && !line.silent) line.socket.write(text, 'latin1');
      say(`${tag} OK fetched`);
    }

    function itemsOf({ raw, flags }: StoredMail, what: string): string {
      const size = /RFC822\.SIZE/.test(what) ? `RFC822.SIZE ${raw.length} ` : '';
      const marks = /\bFLAGS\b/.test(what) ? `FLAGS (${[...flags].join(' ')}) ` : '';
      const part = /BODY\.PEEK\[([^\]]*)\](?:<(\d+)\.(\d+)>)?/.exec(what);
      if (!part) return `${size}${marks}`.trim();
      const [, section = '', from, count] = part;
      const start = Number(from ?? 0);
      const text = section === '' ? raw.slice(start, start + Number(count ?? raw.length)) : headersIn(raw, section);
      const huge = section === '' ? undefined : fault('huge');
      const where = from === undefined ? '' : `<${from}>`;
      return `${size}${marks}BODY[${section}]${where} {${huge?.bytes ?? text.length}}\r\n${text}`;
    }

    const COMMANDS: Readonly<Record<string, (tag: string, rest: string) => void>> = {
      CAPABILITY(tag) {
        say(`* CAPABILITY ${said()}`);
        say(`${tag} OK`);
      },
      STARTTLS(tag) {
        if (!/\bSTARTTLS\b/.test(said())) return say(`${tag} BAD not here`);
        say(`${tag} OK go on`);
        plain.off('data', hear);
        line.socket = new TLSSocket(plain, { isServer: true, cert: CERTIFICATE, key: PRIVATE_KEY });
        line.socket.on('error', () => plain.destroy());
        line.socket.on('data', hear);
        line.secret = true;
      },
      ENABLE(tag, rest) {
        say(`* ENABLED ${rest}`);
        say(`${tag} OK`);
      },
      LOGIN(tag, rest) {
        const [user = '', secret = ''] = rest.split(' ').map(unquoted);
        if (/\bLOGINDISABLED\b/.test(said())) return say(`${tag} NO [PRIVACYREQUIRED] not so`);
        decide(tag, { method: 'LOGIN', user, secret });
      },
      AUTHENTICATE(tag, rest) {
        const [method = '', initial] = rest.split(' ');
        if (!said().includes(`AUTH=${method}`)) return say(`${tag} NO [CANNOT] not by that`);
        if (initial !== undefined) return logIn(`${tag} ${method}`, initial);
        line.auth = `${tag} ${method}`;
        say('+ ');
      },
      LIST(tag, rest) {
        // RFC 9051 §6.3.9: what stands between names, and before all of them.
        if (rest.endsWith('""')) say(`* LIST (\\Noselect) "${delimiter}" ""`);
        const all = /["*%]\*?"?( RETURN .*)?$/.test(rest) && /[*%]/.test(rest);
        for (const [name, { use }] of rest.endsWith('""') ? [] : folders.folders)
          if (all || rest.includes(name)) say(`* LIST (${use}) "${delimiter}" "${name}"`);
        say(`${tag} OK listed`);
      },
      SELECT: (tag, rest) => select(tag, rest, 'READ-WRITE'),
      EXAMINE: (tag, rest) => select(tag, rest, 'READ-ONLY'),
      STATUS(tag, rest) {
        const name = /^("[^"]*"|\S+)/.exec(rest)?.[0] ?? '';
        const at = find(name);
        if (!at) return say(`${tag} NO [NONEXISTENT] there is no such folder`);
        say(`* STATUS ${name} (UIDNEXT ${at.next} UIDVALIDITY ${at.validity})`);
        say(`${tag} OK`);
      },
      'UID SEARCH'(tag, rest) {
        if (fault('silent')) line.silent = true;
        // A folder that is gone while it is selected (RFC 2180 §3.3).
        if (line.folder && ![...folders.folders.values()].includes(line.folder)) return say(`${tag} NO it is gone`);
        if (line.folder) tellCount(line, line.folder);
        say(`* SEARCH ${line.folder ? found(line.folder, rest).join(' ') : ''}`);
        say(`${tag} OK searched`);
      },
      'UID FETCH': fetch,
      'UID STORE'(tag, rest) {
        const [uid = '', , ...flags] = rest.split(' ');
        const mail = line.folder?.mails.find((one) => one.uid === Number(uid));
        for (const flag of flags) mail?.flags.add(flag.replace(/[()]/g, ''));
        say(`${tag} OK stored`);
      },
      'UID MOVE'(tag, rest) {
        const [uid = '', to = ''] = rest.split(' ');
        const at = line.folder?.mails.findIndex((one) => one.uid === Number(uid)) ?? -1;
        const mail = line.folder && take(line.folder, Number(uid));
        if (mail) news(put(to, mail.raw, mail.flags));
        if (mail) line.told -= 1;
        if (mail) say(`* ${at + 1} EXPUNGE`);
        say(`${tag} OK moved`);
      },
      APPEND(tag, rest) {
        const [, name = '', flags = '', text = ''] = /^(\S+) (?:\(([^)]*)\) )?.*?\{\d+\+?\}\r\n(.*)$/s.exec(rest) ?? [];
        news(put(name, text, new Set(flags.split(' ').filter((one) => one !== ''))));
        say(`${tag} OK appended`);
      },
      IDLE(tag) {
        if (!/\bIDLE\b/.test(said())) return say(`${tag} BAD not here`);
        if (waits === 'close') return void plain.end();
        const [, begun, refusal] = /^(\+ )?((?:OK|NO|BAD).*)$/.exec(waits ?? '') ?? [];
        // In one piece: a second one would wait for it that the first has been heard of.
        if (refusal !== undefined) return say(`${begun === undefined ? '' : '+ idling\r\n'}${tag} ${refusal}`);
        say('+ idling');
        line.idling = tag;
        if (line.folder && waits === undefined) tellCount(line, line.folder);
      },
      LOGOUT(tag) {
        say('* BYE');
        say(`${tag} OK`);
        plain.end();
      },
    };
  });

  /** RFC 9051 §7.4.1, where it does not know it yet. */
  function tellCount(line: Line, { mails, unseen }: StoredFolder): void {
    const count = mails.length + unseen;
    if (count !== line.told && !line.silent) line.socket.write(`* ${count} EXISTS\r\n`);
    line.told = count;
  }

  function news(into: StoredFolder): void {
    for (const line of lines)
      if (line.folder === into && line.idling !== undefined && waits === undefined) tellCount(line, into);
    tell();
  }

  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    ...folders,
    port: (server.address() as AddressInfo).port,
    ...{ faults, logins, tried, asked },
    get waits() {
      return waits;
    },
    set waits(how) {
      waits = how;
    },
    get idle() {
      return [...lines].filter(({ idling }) => idling !== undefined).length;
    },
    get open() {
      return lines.size;
    },
    get secrets() {
      return secrets;
    },
    set secrets(now) {
      secrets = now;
    },
    get capabilities() {
      return capabilities;
    },
    set capabilities(now) {
      capabilities = now;
    },
    get bare() {
      return bare;
    },
    set bare(now) {
      bare = now;
    },
    get delimiter() {
      return delimiter;
    },
    set delimiter(now) {
      delimiter = now;
    },
    deliver: (raw, name = 'INBOX', flags = '') =>
      news(put(name, bytesOf(raw), new Set(flags.split(' ').filter((one) => one !== '')))),
    expunge(name, uid) {
      const from = folders.need(name);
      const at = from.mails.findIndex((one) => one.uid === uid);
      take(from, uid);
      for (const line of lines) {
        if (line.folder !== from || line.idling === undefined) continue;
        line.told -= 1;
        line.socket.write(`* ${at + 1} EXPUNGE\r\n`);
      }
      tell();
    },
    breakAll(bye) {
      for (const { socket } of lines) {
        if (bye !== undefined) socket.end(`* BYE ${bye}\r\n`);
        else socket.destroy();
      }
    },
    when: (look) =>
      new Promise((done) => {
        const watch = (): void => {
          const seen = look();
          if (seen === undefined || seen === false) return;
          watchers.delete(watch);
          done(seen as never);
        };
        watchers.add(watch);
        watch();
      }),
    async [Symbol.asyncDispose]() {
      for (const { socket } of lines) socket.destroy();
      await new Promise<void>((closed) => server.close(() => closed()));
    },
  };
}

/** As it goes over the wire, a character for each byte. */
const bytesOf = (raw: string): string => Buffer.from(raw.replace(/\r?\n/g, '\r\n'), 'utf8').toString('latin1');
