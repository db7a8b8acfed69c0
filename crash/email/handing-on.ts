import { setTimeout as delay } from 'node:timers/promises';
import SMTPConnection from 'nodemailer/lib/smtp-connection';
import { between, type Random } from '../random.ts';

/** A mail that a server hands on to the gateway: its envelope and its text. */
export type HandedMail = { readonly from: string; readonly to: string; readonly raw: string };

/** The server that hands mail on: by LMTP, one after the other in a queue, each again until it has its 250. */
export type HandingOn = {
  add(queue: string, mail: HandedMail): void;
  /** Mails that have no 250 yet. */
  readonly open: number;
  /** Runs when the final dot of a mail has been sent off. */
  onSent: (() => void) | undefined;
  readonly figures: Readonly<Record<'taken' | 'again', number>>;
  end(): void;
};

/** Ms until a mail that was not taken is tried again. */
const AGAIN = 150;
/** One mail in so many is handed on once more after its 250, for the answer was lost on its way. */
const DOUBLED = 12;

export function openHandingOn(port: number, random: Random, violate: (sentence: string) => void): HandingOn {
  const queues = new Map<string, HandedMail[]>();
  const figures = { taken: 0, again: 0 };
  let open = 0;
  let ended = false;

  async function work(mails: HandedMail[]): Promise<void> {
    for (let mail = mails[0]; mail && !ended; mail = mails[0]) {
      const twice = between(random, 1, DOUBLED) === 1;
      if ((await handed(mail)) && !(twice && !(await handed(mail)))) {
        mails.shift();
        open--;
        figures.taken++;
      } else {
        figures.again++;
        await delay(AGAIN);
      }
    }
  }

  /** Whether it has its 250. */
  function handed({ from, to, raw }: HandedMail): Promise<boolean> {
    const connection = new SMTPConnection({
      host: '127.0.0.1',
      port,
      name: 'mx.peers.example',
      lmtp: true,
      ignoreTLS: true,
    });
    return new Promise<boolean>((done) => {
      connection.once('error', () => done(false));
      connection.once('end', () => done(false));
      connection.connect((refused) => {
        if (refused) return done(false);
        connection.send({ from, to: [to] }, raw, (error, info) => {
          // What LMTP says of a recipient behind the data is no error to this client.
          const wrong = error ?? info.rejectedErrors?.[0];
          const { responseCode = 0, message } = wrong ?? { message: '' };
          if (responseCode >= 500) violate(`a mail was answered ${message.slice(0, 200)}`);
          done(!wrong);
        });
        handing.onSent?.();
      });
    }).finally(() => connection.close());
  }

  const handing: HandingOn = {
    add(queue, mail) {
      open++;
      const mails = queues.get(queue) ?? [];
      queues.set(queue, mails);
      mails.push(mail);
      if (mails.length === 1) void work(mails);
    },
    get open() {
      return open;
    },
    onSent: undefined,
    figures,
    end() {
      ended = true;
    },
  };
  return handing;
}
