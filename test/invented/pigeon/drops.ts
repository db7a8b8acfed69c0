import { createInterface } from 'node:readline';
import type { Host } from '#src/bridge.ts';
import { Failure } from '#src/model/failure.ts';
import { accountKey, type BareJid, type ForeignId } from '#src/model/ids.ts';
import type { PigeonConfig } from './config.ts';

/** The longest letter that is dropped, in bytes. */
const MOST = 1000;

type Drop = { readonly from: string; readonly to: string; readonly id?: string; readonly text: string };

/**
 * Pigeons that come by themselves, without a line of ours: over HTTP as PUT drops/FROM/TO/ID with a text, and where the
 * operator listens for them as lines of FROM, TO and a text. Whoever brings one hears only once it is durable.
 */
export async function openDrops(config: PigeonConfig, host: Host): Promise<void> {
  async function take({ from, to, id, text }: Drop): Promise<void> {
    if (text === '') throw new Failure('bad-request', { text: 'There is nothing in it.' });
    const account = accountKey(to as BareJid, host.transport);
    const admission = await host.admits({ account, contact: from });
    // Whoever declined or blocked them is not told on.
    if (admission === 'declined' || admission === 'blocked') return;
    if (admission !== 'yes' && admission !== 'first') throw new Failure('item-not-found');
    const place = { kind: 'contact', account, id: from } as const;
    const ids = id === undefined ? {} : { ids: [id as ForeignId] };
    await host.emit([
      { ...ids, place, from: { kind: 'network', id: from, name: from }, kind: 'message', text, style: 'plain' },
    ]);
  }

  host.http.route({ method: 'PUT', path: '/drops/:from/:to/:id', maxBytes: MOST }, async (request, params) => {
    const { from = '', to = '', id = '' } = params;
    await take({ from, to, id, text: await request.text() });
    return Response.json({});
  });
  if (!config.landing) return;
  await host.listen(config.landing, (socket) => {
    createInterface(socket).on('line', (line) => {
      const [from = '', to = '', ...words] = line.split(' ');
      take({ from, to, text: words.join(' ') }).then(
        () => socket.write('taken\n'),
        (error: unknown) => socket.end(error instanceof Failure ? `no ${error.code}\n` : 'no\n'),
      );
    });
  });
}
