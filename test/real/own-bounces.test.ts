import { expect, test } from 'vitest';
import { rawComponent } from './component.ts';
import { describeReal, xml } from './servers.ts';
import { startXmppServer, xmppServerKinds, xmppServerNames } from './xmpp-servers.ts';

const IRC = 'irc.localhost';

for (const name of xmppServerNames) {
  describeReal(`messages to users of our own server, ${name}`, xmppServerKinds[name].needs, () => {
    test('come back before what we say to ourselves behind them: that is the proof for them', async () => {
      await using xmpp = await startXmppServer(name, { domains: { [IRC]: 'secret' }, users: { alice: 'pw' } });
      await using irc = await rawComponent({ port: xmpp.ports.component, secret: 'secret', domain: IRC });
      for (let turn = 0; turn < 20; turn++) {
        const from = `romeo@${IRC}`;
        const message = { from, to: 'nobody@localhost', type: 'chat', id: `m${turn}` };
        await irc.send(xml('message', message, xml('body', {}, 'hello')));
        await irc.send(xml('message', { from: IRC, to: IRC, id: `proof${turn}` }));
        const first = await irc.next(({ name: kind }) => kind === 'message', `what came first in turn ${turn}`);
        expect([first.attrs.type, first.attrs.id]).toEqual(['error', `m${turn}`]);
        await irc.next(({ attrs }) => attrs.id === `proof${turn}`, `the proof of turn ${turn}`);
      }
    });
  });
}
