import { component } from '@xmpp/component';
import { inbox } from '#src/process/cli/demo/inbox.ts';
import { PATIENCE } from '../patience.ts';
import type { Element } from './xmpp.ts';

/** A component of nobody's making: its domain's stream and what comes over it. Disposing of it ends the stream. */
export interface RawComponent extends AsyncDisposable {
  send(stanza: Element): Promise<void>;
  /** The first stanza, queued or to come, for which `matches` is true; rejects after its patience with what came instead. */
  next(matches: (stanza: Element) => boolean, what: string): Promise<Element>;
  /** How many stanzas have come. */
  count(): number;
  /** Resolves when the stream has ended, by whomever. */
  readonly ended: Promise<void>;
}

/** Connects a domain to a server on 127.0.0.1 (XEP-0114). IQs that nobody handles get the error of the library. */
export async function rawComponent(options: { port: number; domain: string; secret: string }): Promise<RawComponent> {
  const { port, domain, secret } = options;
  const entity = component({ service: `xmpp://127.0.0.1:${port}`, domain, password: secret });
  entity.reconnect.stop();
  const stanzas = inbox<Element>((stanza) => stanza.toString(), PATIENCE);
  let count = 0;
  entity.on('stanza', (stanza: Element) => {
    count++;
    stanzas.put(stanza);
  });
  entity.on('error', (error: Error) => stanzas.close(`the stream failed: ${error.message}`));
  const ended = new Promise<void>((resolve) => entity.once('disconnect', () => resolve()));
  await entity.start();
  return {
    send: (stanza) => entity.write(stanza.toString()),
    next: stanzas.next,
    count: () => count,
    ended,
    [Symbol.asyncDispose]: async () => {
      await entity.stop();
    },
  };
}
