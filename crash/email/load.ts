import { setTimeout as delay } from 'node:timers/promises';
import { deliveryReport, type HeardMail, type MailServer, post } from '../../test/fakes/mail-server.ts';
import type { NetworkParts } from '../network.ts';
import type { PigeonLoad } from '../pigeon/load.ts';
import { between, oneOf } from '../random.ts';
import { USERS } from '../setting.ts';
import { numbered, openUsers } from '../users.ts';

export const DOMAIN = 'mail.example';
const NAMES = ['romeo', 'benvolio', 'juliet', 'nurse'];
const PEERS = ['mercutio', 'paris', 'tybalt'];
/** Where all peers are, and one whom the mail server refuses. */
const AT = 'peer.example';
export const NOBODY = `rosaline@${AT}`;
/** Milliseconds between two portions, and before a mail server tries again. */
const TICK = 20;
const AGAIN = 50;
/** One message in so many is written to nobody. */
const REFUSED = 25;
/** Peers stop to write when so many mails were not taken. */
const UNTAKEN = 60;

type Post = { readonly from: string; readonly to: string; readonly raw: string };

/** Users and people with mailboxes. Each mail is handed to the gateway until it says that it has it, as mail servers do. */
export function openMailLoad({
  server,
  lmtp,
  ledger,
  random,
  rate,
}: NetworkParts & { server: MailServer; lmtp: number }): PigeonLoad & Disposable {
  const users = openUsers({ domain: DOMAIN, ledger, random, other: () => undefined });
  const lanes = new Map<string, Promise<void>>();
  const reported = new Set<string>();
  let waiting = 0;
  let timer: NodeJS.Timeout | undefined;
  let portion = 0;
  let count = 0;
  let over = false;

  /** Behind what its sender has written before. */
  function handOn(lane: string, mail: Post): void {
    waiting += 1;
    const work = (lanes.get(lane) ?? Promise.resolve()).then(async () => {
      while (!over) {
        const [answer = ''] = await post(lmtp, { ...mail, to: [mail.to] }).catch(() => ['']);
        if (answer.startsWith('5')) ledger.violate(`a mail for ${mail.to} was answered: ${answer}`);
        if (/^[25]/.test(answer)) break;
        await delay(AGAIN);
      }
      waiting -= 1;
    });
    lanes.set(lane, work);
  }

  function tell(): void {
    const [by, to] = [oneOf(random, PEERS), oneOf(random, NAMES)];
    const lane = `${by} ${to}`;
    const raw = `From: ${by}@${AT}\r\nTo: ${to}=${USERS}@${DOMAIN}\r\nMessage-ID: <m${++count}@${AT}>\r\n\r\n${lane} ${ledger.tell(lane)}\r\n`;
    handOn(lane, { from: `${by}@${AT}`, to: `${to}=${USERS}@${DOMAIN}`, raw });
  }

  /** Each mail is reported as delivered, once. */
  function report({ from, to, header }: HeardMail): void {
    if (reported.has(from)) return;
    reported.add(from);
    const about = { token: from, to: to[0] ?? '', messageId: header('message-id') ?? '' };
    const raw = deliveryReport(about, { action: 'delivered', status: '2.0.0', diagnostic: '250 2.0.0 done' });
    handOn(from, { from: '', to: from, raw });
  }

  let seen = 0;
  function tick(): void {
    for (; seen < server.heard.length; seen += 1) report(server.heard[seen] as HeardMail);
    if (resting) return;
    portion += (rate * TICK) / 1000;
    for (; portion >= 1; portion -= 1) {
      if (waiting < UNTAKEN) tell();
      const to = between(random, 1, REFUSED) === 1 ? NOBODY : `${oneOf(random, PEERS)}@${AT}`;
      users.write(oneOf(random, NAMES), to.replace('@', '\\40'));
    }
  }

  let resting = false;
  return {
    attach: users.attach,
    register: async () => undefined,
    begin() {
      resting = false;
      timer ??= setInterval(tick, TICK);
    },
    /** What has arrived is still reported. */
    end() {
      users.rest();
      resting = true;
    },
    pour(many) {
      for (let told = 0; told < many; told += 1) tell();
    },
    after: users.after,
    online: () => true,
    figures: () => ({ mails: server.heard.length, copies: server.heard.length - distinct().length }),
    unacknowledged: () => waiting,
    progress: () => users.came + server.heard.length,
    // A mailbox knows a copy by its Message-ID; RELIABILITY: there are at most two.
    landed: () =>
      distinct().flatMap((mail) => {
        const message = numbered(mail.text);
        return message ? [{ ...message, tag: mail.parsed.subject ?? '' }] : [];
      }),
    [Symbol.dispose]() {
      over = true;
      clearInterval(timer);
    },
  };

  function distinct(): readonly HeardMail[] {
    const first = new Map<string, HeardMail>();
    const copies = new Map<string, number>();
    for (const mail of server.heard) {
      const id = mail.header('message-id') ?? '';
      copies.set(id, (copies.get(id) ?? 0) + 1);
      if (!first.has(id)) first.set(id, mail);
    }
    return [...first.values()];
  }
}
