import { createHash, randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import type { ToLoft } from '../invented/pigeon/wire.ts';
import { DOMAIN, startPigeonWorld } from './pigeon-world.ts';
import { describeReal, xml } from './servers.ts';
import type { XmppClient } from './xmpp.ts';
import { xmppServerKinds } from './xmpp-servers.ts';

const MERCUTIO = `mercutio@${DOMAIN}`;

/** Puts a file on the upload service of the server, as clients do (XEP-0363 §5, §6), and gives its address. */
async function upload(alice: XmppClient, name: string, bytes: Uint8Array): Promise<string> {
  const wish = {
    xmlns: 'urn:xmpp:http:upload:0',
    filename: name,
    size: String(bytes.length),
    'content-type': 'image/png',
  };
  const answer = await alice.ask(xml('iq', { type: 'get', to: 'upload.localhost' }, xml('request', wish)));
  const slot = answer.getChild('slot');
  const put = slot?.getChild('put');
  const headers = (put?.getChildren('header') ?? []).map((one): [string, string] => [
    one.attrs.name ?? '',
    one.children.join(''),
  ]);
  const sent = await fetch(put?.attrs.url ?? '', {
    method: 'PUT',
    body: bytes as Uint8Array<ArrayBuffer>,
    headers: { ...Object.fromEntries(headers), 'Content-Type': 'image/png' },
  });
  expect(sent.status, String(answer)).toBe(201);
  return slot?.getChild('get')?.attrs.url ?? '';
}

for (const server of ['prosody', 'prosody13', 'ejabberd', 'ejabberd24'] as const)
  describeReal(`a file that a user of ${server} sends`, [...xmppServerKinds[server].needs], () => {
    test('is fetched from its upload service, and given to the network as it is there', async () => {
      await using world = await startPigeonWorld(server, { http: true, upload: true, more: { file_size: '1MB' } });
      const { alice, order } = world;
      await order({ person: 'mercutio' });
      const bytes = randomBytes(40_000);
      const url = await upload(alice, 'a rose.png', bytes);
      expect(new URL(url).host).toBe(world.uploads);
      await alice.send(
        xml('message', { to: MERCUTIO, type: 'chat', id: 'f1' }, [
          xml('body', {}, url),
          xml('x', { xmlns: 'jabber:x:oob' }, xml('url', {}, url)),
        ]),
      );
      const kept: Buffer[] = [];
      for (;;) {
        const said = JSON.parse(String(await order({ hear: 'alice' }))) as ToLoft;
        if ('do' in said && said.do === 'keep') kept.push(Buffer.from(said.data, 'base64'));
        if (!('letter' in said) || said.letter.type !== 'message') continue;
        const [file] = said.letter.files ?? [];
        expect(file).toMatchObject({ type: 'image/png', size: bytes.length });
        const { key = 0 } = file?.kept ?? {};
        const plain = Buffer.concat(kept).map((byte) => byte ^ key);
        expect(createHash('sha256').update(plain).digest('hex')).toBe(createHash('sha256').update(bytes).digest('hex'));
        break;
      }
      // One that is not there any more is told, and nothing is sent.
      const lost = url.replace(/[^/]+(?=\/[^/]+$)/, 'nothing');
      await alice.send(
        xml('message', { to: MERCUTIO, type: 'chat', id: 'f2' }, [
          xml('body', {}, lost),
          xml('x', { xmlns: 'jabber:x:oob' }, xml('url', {}, lost)),
        ]),
      );
      const refusal = await alice.next((one) => one.is('message') && one.attrs.id === 'f2', 'that the file is lost');
      expect(refusal.attrs.type).toBe('error');
      expect(refusal.getChild('error')?.getChildText('text')).toContain('not to be had');
    });
  });
