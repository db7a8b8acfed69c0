import { bridge } from '#bridges/email/index.ts';
import { freePorts } from '#src/process/cli/demo/servers/ports.ts';
import {
  deliveryReport,
  displayedReport,
  type HeardMail,
  type MailFault,
  mailServer,
  post,
  vouched,
} from '../../fakes/mail-server.ts';
import { startNameServer } from '../../fakes/name-server.ts';
import type { OpenWire } from '../wire.ts';
import { OWN_ID, ownMailbox } from './own-mailbox.ts';

const DOMAIN = 'mail.example';
const BOB = 'bob@example.com';
const ROMEO = `romeo=a.example@${DOMAIN}`;

/**
 * The world of mail. `email(bob@example.com)< from Romeo romeo=a.example@mail.example, id ID, re ID, subject "S": TEXT` is the next mail
 * that goes to that mailbox, `re -` where it answers none; a line break is `\n`. What comes in is written in the same way, `to` in the place of
 * `from`, and all before the text may be left out; `times 900` is a long one; `header "NAME: VALUE"` is one more; `author "X <x@example.com>"` is its From in the place of the usual, with `'` for quotes, `date "D"` its Date; `id -` and `date "-"` are none; behind the text of what is heard stand its files, each with name, type and bytes. `email!` orders: see `orders`. `option: settings JSON`
 * are settings of the transport, `option: mailbox yes` has a mailbox of Romeo's own (`own-mailbox.ts`), `option: services JSON` are hosts and ports by the names of SRV records, `option: protocol smtp` is how mail comes in, if not by LMTP.
 */
