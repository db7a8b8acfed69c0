import { expect, test } from 'vitest';
import { rawComponent } from './component.ts';
import { FAR, startFederation } from './federation.ts';
import { describeReal, xml, xmppClient } from './servers.ts';
import type { Element } from './xmpp.ts';
import { xmppServerKinds, xmppServerNames } from './xmpp-servers.ts';

const IRC = 'irc.localhost';
const ADDRESSES = { from: `romeo@${IRC}`, to: `juliet@${FAR}` };
const UNREACHABLE = 'cancel remote-server-not-found';

/** The type and the condition of an error (RFC 6120 §8.3.2). */
function conditionOf(stanza: Element): string {
  const error = stanza.getChild('error');
  return `${error?.attrs.type} ${error?.getChildElements()[0]?.name}`;
}

for (const far of xmppServerNames) {
  describeReal(`${far} as the server of users far away`, xmppServerKinds[far].needs, () => {
    test('what befalls it reaches a component as errors', async () => {
      await using servers = await startFederation({
        far,
        domains: { [IRC]: 'secret' },
        users: {},
        farUsers: { juliet: 'pw' },
      });
      await using irc = await rawComponent({ port: servers.home.ports.component, secret: 'secret', domain: IRC });
      let lines = 0;
      const write = async (): Promise<string> => {
        const id = `line-${++lines}`;
        await irc.send(xml('message', { ...ADDRESSES, type: 'chat', id }, xml('body', {}, id)));
        return id;
      };
      const arrives = async (): Promise<void> => {
        await using juliet = await xmppClient({
          port: servers.far.ports.c2s,
          domain: FAR,
          user: 'juliet',
          password: 'pw',
        });
        await juliet.send(xml('presence'));
        const id = await write();
        await juliet.next((one) => one.getChildText('body') === id, id);
      };
      const answer = async (): Promise<string> => {
        const id = await write();
        return conditionOf(await irc.next(({ attrs }) => attrs.type === 'error' && attrs.id === id, `the error ${id}`));
      };
      await arrives();
      await servers.far.kill();
      expect(await answer()).toBe(UNREACHABLE);
      await servers.far.restart();
      servers.far.freezeAndCut();
      expect(await answer()).toBe(UNREACHABLE);
      servers.far.thawAndMend();
      await servers.far.trust(false);
      expect(await answer()).toBe('wait remote-server-timeout');
      await servers.far.trust(true);
      await arrives();
      await servers.far.stop();
      expect(await answer()).toBe(UNREACHABLE);
    });
  });
}
