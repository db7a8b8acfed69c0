import { FINGERPRINT } from '../../fakes/certificate.ts';
import { scriptedImap } from '../../fakes/imap-server.ts';
import { oauthServer } from '../../fakes/oauth-server.ts';

/** What its server calls itself in headers of its own. */
export const OWN_ID = 'mx.home.example';
const DOMAIN = 'home.example';

type Order = (rest: string, rawOf: (mail: string) => string) => unknown;

/** The mailbox romeo@home.example with its password `pw`, and what happens to it in conversations. */
export async function ownMailbox() {
  const imap = await scriptedImap();
  imap.secrets = new Set(['pw']);
  const oauth = await oauthServer((token) => {
    imap.secrets = new Set([token]);
  });

  const orders: Readonly<Record<string, Order>> = {
    /** `mailbox INBOX MAIL`: a mail comes into that folder. */
    mailbox(rest, rawOf) {
      const [, folder = '', mail = ''] = /^(\S+) (.*)$/.exec(rest) ?? [];
      imap.deliver(rawOf(mail), folder);
    },
    /** `idle 1`: so many lines wait for news. */
    idle: (rest) => imap.when(() => imap.idle === Number(rest)),
    /** `lines 0`: so many are open. */
    lines: (rest) => imap.when(() => imap.open === Number(rest)),
    /** `logins 2`: so many logins were let in. */
    logins: (rest) => imap.when(() => imap.logins.length >= Number(rest)),
    /** `login romeo@home.example pw`: by whom and what the last one was. */
    login(rest) {
      const { user, secret } = imap.logins.at(-1) ?? {};
      if (`${user} ${secret}` !== rest) throw new Error(`the last login was ${user} ${secret}`);
    },
    /** `password pw2`: from now on that is it. */
    password(rest) {
      imap.secrets = new Set([rest]);
    },
    /** `refuse [UNAVAILABLE] later`: what the next login is answered. */
    refuse: (rest) => imap.faults.push({ kind: 'refuse', text: rest }),
    /** `bye TEXT`: all lines end with that. */
    bye: (rest) => imap.breakAll(rest),
    break: () => imap.breakAll(),
    /** `bare`: the server does not say which mail is the next. */
    bare() {
      imap.bare = true;
    },
    /** `waits NO not now`: what becomes of a wait for news, as `test/fakes/imap-server.ts` has it; `waits` alone as usual. */
    waits(rest) {
      imap.waits = rest === '' ? undefined : rest;
    },
    /** `greet BYE TEXT`: who connects next hears that and no more. */
    greet: (rest) => imap.faults.push({ kind: 'greet', text: rest }),
    /** `slow BYE TEXT`: the same, but not before it is told to: `greeted`. */
    slow(rest) {
      slow = Promise.withResolvers();
      imap.faults.push({ kind: 'greet', text: rest, when: slow.promise });
    },
    greeted: () => slow?.resolve(),
    /** Nothing goes wrong any more. */
    well: () => imap.faults.splice(0),
    silent: () => imap.faults.push({ kind: 'silent' }),
    huge: (rest) => imap.faults.push({ kind: 'huge', bytes: Number(rest) }),
    /** `cut 200`: the line breaks within the next mail, behind so many bytes. */
    cut: (rest) => imap.faults.push({ kind: 'cut', bytes: Number(rest) }),
    /** The next mail is expunged by another program while it is read. */
    gone: () => imap.faults.push({ kind: 'gone' }),
    /** `offers IMAP4rev1 AUTH=PLAIN`: what the server says that it can; `offers-first` is what it says before a line is secret. */
    offers(rest) {
      imap.capabilities = { always: rest };
    },
    'offers-first'(rest) {
      imap.capabilities = { ...imap.capabilities, starttls: rest };
    },
    /** `tried PLAIN pw in secret, LOGIN pw`: every password or token that the server was given, `-` for none. */
    tried(rest) {
      if ((imap.tried.join(', ') || '-') !== rest) throw new Error(`it was given: ${imap.tried.join(', ')}`);
    },
    delimiter(rest) {
      imap.delimiter = rest;
    },
    anew: (rest) => imap.anew(rest),
    /** `fill INBOX 100000`: so many mails lie there. */
    fill(rest) {
      const [folder = '', count] = rest.split(' ');
      imap.fill(folder, Number(count));
    },
    /** `create Lists/XMPP [\\Noselect]`, `remove Lists`, `rename Lists Old`: of folders. */
    create(rest) {
      const [name = '', use] = rest.split(' ');
      imap.create(name, use);
    },
    remove: (rest) => imap.remove(rest),
    rename(rest) {
      const [from = '', to = ''] = rest.split(' ');
      imap.rename(from, to);
    },
    expunge(rest) {
      const [folder = '', uid] = rest.split(' ');
      imap.expunge(folder, Number(uid));
    },
    /** `draft Lists MAIL`: one that was not sent. */
    draft(rest, rawOf) {
      const [, folder = '', mail = ''] = /^(\S+) (.*)$/.exec(rest) ?? [];
      imap.deliver(rawOf(mail), folder, '\\Draft');
    },
    /** `asked-for 0 UID FETCH`: how many commands that begin so there were since it was asked last. */
    'asked-for'(rest) {
      const [, count, name = ''] = /^(\d+) (.*)$/.exec(rest) ?? [];
      const all = imap.asked.splice(0);
      if (all.filter((one) => one.startsWith(name)).length !== Number(count))
        throw new Error(`it was asked: ${all.join(', ')}`);
    },
    /** `when-asked UID SEARCH`: until a command that begins so came since it was asked last. */
    async 'when-asked'(rest) {
      await imap.when(() => imap.asked.some((one) => one.startsWith(rest)));
      imap.asked.splice(0);
    },
    /** `method XOAUTH2`: how the last login was made. */
    method(rest) {
      if (imap.logins.at(-1)?.method !== rest) throw new Error(`it was ${imap.logins.at(-1)?.method}`);
    },
    /** Tokens are not let in any more, until there is another. */
    expire() {
      imap.secrets = new Set();
    },
    /** `down 2`: so many requests at the provider fail. */
    down(rest) {
      oauth.down = Number(rest);
    },
    'when-ended': (rest) => oauth.when(() => oauth.ended.join(' ') === rest),
    /** `ended refresh1`: which tokens were ended at the provider, `-` for none. */
    ended(rest) {
      if ((oauth.ended.join(' ') || '-') !== rest) throw new Error(`there were ended: ${oauth.ended.join(' ')}`);
    },
    /** `asked 2`: the provider was asked so many times whether somebody has logged in. */
    asked: (rest) => oauth.when(() => oauth.asked >= Number(rest)),
    /** Somebody has logged in on the page of the provider. */
    approve: () => oauth.approve(),
    /** The provider takes no renewal any more. */
    revoke: () => oauth.revoke(),
    /** `holds Sent 1`: so many mails are in that folder. */
    async holds(rest) {
      const [folder = '', count] = rest.split(' ');
      await imap.when(() => imap.folders.get(folder)?.mails.length === Number(count));
    },
    /** `flags INBOX 1 \Seen`: the marks of a mail, `-` for none. */
    flags(rest) {
      const [folder = '', uid, ...wanted] = rest.split(' ');
      const mail = imap.folders.get(folder)?.mails.find((one) => one.uid === Number(uid));
      return imap.when(() => ([...(mail?.flags ?? [])].join(' ') || '-') === wanted.join(' '));
    },
  };

  /** Ends the wait of a greeting that is slow. */
  let slow: PromiseWithResolvers<void> | undefined;
  return {
    lets: (secret: string): boolean => imap.secrets?.has(secret) ?? true,
    settings: (submission: number) => ({
      accounts: {
        providers: [
          {
            domains: [DOMAIN],
            imap: { host: '127.0.0.1', port: imap.port, tls: 'off' },
            submission: { host: '127.0.0.1', port: submission, tls: 'off' },
            authserv: [OWN_ID],
          },
          {
            domains: ['tls.example'],
            imap: { host: '127.0.0.1', port: imap.port, tls: 'starttls', pin: [FINGERPRINT] },
            submission: { host: '127.0.0.1', port: submission, tls: 'starttls', pin: [FINGERPRINT] },
          },
          {
            domains: ['wrong.example'],
            imap: { host: '127.0.0.1', port: imap.port, tls: 'starttls', pin: [FINGERPRINT.replace(/^../, '00')] },
            submission: { host: '127.0.0.1', port: submission, tls: 'starttls', pin: [FINGERPRINT] },
          },
          {
            domains: ['half.example'],
            imap: { host: '127.0.0.1', port: imap.port, tls: 'starttls', pin: [FINGERPRINT] },
            submission: {
              host: '127.0.0.1',
              port: submission,
              tls: 'starttls',
              pin: [FINGERPRINT.replace(/^../, '00')],
            },
          },
          {
            domains: ['oauth.example'],
            imap: { host: '127.0.0.1', port: imap.port, tls: 'off' },
            submission: { host: '127.0.0.1', port: submission, tls: 'off' },
            authserv: [OWN_ID],
            oauth: {
              ...{ device: `${oauth.url}/device`, token: `${oauth.url}/token`, revoke: `${oauth.url}/revoke` },
              ...{ client: 'isthmus', scope: 'mail' },
            },
          },
        ],
      },
    }),
    /** Resolves with whether it knows the order. */
    async order(name: string, rest: string, rawOf: (mail: string) => string): Promise<boolean> {
      await orders[name]?.(rest, rawOf);
      return name in orders;
    },
    async [Symbol.asyncDispose]() {
      await oauth[Symbol.asyncDispose]();
      await imap[Symbol.asyncDispose]();
    },
  };
}
