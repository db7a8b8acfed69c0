/** A mail of a folder, with the marks that are set on it. */
export type StoredMail = { readonly uid: number; readonly raw: string; readonly flags: Set<string> };

/** A folder of the scripted mailbox. `use` are its attributes, such as `\Sent`; `unseen` mails lie in it that have no text. */
export type StoredFolder = {
  readonly use: string;
  validity: number;
  next: number;
  mails: StoredMail[];
  unseen: number;
};

/** The folders of a mailbox, by their names as they go over the wire. */
export function openFolders() {
  const folder = (use = ''): StoredFolder => ({ use, validity: 1, next: 1, mails: [], unseen: 0 });
  const folders = new Map([
    ['INBOX', folder()],
    ['Sent', folder('\\Sent')],
    ['Lists', folder()],
  ]);
  let made = 1;

  /** By its name, also as that goes over the wire where UTF-8 is switched on (RFC 6855 §3). */
  function find(text: string): StoredFolder | undefined {
    const name = unquoted(text);
    return folders.get(name) ?? folders.get(utf8(name)) ?? (/^inbox$/i.test(name) ? folders.get('INBOX') : undefined);
  }

  function need(name: string): StoredFolder {
    const found = find(name);
    if (!found) throw new Error(`there is no folder ${name}`);
    return found;
  }

  return {
    folders: folders as ReadonlyMap<string, StoredFolder>,
    find,
    need,
    put(name: string, raw: string, flags: Set<string>): StoredFolder {
      const into = need(name);
      into.mails.push({ uid: into.next++, raw, flags });
      return into;
    },
    take(from: StoredFolder, uid: number): StoredMail | undefined {
      const at = from.mails.findIndex((one) => one.uid === uid);
      return at < 0 ? undefined : from.mails.splice(at, 1)[0];
    },
    /** A folder is made anew, with the mails that it has. */
    anew(name: string): void {
      const found = need(name);
      found.validity += 1;
      found.mails = found.mails.map((mail, index) => ({ ...mail, uid: index + 1 }));
      found.next = found.mails.length + 1;
    },
    create(name: string, use?: string): void {
      folders.set(name, { ...folder(use), validity: ++made });
    },
    remove: (name: string): boolean => folders.delete(name),
    rename(from: string, to: string): void {
      const found = need(from);
      folders.delete(from);
      folders.set(to, found);
    },
    /** So many mails lie in it that nobody has to read. */
    fill(name: string, count: number): void {
      const found = need(name);
      found.unseen += count;
      found.next += count;
    },
  };
}

const utf8 = (bytes: string): string => Buffer.from(bytes, 'latin1').toString('utf8');

export const unquoted = (text: string): string => text.trim().replace(/^"|"$/g, '');

/** The header lines of a mail that were asked for. */
export function headersIn(raw: string, section: string): string {
  const names = (/\(([^)]*)\)/.exec(section)?.[1] ?? '').toLowerCase().split(' ');
  const head = (raw.split('\r\n\r\n')[0] ?? '').split(/\r\n(?![ \t])/);
  const fit = head.filter((one) => names.includes((one.split(':')[0] ?? '').toLowerCase()));
  return `${fit.map((one) => `${one}\r\n`).join('')}\r\n`;
}

/** The UIDs that a search by `UID N:*`, by `UID *` or for all finds: `*` is the last, whatever N is (RFC 9051 §9, seq-range). */
export function found({ mails }: StoredFolder, rest: string): readonly number[] {
  if (/UID \*$/i.test(rest)) return mails.slice(-1).map(({ uid }) => uid);
  const from = Number(/UID (\d+):/i.exec(rest)?.[1] ?? 0);
  const fit = mails.filter(({ uid }) => uid >= from);
  return (fit.length > 0 ? fit : mails.slice(-1)).map(({ uid }) => uid);
}
