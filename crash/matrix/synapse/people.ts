import { type NioClient, type NioEvent, nioClient } from '../../../test/real/matrix-nio.ts';
import type { Ledger, Numbered } from '../../ledger.ts';
import { numbered } from '../../users.ts';

/** Somebody with a client of others, which is never killed. */
export type Person = AsyncDisposable & {
  readonly name: string;
  readonly user: string;
  readonly nio: NioClient;
  /** Says the next message of these lanes in a room, after all that they were to say before: one for each who reads it there. */
  say(room: string, text: string, lanes: readonly string[]): void;
  /** What they have not said yet. */
  readonly open: number;
  /** What they have read of others' messages, by the ids of events, in the order in which it came. */
  readonly read: ReadonlyMap<string, Read>;
  /** Resolves when somebody is in a room. */
  joined(room: string, user: string): Promise<void>;
};

export type Read = Numbered & { readonly id: string; readonly room: string; readonly sender: string };

export type PersonParts = {
  readonly url: string;
  readonly name: string;
  readonly password: string;
  readonly ledger: Ledger;
  /** Whether nobody may say anything in plain text there. */
  isEncrypted(room: string): boolean;
};

/** ms: a busy machine takes its time. */
const PATIENCE = 120_000;

/** Logs somebody in. */
export async function openPerson({ url, name, password, ledger, isEncrypted }: PersonParts): Promise<Person> {
  const read = new Map<string, Read>();
  const members = new Set<string>();
  const waiting = new Map<string, () => void>();
  let open = 0;
  let last: Promise<unknown> = Promise.resolve();

  function heard({ event, room, id = '', sender = '', type, content = {}, encrypted }: NioEvent): void {
    if (event === 'undecrypted') return ledger.violate(`${name} cannot read ${id}`);
    if (type === 'm.room.member') note(room, sender, content.membership === 'join');
    if (type !== 'm.room.message') return;
    if (isEncrypted(room) && encrypted !== true) ledger.violate(`${id} of ${sender} is in plain text`);
    const message = numbered(String(content.body));
    if (!message) return ledger.violate(`${sender} has said what nobody has written: ${JSON.stringify(content)}`);
    read.set(id, { ...message, id, room, sender });
  }

  /** Whoever joins says so of themselves. */
  function note(room: string, user: string, joins: boolean): void {
    const key = `${room} ${user}`;
    if (!joins) return void members.delete(key);
    members.add(key);
    waiting.get(key)?.();
  }

  const nio = await nioClient({ url, user: name, password, heard, patience: PATIENCE });
  return {
    name,
    user: nio.user,
    nio,
    say(room, text, lanes) {
      open++;
      last = last
        .then(async () => {
          const [number = 0] = lanes.map((lane) => ledger.tell(lane));
          await nio.do('send', room, JSON.stringify({ msgtype: 'm.text', body: `${text} ${number}` }));
        })
        .catch((error: unknown) => ledger.violate(`${name} could not say something: ${error}`))
        .finally(() => {
          open--;
        });
    },
    get open() {
      return open;
    },
    read,
    async joined(room, user) {
      const key = `${room} ${user}`;
      if (!members.has(key)) await new Promise<void>((done) => waiting.set(key, done));
    },
    [Symbol.asyncDispose]: () => nio[Symbol.asyncDispose](),
  };
}
