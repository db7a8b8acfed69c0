import { expect, it } from 'vitest';
import { openLog } from '#src/lib/log.ts';
import type { BareJid } from '#src/model/ids.ts';
import { openPrivileges } from '#src/xmpp/peers/privileges.ts';
import { openUploadServices } from '#src/xmpp/peers/upload-services.ts';
import type { Ask } from '#src/xmpp/stream/requests.ts';
import { stanza } from '../invented.ts';

it('asks the services of a server together, and not more than so many', async () => {
  const asked: string[] = [];
  const items = ['silent', 'upload', ...Array.from({ length: 1000 }, (_, number) => `room${number}`)];
  const link = {
    request: ({ to, payload }: Ask) => {
      asked.push(to);
      const kind = payload.text.includes('#items') ? 'items' : 'info';
      if (to === 'silent') return Promise.reject(new Error('nobody answered in time'));
      const query =
        kind === 'items'
          ? items.map((jid) => `<item jid='${jid}'/>`).join('')
          : to === 'upload'
            ? `<feature var='urn:xmpp:http:upload:0'/>`
            : '';
      const slot = `<slot xmlns='urn:xmpp:http:upload:0'><put url='https://u.example/p'/><get url='https://u.example/g'/></slot>`;
      const answer = payload.text.includes('<request')
        ? slot
        : `<query xmlns='http://jabber.org/protocol/disco#${kind}'>${query}</query>`;
      return Promise.resolve(stanza(`<iq type='result'>${answer}</iq>`));
    },
  };
  const links = new Map([['irc.example', link]]);
  const uploads = openUploadServices({
    links,
    privileges: openPrivileges(links),
    log: openLog('silent'),
    now: () => 0,
  });
  const who = { user: 'romeo@a.example' as BareJid, transport: 'irc.example' };
  const slot = await uploads.slot(who, { name: 'a', type: 'image/png', size: 1 });
  expect(slot?.get).toBe('https://u.example/g');
  expect(asked.length).toBeLessThan(60);
});