export const openWire: OpenWire = async ({ settings = '{}', protocol = 'lmtp', mailbox, services = '{}' }) => {
  const own = mailbox === undefined ? undefined : await ownMailbox();
  const server = await mailServer(own ? { login: own.lets, secret: true } : {});
  const names = await startNameServer({}, JSON.parse(services));
  const [lmtp = 0] = await freePorts(1);
  const read = new Set<HeardMail>();
  let last: HeardMail | undefined;
  let count = 0;
  let now = Date.now;
  let web = '';

  const rawOf = (text: string, who = BOB, by?: string): { from: string; to: string[]; raw: string; smtp: boolean } => {
    const { to, rcpt, id, re, subject, sender, headers, cc, body, plain, author, date } = readMail(text);
    const content = headers.some((one) => /^content-type:/i.test(one))
      ? []
      : ['Content-Type: text/plain; charset=utf-8'];
    return {
      from: sender ?? who,
      to: (rcpt ?? to).split(' and '),
      smtp: protocol === 'smtp',
      raw: [
        ...(plain ? [] : [vouched(who, by)]),
        `From: ${author ?? `${nameOf(who)} <${who}>`}`,
        `To: ${to
          .split(' and ')
          .map((one) => `<${one}>`)
          .join(', ')}`,
        ...(cc === undefined ? [] : [`Cc: ${cc}`]),
        ...(date === '-' ? [] : [`Date: ${date ?? new Date(now()).toUTCString()}`]),
        ...(id === '-' ? [] : [`Message-ID: <${id ?? `m${++count}@example.com`}>`]),
        ...(re === undefined ? [] : [`In-Reply-To: <${re}>`]),
        ...(subject === undefined ? [] : [`Subject: ${subject}`]),
        'MIME-Version: 1.0',
        ...content,
        ...headers,
        '',
        body.replaceAll('\\n', '\r\n'),
      ].join('\r\n'),
    };
  };

  const unread = (who: string | undefined) =>
    server.heard.find((one) => !read.has(one) && (who === undefined || one.to.includes(who)));

  const given: Readonly<Record<string, (rest: string, who: string | undefined) => void | Promise<void>>> = {
    /** `fault rcpt 451 4.7.1 TEXT`, `fault drop`, `fault cut`: what the next mail out meets. */
    fault(rest) {
      const [at = '', code, ...text] = rest.split(' ');
      server.faults.push((code === undefined ? { at } : { at, code: Number(code), text: text.join(' ') }) as MailFault);
    },
    /** `met`: all that was to go wrong has, and who met it has gone. */
    async met() {
      await server.when(() => server.faults.length === 0 && server.open === 0);
    },
    /** `down rcpt 451 4.7.1 TEXT`: what every mail out meets there from now on, `down` alone: none any more. */
    down(rest) {
      const [at = '', code, ...text] = rest.split(' ');
      server.faults.length = 0;
      if (code !== undefined)
        server.faults.push({ at, code: Number(code), text: text.join(' '), stays: true } as MailFault);
    },
    /** `report failed 5.1.1 550 5.1.1 no such user`: how the last mail that was heard fared. */
    async report(rest) {
      const [action = '', status = '', ...diagnostic] = rest.split(' ');
      if (!last) throw new Error('no mail was heard');
      const about = { token: last.from, to: last.to[0] ?? '', messageId: last.header('message-id') ?? '' };
      const raw = deliveryReport(about, { action, status, diagnostic: diagnostic.join(' ') });
      expectTaken(await post(lmtp, { from: '', to: [last.from], raw }));
    },
    /** `displayed [PERSON]`: somebody's program tells that the last mail was shown, to where that asks for it (RFC 8098). */
    async displayed(rest) {
      const to = last?.header('disposition-notification-to')?.replace(/[<>]/g, '') ?? '';
      const raw = displayedReport(last?.header('message-id') ?? '', { from: rest || BOB, to });
      expectTaken(await post(lmtp, { from: '', to: [to], raw }));
    },
    /** `sender ADDRESS`: whom the envelope of the last mail names; `-` for nobody. */
    sender(rest) {
      if ((last?.from || '-') !== rest) throw new Error(`it is ${last?.from}`);
    },
    /** `dsn NOTIFY`: what is to be reported of the last mail. */
    dsn(rest) {
      if (last?.dsn.notify !== rest) throw new Error(`it is ${last?.dsn.notify}`);
    },
    /** `forged 250 [ADDRESS]`: what a report is answered that says that the last mail failed, of somebody who knows its Message-ID alone. */
    async forged(rest) {
      if (!last) throw new Error('no mail was heard');
      const [code = '', given] = rest.split(' ');
      const messageId = last.header('message-id') ?? '';
      const token = given ?? `b.${messageId.replace(/[<>]/g, '')}`;
      const about = { token, to: last.to[0] ?? '', messageId };
      const raw = deliveryReport(about, { action: 'failed', status: '5.1.1', diagnostic: '550 5.1.1 unknown user' });
      const [answer = ''] = await post(lmtp, { from: '', to: [token], raw });
      if (!answer.startsWith(code)) throw new Error(`the report was answered: ${answer}`);
    },
    /** `refused 550,550 MAIL`: a mail is answered so for its recipients, at RCPT or after its text. */
    async refused(rest, who) {
      const [codes = '', ...text] = rest.split(' ');
      const answers = await post(lmtp, rawOf(text.join(' '), who));
      const wrong = codes.split(',').some((code, at) => !answers[at]?.startsWith(code));
      if (wrong) throw new Error(`the mail was answered: ${answers.join(', ')}`);
    },
    /** `answer 250 TEXT`: what a mail to the address of the last mail alone, which is its envelope's sender, is answered. */
    async answer(rest, who) {
      const [, code = '', text = ''] = /^(\d+) (.*)$/.exec(rest) ?? [];
      const [answer = ''] = await post(lmtp, { ...rawOf(text, who), to: [last?.from ?? ''] });
      if (!answer.startsWith(code)) throw new Error(`the mail was answered: ${answer}`);
    },
    /** `header NAME`: what the last mail that was heard has there, as `header NAME: VALUE` wants it; `{sender}` is who its envelope names. */
    header(rest) {
      const [, name = '', wanted = ''] = /^([^:]+): ?(.*)$/.exec(rest) ?? [];
      const found = last?.header(name) ?? '-';
      if (!fits(wanted.replace('{sender}', last?.from ?? ''), found)) throw new Error(`${name} is ${found}`);
    },
    /** `below TEXT`: what stands below the text of the last mail. */
    below(rest) {
      const found = (last?.below ?? '').replaceAll('\n', '\\n') || '-';
      if (found !== rest) throw new Error(`below stands: ${found}`);
    },
    /** `unsubscribe POST 200 [forged]`: what the link of the last mail answers to that, or one that differs in its last letter. */
    async unsubscribe(rest) {
      const [method = '', code, forged] = rest.split(' ');
      const link = new URL((last?.header('list-unsubscribe') ?? '').replace(/[<>]/g, ''));
      const body = method === 'POST' ? { body: 'List-Unsubscribe=One-Click' } : {};
      const path = forged ? link.pathname.replace(/.$/, (last) => (last === 'a' ? 'b' : 'a')) : link.pathname;
      const { status } = await fetch(`http://${web}${path}`, { method, ...body });
      if (status !== Number(code)) throw new Error(`it answers ${status}`);
    },
    /** `part TYPE TEXT`: a part of that type, which the last mail has beside its texts; a line break is `\\n`, and `*` is anything. */
    part(rest) {
      const [type = '', ...text] = rest.split(' ');
      const found = last?.parsed.attachments.find((one) => one.mimeType === type);
      const content =
        found &&
        new TextDecoder()
          .decode(found.content as ArrayBuffer)
          .trim()
          .replaceAll(/\r?\n/g, '\\n');
      if (!fits(text.join(' '), content ?? '-')) throw new Error(`the part is ${content}`);
    },
    /** `fetch URL 200 attachment: TEXT`: what our address answers, as what it is served, and what it holds; nothing in it can run. */
    async fetch(rest) {
      const [, url = '', code, disposition = '', wanted = ''] = /^(\S+) (\d+) ?(\w*)(?:: (.*))?$/.exec(rest) ?? [];
      const answer = await fetch(`http://${web}${new URL(url).pathname}`);
      const text = await answer.text();
      if (answer.status !== Number(code)) throw new Error(`it answers ${answer.status}`);
      const { headers } = answer;
      const policy = headers.get('content-security-policy') ?? '';
      const isSafe = headers.get('x-content-type-options') === 'nosniff' && policy.includes('sandbox');
      if (disposition !== '' && !(isSafe && headers.get('content-disposition')?.startsWith(disposition)))
        throw new Error(`it is served with ${JSON.stringify([...headers])}`);
      if (!text.includes(wanted)) throw new Error(`it holds ${text}`);
    },
    /** `given pw in secret, pw`: every password and token that the server was given, `-` for none. */
    given(rest) {
      if ((server.tried.join(', ') || '-') !== rest) throw new Error(`it was given: ${server.tried.join(', ')}`);
    },
    /** `answers 2.0.0 OK TEXT`: what the server says of mails that it takes. */
    answers(rest) {
      server.taken = rest;
    },
    /** `by USER`: who has handed in the last mail; nobody where the gateway itself has. */
    by(rest) {
      if ((last?.user ?? '-') !== rest) throw new Error(`it was handed in by ${last?.user}`);
    },
    /** `html TEXT`: the HTML of the last mail has this in it. */
    html(rest) {
      if (!last?.parsed.html?.includes(rest)) throw new Error(`the HTML is ${last?.parsed.html}`);
    },
  };

  return {
    name: 'email',
    domain: DOMAIN,
    definition: bridge,
    settings: {
      domain: DOMAIN,
      outgoing: { host: '127.0.0.1', port: server.port, tls: 'off' },
      incoming: { [protocol]: `127.0.0.1:${lmtp}` },
      authserv: ['mx.example'],
      dns: `127.0.0.1:${names.port}`,
      ...own?.settings(server.port),
      ...JSON.parse(settings),
    },
    served(address) {
      web = address;
    },
    time(given) {
      now = given;
    },
    async say(text, who) {
      expectTaken(await post(lmtp, rawOf(text, who)));
    },
    async hear(who) {
      const mail = await server.when(() => unread(who));
      read.add(mail);
      last = mail;
      const { from } = mail.parsed;
      const id = (value = '-') => value.replace(/[<>]/g, '');
      return (
        `from ${from?.name} ${from?.address}, id ${id(mail.header('message-id'))}, re ${id(mail.header('in-reply-to'))}, ` +
        `subject "${mail.parsed.subject}": ${mail.text.replaceAll('\n', '\\n')}` +
        mail.parsed.attachments.map((one) => ` + ${one.filename} ${one.mimeType} ${sizeOf(one.content)}`).join('')
      );
    },
    async order(text, who) {
      const [, name = '', rest = ''] = /^(\S+) ?(.*)$/.exec(text) ?? [];
      if (own && (await own.order(name, rest, (mail) => rawOf(mail, who, OWN_ID).raw))) return;
      const order = given[name];
      if (!order) throw new Error(`email knows no order ${name}`);
      await order(rest, who);
    },
    sync: async () => undefined,
    unheard: async () => server.heard.filter((one) => !read.has(one)).map(({ to, text }) => `${to.join()}: ${text}`),
    async [Symbol.asyncDispose]() {
      await own?.[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
      await names[Symbol.asyncDispose]();
    },
  };
};

type Written = {
  readonly to: string;
  readonly id?: string;
  readonly re?: string;
  readonly subject?: string;
  /** Of the envelope, where that is another; `null` is the null sender. */
  readonly sender?: string;
  readonly cc?: string;
  /** What stands in From and Date, where that is not the usual; no Date where it is `-`. */
  readonly author?: string;
  readonly date?: string;
  /** Of the envelope, where that is another. */
  readonly rcpt?: string;
  readonly headers: readonly string[];
  /** Nobody vouches for the sender. */
  readonly plain: boolean;
  readonly body: string;
};

const PART =
  /^(to (?:\S+(?: and )?)+?|id \S+?|re \S+?|sender \S+?|rcpt \S+?|times \d+|plain|author "[^"]*"|date "[^"]*"|subject "[^"]*"|cc "[^"]*"|header "[^"]*")(, |: )/;

/** Reads a mail as conversations write it. */
function readMail(text: string): Written {
  const parts: { word: string; value: string }[] = [];
  let rest = text;
  for (let found = PART.exec(rest); found; found = PART.exec(rest)) {
    const [, word = '', value = ''] = /^(\S+) ?(.*)$/.exec(found[1] ?? '') ?? [];
    parts.push({ word, value: value.replace(/^"|"$/g, '') });
    rest = rest.slice(found[0].length);
    if (found[2] === ': ') break;
  }
  const one = (word: string) => parts.find((part) => part.word === word)?.value;
  const [id, re, subject, sender, cc, rcpt, times = '1'] = ['id', 're', 'subject', 'sender', 'cc', 'rcpt', 'times'].map(
    one,
  );
  const [author, date] = ['author', 'date'].map(one);
  return {
    to: one('to') ?? ROMEO,
    ...(id !== undefined && { id }),
    ...(re !== undefined && { re }),
    ...(subject !== undefined && { subject }),
    ...(sender !== undefined && { sender: sender === 'null' ? '' : sender }),
    ...(cc !== undefined && { cc }),
    ...(author !== undefined && { author: author.replaceAll("'", '"') }),
    ...(date !== undefined && { date }),
    ...(rcpt !== undefined && { rcpt }),
    headers: parts.filter(({ word }) => word === 'header').map(({ value }) => value),
    plain: parts.some(({ word }) => word === 'plain'),
    body: (parts.length > 0 ? rest : text).repeat(Number(times)),
  };
}

/** Whether a text is what is wanted of it, where `*` is anything. */
const fits = (wanted: string, text: string): boolean =>
  new RegExp(`^${wanted.split('*').map(RegExp.escape).join('.*')}$`, 's').test(text);

const sizeOf = (content: ArrayBuffer | Uint8Array | string): number =>
  typeof content === 'string' ? content.length : content.byteLength;

const nameOf = (address: string): string => address.charAt(0).toUpperCase() + address.slice(1).replace(/@.*$/, '');

function expectTaken(answers: readonly string[]): void {
  for (const answer of answers) if (!answer.startsWith('250')) throw new Error(`the mail was answered: ${answer}`);
}
