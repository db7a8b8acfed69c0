import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';

/** A mail of a folder, with the marks that are set on it. */
type StoredMail = { readonly uid: number; readonly raw: string; readonly flags: Set<string> };
type StoredFolder = { readonly use: string; validity: number; next: number; mails: StoredMail[] };

/**
 * What goes wrong next: `refuse` answers a login with that, `silent` says nothing more on the line that looks next, `huge` announces that many bytes for
 * the next headers.
 */
export type ImapFault =
  | { readonly kind: 'refuse'; readonly text: string }
  | { readonly kind: 'silent' }
  | { readonly kind: 'huge'; readonly bytes: number };

/** A mailbox on a server of our own, with faults on demand. */
export type ScriptedImap = AsyncDisposable & {
  readonly port: number;
  readonly folders: ReadonlyMap<string, StoredFolder>;
  readonly faults: ImapFault[];
  /** Who was let in: the user, and the password or token. */
  readonly logins: { readonly user: string; readonly secret: string }[];
  /** Whether one line waits for news. */
  readonly idle: number;
  readonly open: number;
  /** Passwords and tokens that are let in; all where it is undefined. */
  secrets: ReadonlySet<string> | undefined;
  deliver(raw: string, folder?: string): void;
  /** A folder is made anew, with the mails that it has. */
  anew(folder: string): void;
  /** The server says nothing of the next UID of a folder that is selected, as RFC 3501 lets it. */
  bare: boolean;
  /** Says goodbye, where there are words for it, and ends all lines. */
  breakAll(bye?: string): void;
  when<T>(look: () => T | undefined | false): Promise<T>;
};

const CAPABILITIES = 'IMAP4rev1 IDLE UIDPLUS MOVE SPECIAL-USE LITERAL+ SASL-IR AUTH=PLAIN AUTH=XOAUTH2';

type Line = {
  readonly socket: Socket;
  folder: StoredFolder | undefined;
  idling: string | undefined;
  auth: string | undefined;
  silent: boolean;
};

