import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { inbox } from '#src/process/cli/demo/inbox.ts';
import { PATIENCE } from '../patience.ts';
import { rootOf } from './unpacked.ts';

const SCRIPT = join(import.meta.dirname, 'matrix_nio.py');

/** What happens in a room, decrypted where it was encrypted, or that somebody invites. */
export type NioEvent = {
  readonly event: 'event' | 'invited' | 'undecrypted';
  readonly room: string;
  readonly id?: string;
  readonly sender?: string;
  readonly type?: string;
  readonly content?: Readonly<Record<string, unknown>>;
  readonly encrypted?: boolean;
};

type NioAnswer =
  | { readonly event: 'online'; readonly user: string; readonly device: string }
  | { readonly event: 'done'; readonly id: number; readonly answer: string | null }
  | { readonly event: 'refused'; readonly id: number; readonly text: string }
  | { readonly event: 'failed'; readonly text: string };

/** A matrix-nio client in a process of its own, with encryption. Disposing of it ends it. */
export interface NioClient extends AsyncDisposable {
  readonly user: string;
  readonly device: string;
  /** Calls a method of the client in `matrix_nio.py`: `create`, `join`, `send`, `typing`, `redact`, `leave`. */
  do(what: string, ...args: readonly string[]): Promise<string | null>;
  /** The first event, queued or to come, for which `matches` is true; rejects after its patience with what came instead. */
  next(matches: (event: NioEvent) => boolean, what: string): Promise<NioEvent>;
}

export type NioOptions = {
  readonly url: string;
  readonly user: string;
  readonly password: string;
  /** Has each event instead of `next`. */
  readonly heard?: (event: NioEvent) => void;
  /** The longest that a method of it takes, in ms: as every test if left out. */
  readonly patience?: number;
};

export async function nioClient({ url, user, password, ...options }: NioOptions): Promise<NioClient> {
  const child = spawn(join(rootOf('synapse'), 'bin', 'python'), [SCRIPT, url, user, password], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const closed = once(child, 'close');
  const events = inbox<NioEvent>((event) => JSON.stringify(event), PATIENCE);
  const answers = inbox<NioAnswer>((told) => JSON.stringify(told), options.patience ?? PATIENCE);
  const heard = options.heard ?? events.put;
  createInterface({ input: child.stdout }).on('line', (line) => {
    const told = JSON.parse(line) as NioAnswer | NioEvent;
    if ('room' in told) heard(told);
    else answers.put(told);
  });
  child.once('close', () => {
    events.close('matrix-nio has ended');
    answers.close('matrix-nio has ended');
  });
  const login = await answers.next(({ event }) => event === 'online' || event === 'failed', 'the login of matrix-nio');
  if (login.event !== 'online') throw new Error(`matrix-nio could not log in: ${JSON.stringify(login)}`);
  let ids = 0;
  return {
    user: login.user,
    device: login.device,
    async do(what, ...args) {
      const id = ++ids;
      child.stdin.write(`${JSON.stringify({ id, do: what, with: args })}\n`);
      const told = await answers.next((one) => 'id' in one && one.id === id, `the end of ${what}`);
      if (told.event === 'refused') throw new Error(`${what}: ${told.text}`);
      return told.event === 'done' ? told.answer : null;
    },
    next: events.next,
    async [Symbol.asyncDispose]() {
      child.stdin.end();
      await closed;
    },
  };
}
