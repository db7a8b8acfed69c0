import { openOwnClients, submitted } from '../../clients.ts';
import type { NetworkParts } from '../../network.ts';
import { between, oneOf } from '../../random.ts';
import { MAILBOXES, type MailLoad, openMailLoad } from '../load.ts';
import { DOMAIN, mailboxOf, OWNERS, PASSWORD, PEERS } from '../names.ts';
import type { TakenMail } from '../smarthost.ts';
import { type Mailboxes, wishes } from './mailboxes.ts';

/** Ms between two mails that users write in another program. */
const ELSEWHERE = 700;
const NODE = 'realm-register';

/** Users who have each linked a mailbox of their own, and people who write to them there. */
export type OwnMailLoad = MailLoad & {
  /** Links the mailboxes, and says how they are to be read. */
  register(): Promise<void>;
};

/** Begins when it is told to. `taken` is what the server has that takes mails. */
export function openOwnMailLoad(
  parts: NetworkParts & { readonly taken: () => readonly TakenMail[] },
  mailboxes: Mailboxes,
): OwnMailLoad {
  const { ledger, random } = parts;
  const clients = openOwnClients(DOMAIN);
  const load = openMailLoad({ ...parts, addressOf: mailboxOf, clients }, mailboxes);
  const others = mailboxes.all.filter(({ owner }) => wishes[owner as keyof typeof wishes].elsewhere === 'true');
  let timer: NodeJS.Timeout | undefined;

  /** A user writes to somebody in another program, which keeps it among what was sent. */
  function elsewhere(): void {
    const { owner, put } = oneOf(random, others);
    const to = oneOf(random, MAILBOXES);
    const lane = `${owner}@elsewhere ${to}`;
    const number = ledger.tell(lane);
    const head = [
      `From: ${mailboxOf(owner)}`,
      `To: <${to}@${PEERS}>`,
      `Message-ID: <${owner}.${to}.${number}@elsewhere.example>`,
      'Subject: Mantua',
    ];
    put([...head, '', `${lane} ${number}`, ''].join('\r\n'), 'Sent');
  }

  /** XEP-0050, from stage to stage. */
  async function link(owner: string): Promise<void> {
    const stages = [
      { login: 'Your own mailbox, with a password' },
      { address: mailboxOf(owner) },
      { user: mailboxOf(owner), password: PASSWORD },
    ];
    const said = (attributes: string, form = ''): string =>
      `<command xmlns='http://jabber.org/protocol/commands' node='${NODE}' ${attributes}>${form}</command>`;
    let answer = await clients.ask(owner, said(''));
    for (const stage of stages) {
      const session = String(answer.getChild('command')?.attrs.sessionid);
      answer = await clients.ask(owner, said(`sessionid='${session}' action='next'`, submitted(stage)));
    }
    if (answer.getChild('command')?.attrs.status !== 'completed') throw new Error(`not linked: ${answer}`);
    const wanted = submitted({ FORM_TYPE: 'jabber:iq:register', ...wishes[owner as keyof typeof wishes] });
    await clients.ask(owner, `<query xmlns='jabber:iq:register'>${wanted}</query>`);
  }

  return {
    ...load,
    attach(connection) {
      clients.attach(connection);
      load.attach(connection);
    },
    async register() {
      await Promise.all(OWNERS.map(link));
    },
    begin() {
      load.begin();
      timer ??= setInterval(() => between(random, 0, 1) === 0 && elsewhere(), ELSEWHERE);
    },
    end() {
      load.end();
      clearInterval(timer);
      timer = undefined;
    },
  };
}
