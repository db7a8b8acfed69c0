import { type ImapFault, type ScriptedImap, scriptedImap } from '../../../test/fakes/imap-server.ts';
import { oneOf, type Random } from '../../random.ts';
import type { MailsIn } from '../load.ts';
import { mailboxOf, OWNERS, PASSWORD } from '../names.ts';
import type { MailMood } from '../smarthost.ts';

/** How a user wants their mailbox to be read, in the words of the form. */
export type Wishes = Readonly<Record<string, string>>;

/** Where mails are moved to by who wants that. */
export const DONE = 'Done';

/** Each wants something else. */
export const wishes: Readonly<Record<(typeof OWNERS)[number], Wishes>> = {
  romeo: { seen: 'true', elsewhere: 'true' },
  juliet: { move: DONE },
  nurse: {},
  peter: { elsewhere: 'true', copy: 'false' },
};

export type OwnMailbox = {
  readonly owner: string;
  readonly imap: ScriptedImap;
  /** Mails that came in or were written elsewhere, by folder and UID, and were not read whole yet. */
  readonly unread: ReadonlySet<string>;
  /** Somebody else puts a mail into a folder. */
  put(raw: string, folder: 'INBOX' | 'Sent'): void;
};

/** The mailboxes of users, each at a server that fails as it pleases. */
export type Mailboxes = MailsIn &
  AsyncDisposable & {
    readonly all: readonly OwnMailbox[];
    readonly ports: Readonly<Record<string, number>>;
    /** Whether each waits for news, and has nothing that was not read. */
    quiet(): boolean;
    mood: MailMood | 'away';
    /** Runs when a mail is being read. */
    onRead: (() => void) | undefined;
    /** Runs when a mail was marked or moved, or a copy was kept, before that is answered. */
    onMarked: (() => void) | undefined;
    readonly figures: Readonly<Record<'taken' | 'read' | 'marked' | 'copied' | 'faults', number>>;
  };

/** What befalls a line next, by the mood of its server. */
const faults: Readonly<Record<MailMood | 'away', readonly (ImapFault | 'bye' | 'break')[]>> = {
  well: [],
  mixed: ['bye', 'break', { kind: 'cut', bytes: 200 }, { kind: 'refuse', text: '[UNAVAILABLE] later' }],
  unclear: ['break', { kind: 'cut', bytes: 600 }, { kind: 'silent' }],
  busy: [
    { kind: 'refuse', text: '[LIMIT] too many' },
    { kind: 'greet', text: 'BYE [UNAVAILABLE] too many lines' },
  ],
  down: ['break', { kind: 'greet', text: 'BYE not now' }],
  away: [],
};
/** Ms between two faults. */
const FAULTY = 400;
/** So many connections are refused at most while the servers are away. */
const REFUSED = 100;

/** What is not finished: nobody is told of it. */
const DRAFT = ['From: <somebody@home.example>', 'Subject: Not yet', '', 'unfinished', ''].join('\n');

export async function openMailboxes(random: Random): Promise<Mailboxes> {
  await using stack = new AsyncDisposableStack();
  const figures = { taken: 0, read: 0, marked: 0, copied: 0, faults: 0 };
  let mood: Mailboxes['mood'] = 'well';

  async function open(owner: string): Promise<OwnMailbox> {
    const imap = stack.use(await scriptedImap());
    imap.secrets = new Set([PASSWORD]);
    imap.create(DONE);
    const unread = new Set<string>();
    let selected = '';
    const select = (name: string): void => {
      selected = name.replaceAll('"', '');
    };
    // It is done in this turn of the loop.
    const changed = (what: 'marked' | 'copied') => (): void => {
      figures[what]++;
      setImmediate(() => mailboxes.onMarked?.());
    };
    const commands: Readonly<Record<string, (rest: string) => void>> = {
      SELECT: select,
      EXAMINE: select,
      'UID FETCH'(rest) {
        if (!rest.includes('BODY.PEEK[]')) return;
        figures.read++;
        if (unread.delete(`${selected} ${Number.parseInt(rest, 10)}`)) figures.taken++;
        mailboxes.onRead?.();
      },
      'UID STORE': changed('marked'),
      'UID MOVE': changed('marked'),
      APPEND: changed('copied'),
    };
    // Each command is seen when it has come, before it is done.
    imap.asked.push = (command = '') => {
      const [, name = '', rest = ''] = /^((?:UID )?\S+) ?(.*)$/s.exec(command) ?? [];
      commands[name]?.(rest);
      return 0;
    };
    return {
      ...{ owner, imap, unread },
      put(raw, folder) {
        unread.add(`${folder} ${imap.need(folder).next}`);
        imap.deliver(raw, folder, folder === 'Sent' ? '\\Seen' : '');
      },
    };
  }

  const all = await Promise.all(OWNERS.map(open));
  const faulty = setInterval(() => {
    const one = oneOf(random, all);
    const [fault] = faults[mood].length > 0 ? [oneOf(random, faults[mood])] : [];
    if (fault === undefined) return;
    figures.faults++;
    if (fault === 'break') one.imap.breakAll();
    else if (fault === 'bye') one.imap.breakAll('see you');
    else one.imap.faults.push(fault);
  }, FAULTY);
  stack.defer(() => clearInterval(faulty));

  const toRead = (): number => all.reduce((sum, { unread, imap }) => sum + unread.size + (imap.idle > 0 ? 0 : 1), 0);
  const opened = stack.move();
  const mailboxes: Mailboxes = {
    all,
    ports: Object.fromEntries(all.map(({ owner, imap }) => [owner, imap.port])),
    add(_queue, { to, raw }) {
      all.find(({ owner }) => mailboxOf(owner) === to)?.put(raw, 'INBOX');
    },
    get open() {
      // Folders beside the first are looked at when that has news.
      for (const { imap, unread } of all) if (imap.idle > 0 && unread.size > 0) imap.deliver(DRAFT, 'INBOX', '\\Draft');
      return toRead();
    },
    quiet: () => toRead() === 0,
    get mood() {
      return mood;
    },
    set mood(next) {
      mood = next;
      for (const { imap } of all) {
        imap.faults.length = 0;
        if (next === 'away')
          for (let left = REFUSED; left > 0; left--) imap.faults.push({ kind: 'greet', text: 'BYE away' });
        imap.breakAll();
      }
    },
    ...{ onRead: undefined, onMarked: undefined, figures },
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
  return mailboxes;
}
