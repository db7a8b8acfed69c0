import { once } from 'node:events';
import { Agent, createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { between, type Random } from '../../random.ts';

/** What stands between the gateway and a homeserver that is well: it carries all, and sees what is done before the gateway knows. */
export type SynapseProxy = AsyncDisposable & {
  readonly url: string;
  /** Answers to what changes something are kept from the gateway now and then, although the work is done. */
  unclear: boolean;
  /** Nothing gets through. */
  away: boolean;
  /** Runs when the homeserver has an event, has told what is new, or has taken or given keys, before the answer goes on. */
  onTaken: (() => void) | undefined;
  onTold: (() => void) | undefined;
  onKeys: (() => void) | undefined;
  /** Messages that the homeserver has from the gateway, by their event ids. */
  readonly sent: ReadonlyMap<string, Sent>;
  readonly figures: ProxyFigures;
};

/** The id of the transaction is the gateway's. */
export type Sent = { readonly room: string; readonly type: string; readonly transaction: string };

export type ProxyFigures = { calls: number; syncs: number; keys: number; kept: number; refused: number };

/** While it is unclear, one answer in so many is kept. */
const KEPT = 3;

const SEND = /^\/_matrix\/client\/v3\/rooms\/([^/]+)\/send\/([^/]+)\/([^/?]+)/;
const KEYS = /^\/_matrix\/client\/v3\/(?:keys\/(?:upload|claim)|sendToDevice)/;
const SYNC = /^\/_matrix\/client\/v3\/sync/;

type Answer = { readonly status: number; readonly headers: IncomingMessage['headers']; readonly body: Buffer };

/** Opens one before the homeserver at that URL. */
export async function openProxy(target: string, random: Random): Promise<SynapseProxy> {
  const sent = new Map<string, Sent>();
  const figures: ProxyFigures = { calls: 0, syncs: 0, keys: 0, kept: 0, refused: 0 };
  const agent = new Agent({ keepAlive: true });
  const server = createServer((call, answer) => {
    carry(call, answer).catch(() => answer.destroy());
  });

  async function carry(call: IncomingMessage, answer: ServerResponse): Promise<void> {
    figures.calls++;
    const body = await bytesOf(call);
    if (proxy.away) {
      figures.refused++;
      return void answer.destroy();
    }
    const { url = '', method = '' } = call;
    const isSync = SYNC.test(url);
    const gone = new AbortController();
    // What changes something is done, whoever waits for the answer.
    if (isSync) answer.once('close', () => gone.abort());
    const told = await ask({ call, body, signal: gone.signal });
    note(url, told);
    const changes = method !== 'GET' && !url.includes('/login');
    if (proxy.away || (changes && proxy.unclear && between(random, 1, KEPT) === 1)) {
      figures.kept++;
      return void answer.destroy();
    }
    answer.writeHead(told.status, told.headers).end(told.body);
  }

  async function ask({
    call,
    body,
    signal,
  }: {
    call: IncomingMessage;
    body: Buffer;
    signal: AbortSignal;
  }): Promise<Answer> {
    const { method, headers } = call;
    const { connection: _, 'transfer-encoding': __, ...kept } = headers;
    const asked = request(new URL(call.url ?? '', target), {
      ...{ agent, method, signal },
      headers: { ...kept, 'content-length': String(body.length) },
    });
    asked.end(body);
    const [answer] = (await once(asked, 'response')) as [IncomingMessage];
    const { connection, 'transfer-encoding': chunked, ...told } = answer.headers;
    return { status: answer.statusCode ?? 502, headers: told, body: await bytesOf(answer) };
  }

  function note(url: string, { status, body }: Answer): void {
    if (status !== 200) return;
    const [, room, type, transaction] = SEND.exec(url) ?? [];
    if (transaction !== undefined) {
      const { event_id: id } = JSON.parse(body.toString()) as { event_id: string };
      if (type === 'm.room.message' || type === 'm.room.encrypted')
        sent.set(id, { room: decodeURIComponent(room ?? ''), type, transaction: decodeURIComponent(transaction) });
      proxy.onTaken?.();
    } else if (SYNC.test(url)) {
      figures.syncs++;
      proxy.onTold?.();
    } else if (KEYS.test(url)) {
      figures.keys++;
      proxy.onKeys?.();
    }
  }

  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const proxy: SynapseProxy = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    unclear: false,
    away: false,
    ...{ onTaken: undefined, onTold: undefined, onKeys: undefined },
    ...{ sent, figures },
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
      agent.destroy();
    },
  };
  return proxy;
}

async function bytesOf(message: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