/** Opens it with an inbox, a folder for what was sent, and one for lists. */
export async function scriptedImap(): Promise<ScriptedImap> {
  const folder = (use: string): StoredFolder => ({ use, validity: 1, next: 1, mails: [] });
  const folders = new Map([
    ['INBOX', folder('')],
    ['Sent', folder('\\Sent')],
    ['Lists', folder('')],
  ]);
  const faults: ImapFault[] = [];
  const logins: { user: string; secret: string }[] = [];
  const lines = new Set<Line>();
  const watchers = new Set<() => void>();
  let secrets: ReadonlySet<string> | undefined;
  let bare = false;

  const tell = (): void => {
    for (const watch of [...watchers]) watch();
  };
  function fault<K extends ImapFault['kind']>(kind: K): Extract<ImapFault, { kind: K }> | undefined {
    const at = faults.findIndex((one) => one.kind === kind);
    return at < 0 ? undefined : (faults.splice(at, 1)[0] as Extract<ImapFault, { kind: K }>);
  }

  const server = createServer((socket) => {
    const line: Line = { socket, folder: undefined, idling: undefined, auth: undefined, silent: false };
    lines.add(line);
    let read = Buffer.alloc(0);
    const say = (text: string): void => {
      if (!line.silent) socket.write(`${text}\r\n`);
    };
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      lines.delete(line);
      tell();
    });
    socket.on('data', (bytes) => {
      read = Buffer.concat([read, bytes]);
      for (let command = nextCommand(); command !== undefined; command = nextCommand()) answer(command);
      tell();
    });
    say(`* OK [CAPABILITY ${CAPABILITIES}] ready`);

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
      if (line.auth !== undefined) return void logIn(line.auth, command);
      if (line.idling !== undefined) {
        const tag = line.idling;
        line.idling = undefined;
        return say(`${tag} OK done`);
      }
      const [, tag = '', name = '', rest = ''] = /^(\S+) ((?:UID )?\S+) ?(.*)$/s.exec(command) ?? [];
      const done = COMMANDS[name.toUpperCase()];
      if (done) done(tag, rest);
      else say(`${tag} OK nothing`);
    }

    function logIn(about: string, text: string): void {
      line.auth = undefined;
      const [tag = '', method] = about.split(' ');
      const plain = Buffer.from(text, 'base64').toString('utf8');
      const [user = '', secret = ''] =
        method === 'PLAIN'
          ? plain.split('\0').slice(1)
          : [/user=([^\u0001]*)/.exec(plain)?.[1], /Bearer ([^\u0001]*)/.exec(plain)?.[1]];
      const refusal = fault('refuse');
      if (refusal) return say(`${tag} NO ${refusal.text}`);
      if (secrets && !secrets.has(secret)) return say(`${tag} NO [AUTHENTICATIONFAILED] no`);
      logins.push({ user, secret });
      say(`${tag} OK [CAPABILITY ${CAPABILITIES}] in`);
    }

    function select(tag: string, name: string, how: string): void {
      line.folder = folders.get(unquoted(name));
      if (!line.folder) return say(`${tag} NO there is no such folder`);
      const { validity, next, mails } = line.folder;
      say('* FLAGS (\\Seen)');
      say(`* ${mails.length} EXISTS`);
      say(`* OK [UIDVALIDITY ${validity}] so`);
      if (!bare) say(`* OK [UIDNEXT ${next}] so`);
      say(`${tag} OK [${how}] selected`);
    }

    function fetch(tag: string, rest: string): void {
      const [, uid = '', what = ''] = /^(\d+) \((.*)\)$/s.exec(rest) ?? [];
      const mails = line.folder?.mails ?? [];
      const at = mails.findIndex((one) => one.uid === Number(uid));
      const mail = mails[at];
      if (mail && !line.silent) socket.write(`* ${at + 1} FETCH (UID ${uid} ${itemsOf(mail, what)})\r\n`, 'latin1');
      say(`${tag} OK fetched`);
    }

    function itemsOf({ raw }: StoredMail, what: string): string {
      const size = /RFC822\.SIZE/.test(what) ? `RFC822.SIZE ${raw.length} ` : '';
      const part = /BODY\.PEEK\[([^\]]*)\](?:<(\d+)\.(\d+)>)?/.exec(what);
      if (!part) return size;
      const [, section = '', from, count] = part;
      const start = Number(from ?? 0);
      const text = section === '' ? raw.slice(start, start + Number(count ?? raw.length)) : heads(raw, section);
      const huge = section === '' ? undefined : fault('huge');
      const where = from === undefined ? '' : `<${from}>`;
      return `${size}BODY[${section}]${where} {${huge?.bytes ?? text.length}}\r\n${text}`;
    }

    const COMMANDS: Readonly<Record<string, (tag: string, rest: string) => void>> = {
      CAPABILITY(tag) {
        say(`* CAPABILITY ${CAPABILITIES}`);
        say(`${tag} OK`);
      },
      AUTHENTICATE(tag, rest) {
        const [method = '', initial] = rest.split(' ');
        if (initial !== undefined) return logIn(`${tag} ${method}`, initial);
        line.auth = `${tag} ${method}`;
        say('+ ');
      },
      LIST(tag, rest) {
        // RFC 9051 §6.3.9: what stands between names, and before all of them.
        if (rest.endsWith('""')) say('* LIST (\\Noselect) "/" ""');
        else for (const [name, { use }] of folders) say(`* LIST (${use}) "/" "${name}"`);
        say(`${tag} OK listed`);
      },
      SELECT: (tag, rest) => select(tag, rest, 'READ-WRITE'),
      EXAMINE: (tag, rest) => select(tag, rest, 'READ-ONLY'),
      STATUS(tag, rest) {
        const name = rest.split(' ')[0] ?? '';
        const found = folders.get(unquoted(name));
        if (!found) return say(`${tag} NO there is no such folder`);
        say(`* STATUS ${name} (UIDNEXT ${found.next} UIDVALIDITY ${found.validity})`);
        say(`${tag} OK`);
      },
      'UID SEARCH'(tag, rest) {
        if (fault('silent')) line.silent = true;
        const from = Number(/UID (\d+):/i.exec(rest)?.[1] ?? 0);
        const all = (line.folder?.mails ?? []).filter(({ uid }) => uid >= from).map(({ uid }) => uid);
        const found = /UID \*$/i.test(rest) ? all.slice(-1) : all;
        say(`* SEARCH ${found.join(' ')}`);
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
        const [mail] = at < 0 ? [] : (line.folder?.mails.splice(at, 1) ?? []);
        if (mail) put(unquoted(to), mail.raw, mail.flags);
        if (mail) say(`* ${at + 1} EXPUNGE`);
        say(`${tag} OK moved`);
      },
      APPEND(tag, rest) {
        const [, name = '', flags = '', text = ''] = /^(\S+) (?:\(([^)]*)\) )?.*?\{\d+\+?\}\r\n(.*)$/s.exec(rest) ?? [];
        put(unquoted(name), text, new Set(flags.split(' ').filter((one) => one !== '')));
        say(`${tag} OK appended`);
      },
      IDLE(tag) {
        line.idling = tag;
        say('+ idling');
      },
      LOGOUT(tag) {
        say('* BYE');
        say(`${tag} OK`);
        socket.end();
      },
    };
  });

  function put(name: string, raw: string, flags: Set<string>): void {
    const into = folders.get(name);
    if (!into) throw new Error(`there is no folder ${name}`);
    into.mails.push({ uid: into.next++, raw, flags });
    for (const { socket, folder: selected, silent, idling } of lines)
      if (selected === into && !silent && idling !== undefined) socket.write(`* ${into.mails.length} EXISTS\r\n`);
    tell();
  }

  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    ...{ folders, faults, logins },
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
    get bare() {
      return bare;
    },
    set bare(now) {
      bare = now;
    },
    deliver: (raw, name = 'INBOX') => put(name, raw.replace(/\r?\n/g, '\r\n'), new Set()),
    anew(name) {
      const found = folders.get(name);
      if (!found) return;
      found.validity += 1;
      found.mails = found.mails.map((mail, index) => ({ ...mail, uid: index + 1 }));
      found.next = found.mails.length + 1;
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
          const found = look();
          if (found === undefined || found === false) return;
          watchers.delete(watch);
          done(found as never);
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

const unquoted = (text: string): string => text.trim().replace(/^"|"$/g, '');

function heads(raw: string, section: string): string {
  const names = (/\(([^)]*)\)/.exec(section)?.[1] ?? '').toLowerCase().split(' ');
  const head = (raw.split('\r\n\r\n')[0] ?? '').split(/\r\n(?![ \t])/);
  const fit = head.filter((one) => names.includes((one.split(':')[0] ?? '').toLowerCase()));
  return `${fit.map((one) => `${one}\r\n`).join('')}\r\n`;
}
