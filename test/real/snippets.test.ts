import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { grantOf } from '#src/xmpp/xep/privilege.ts';
import { rawComponent } from './component.ts';
import { describeReal, xml, xmppClient } from './servers.ts';
import { startXmppServer, type XmppServerName, xmppServerKinds, xmppServerNames } from './xmpp-servers.ts';

const HOST = 'example.org';
const IRC = 'irc.example.org';
const USERS = { alice: 'pw' };
const PUBSUB = 'http://jabber.org/protocol/pubsub';
const BLOCKING = 'urn:xmpp:blocking';

/** The pieces of configuration on a page, by their language, with a secret in the place of the dots. */
function snippets(page: string, language: 'lua' | 'yaml'): string[] {
  const text = readFileSync(new URL(`../../${page}`, import.meta.url), 'utf8');
  const found = [...text.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, 'gms'))].map(
    ([, inside = '']) => inside,
  );
  return found.filter((one) => one.includes(IRC)).map((one) => one.replaceAll('"..."', '"hush"'));
}

/** What is done with a piece, so that it is all that the server knows of components. */
function optionsOf(name: XmppServerName, snippet: string): object {
  if (name.startsWith('prosody'))
    return { hosts: snippet.includes('VirtualHost') ? snippet : `VirtualHost "${HOST}"\n${snippet}` };
  const settings = parse(snippet);
  // As the page says of earlier versions.
  if (name === 'ejabberd' && settings.modules) delete settings.modules.mod_privilege.iq;
  return { settings };
}

const sharing = (text: string): boolean => text.includes('privilege');

for (const name of xmppServerNames) {
  describeReal(`what the pages say of ${name}`, xmppServerKinds[name].needs, () => {
    const language = name.startsWith('prosody') ? 'lua' : 'yaml';
    for (const page of ['README.md', 'docs/operating.md'])
      test(`is a configuration with which a gateway comes online: ${page}`, async () => {
        const found = snippets(page, language);
        expect(found).toHaveLength(1);
        for (const snippet of found) {
          await using server = await startXmppServer(name, { host: HOST, users: USERS, ...optionsOf(name, snippet) });
          await using irc = await rawComponent({ port: server.ports.component, domain: IRC, secret: 'hush' });
          await using alice = await xmppClient({ port: server.ports.c2s, user: 'alice', password: 'pw', domain: HOST });
          await alice.send(xml('message', { to: IRC, id: 'm1' }, xml('body', {}, 'hello')));
          await irc.next((stanza) => stanza.attrs.id === 'm1', 'the message of alice');
          if (!sharing(snippet)) continue;
          await irc.send(xml('message', { from: IRC, to: IRC, id: 'barrier' }));
          const told = await irc.next((stanza) => grantOf(stanza as never) !== undefined, 'the rights');
          const grant = grantOf(told as never);
          expect(grant).toMatchObject({ messages: true, presence: true });
          expect([grant?.roster('get'), grant?.roster('set')]).toEqual([true, true]);
          const iqs = [grant?.iq(PUBSUB, 'set'), grant?.iq(PUBSUB, 'get'), grant?.iq(BLOCKING, 'get')];
          expect(iqs).toEqual(Array(3).fill(name !== 'ejabberd'));
        }
      });
  });
}
