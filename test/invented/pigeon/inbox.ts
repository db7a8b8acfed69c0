import type { Host, StateWrite } from '#src/bridge.ts';
import { Failure } from '#src/model/failure.ts';
import type { AccountKey } from '#src/model/ids.ts';
import type { Answer, FromLoft, Post } from './wire.ts';

/** Events that may be ahead of one that has not come. */
const AHEAD = 100;

type Numbered = Extract<FromLoft, { n: number }>;
type Parts = {
  readonly host: Pick<Host, 'state'>;
  readonly account: AccountKey;
  /** Hands a post on; `writes` commit with it. */
  tell(post: Post, writes: readonly StateWrite[]): void | Promise<void>;
  /** Whether that may wait for what goes out, of which the answer stands behind the post on the line. */
  waits(post: Post): boolean;
  /** Whether such an answer may come before it. */
  yields(post: Post): boolean;
  ack(n: number): void;
  /** A post behind which the line was read on could not be handed on. */
  broken(error: unknown): void;
};

/** The numbered events of one line, put in order, each handed on once and acknowledged when that is durable. */
export type Inbox = {
  /** From where the loft goes on, and from where we do. */
  begin(login: Pick<Answer, 'epoch' | 'from' | 'name'>): Promise<void>;
  /** Resolves when the line may be read on. Throws a `Failure` when too much is missing. */
  take(event: Numbered): void | Promise<void>;
};

export function openInbox({ host, account, tell, waits, yields, ack, broken }: Parts): Inbox {
  const ahead = new Map<number, Post>();
  // A guest is somebody else than who has logged in, though both are of one account.
  let key = 'read';
  let epoch = '';
  let read = 0;
  /** The post that is being handed on, whether the line is read on behind it, and when all is done that can be. */
  let current = 0;
  let beside = false;
  let going: Promise<void> | undefined;

  const after = (n: number): void => {
    read = n;
    ack(n);
  };

  function next(): void | Promise<void> {
    const n = read + 1;
    const post = ahead.get(n);
    if (!post) {
      going = undefined;
      return;
    }
    ahead.delete(n);
    current = n;
    beside = waits(post);
    const work = tell(post, [{ account, key, value: `${epoch} ${n}` }]);
    if (work) return work.then(() => after(n)).then(next);
    after(n);
    return next();
  }

  function begin(): void {
    const work = next();
    if (!work) return;
    going = work;
    work.catch(broken);
  }

  return {
    async begin(login) {
      epoch = login.epoch ?? '';
      key = `read ${login.name ?? ''}`;
      const [era, n] = ((await host.state.get({ account, key })) ?? '').split(' ');
      read = Math.max((login.from ?? 1) - 1, era === epoch ? Number(n) : 0);
    },
    take({ n, post }) {
      // A repeat: its acknowledgement was lost.
      if (n <= read) return ack(read);
      if (going && n <= current) return;
      ahead.set(n, post);
      if (ahead.size > AHEAD) throw new Failure('remote-server-timeout', { text: 'The loft has left out an event.' });
      if (!going) begin();
      return beside && ahead.size < AHEAD && [...ahead.values()].every(yields) ? undefined : going;
    },
  };
}
