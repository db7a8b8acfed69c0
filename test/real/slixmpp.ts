import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { type Element, parse } from 'ltx';
import { inbox } from '#src/process/cli/demo/inbox.ts';
import { PATIENCE } from '../patience.ts';

/** What Debian's own interpreter has is Debian's packages. */
const PYTHON = '/usr/bin/python3';
const SCRIPT = fileURLToPath(new URL('./slixmpp_client.py', import.meta.url));

type Told =
  | { readonly event: 'online'; readonly jid: string }
  | { readonly event: 'stanza'; readonly xml: string }
  | { readonly event: 'done'; readonly id: number; readonly answer: unknown }
  | { readonly event: 'refused'; readonly id: number; readonly condition: string; readonly text: string }
  | { readonly event: 'failed' | 'closed' };

/** A slixmpp client in a process of its own. Disposing of it logs it out. */
export interface SlixmppClient extends AsyncDisposable {
  readonly jid: string;
  /** Calls a method of the client in `slixmpp_client.py`. Rejects with the condition where slixmpp raises an error. */
  do(what: string, ...args: readonly string[]): Promise<unknown>;
  /** The first stanza, queued or to come, for which `matches` is true; rejects after its patience with what came instead. */
  next(matches: (stanza: Element) => boolean, what: string): Promise<Element>;
}

export type SlixmppOptions = {
  readonly port: number;
  readonly user: string;
  readonly password: string;
  /** `localhost` when not given. */
  readonly domain?: string;
  /** Sees every stanza as it comes. */
  readonly heard?: (stanza: Element) => void;
};

/** Logs a user of a test server in, and sends presence. */
export async function slixmppClient(options: SlixmppOptions): Promise<SlixmppClient> {
  const { port, user, password, domain = 'localhost', heard } = options;
  const child = spawn(PYTHON, [SCRIPT, `${user}@${domain}/slixmpp`, password, String(port)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const closed = once(child, 'close');
  const stanzas = inbox<Element>((stanza) => stanza.toString(), PATIENCE);
  const answers = inbox<Told>((told) => JSON.stringify(told), PATIENCE);
  createInterface({ input: child.stdout }).on('line', (line) => {
    const told = JSON.parse(line) as Told;
    if (told.event !== 'stanza') return answers.put(told);
    const stanza = parse(told.xml);
    heard?.(stanza);
    stanzas.put(stanza);
  });
  child.once('close', () => {
    stanzas.close('slixmpp has ended');
    answers.close('slixmpp has ended');
  });
  const login = await answers.next(({ event }) => event !== 'done' && event !== 'refused', 'the login of slixmpp');
  if (login.event !== 'online') throw new Error(`slixmpp could not log in: ${JSON.stringify(login)}`);
  let ids = 0;
  return {
    jid: login.jid,
    async do(what, ...args) {
      const id = ++ids;
      child.stdin.write(`${JSON.stringify({ id, do: what, with: args })}\n`);
      const told = await answers.next((one) => 'id' in one && one.id === id, `the end of ${what}`);
      if (told.event !== 'refused') return told.event === 'done' ? told.answer : undefined;
      throw new Error(`${what}: ${told.condition}: ${told.text}`);
    },
    next: stanzas.next,
    async [Symbol.asyncDispose]() {
      child.stdin.end();
      await closed;
    },
  };
}
