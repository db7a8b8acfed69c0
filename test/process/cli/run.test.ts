import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { startXmppServer } from '../../fakes/xmpp-server.ts';
import { folder, isthmus } from './isthmus.ts';

/** A port of this machine behind which nobody answers: connections are closed at once. */
async function deaf(): Promise<AsyncDisposable & { readonly port: number }> {
  const server = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      server.close();
      await once(server, 'close');
    },
  };
}

const text = (dir: string, xmppPort: number, httpPort: number) => `
xmpp: { port: ${xmppPort} }
http: { listen: 127.0.0.1:${httpPort}, public_url: https://gw.example.org }
media: { dir: '${dir}/media' }
admin: { listen: 127.0.0.1:0, token: hush }
store: 'sqlite:${dir}/store.db'
key: { file: '${dir}/isthmus.key' }
transports: { irc.example.org: { bridge: irc, secret: x, servers: { irc.example.net: {} } } }
`;

type Started = { listening: { http: string; admin: string } };

describe('isthmus run', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)(
    'answers its listeners and ends with 0 after %s, with no XMPP server',
    async (signal) => {
      using temporary = folder();
      await using server = await deaf();
      const file = temporary.file('c.yaml', text(temporary.path, server.port, 0));
      await using running = isthmus(['run', '--config', file]);
      const { listening }: Started = JSON.parse(await running.line(/"msg":"started"/));
      expect((await fetch(`http://${listening.http}/healthz`)).status).toBe(200);
      expect((await fetch(`http://${listening.http}/media/x/y`)).status).toBe(404);
      const ready = await fetch(`http://${listening.admin}/readyz`);
      expect([ready.status, await ready.json()]).toMatchObject([
        503,
        { ready: false, transports: { 'irc.example.org': expect.anything() } },
      ]);
      const metrics = await fetch(`http://${listening.admin}/metrics`, { headers: { Authorization: 'Bearer hush' } });
      expect(await metrics.text()).toContain('isthmus_bugs_total 0');
      running.child.kill(signal);
      const { code, out, err } = await running.ended;
      expect([code, err]).toEqual([0, '']);
      expect(
        out
          .trimEnd()
          .split('\n')
          .map((line) => JSON.parse(line).msg)
          .at(-1),
      ).toBe('stopped');
    },
  );

  it('ends with 0 when an admin stops it by a command, which says what is in the queue', async () => {
    using temporary = folder();
    const server = await startXmppServer();
    const file = temporary.file(
      'c.yaml',
      `${text(temporary.path, server.port, 0).replace('secret: x', `secret: ${server.secret}`)}
admins: [friar@a.example]
access: { register: [a.example] }
`,
    );
    await using running = isthmus(['run', '--config', file]);
    const xmpp = await server.connection('irc.example.org');
    const node = "node='http://jabber.org/protocol/admin#shutdown'";
    const command = (id: string, more: string) =>
      xmpp.send(
        `<iq type='set' id='${id}' from='friar@a.example/cell' to='irc.example.org'><command xmlns='http://jabber.org/protocol/commands' ${node} ${more}</command></iq>`,
      );
    command('s1', '>');
    const form = (await xmpp.next()).getChild('command');
    expect(form?.getChild('x')?.getChildText('instructions')).toMatch(
      /^0 messages wait in the queue, .* next start\.$/,
    );
    const x = "<x xmlns='jabber:x:data' type='submit'><field var='delay'><value>0</value></field></x>";
    command('s2', `sessionid='${form?.attrs.sessionid}'>${x}`);
    expect((await xmpp.next()).getChild('command')?.getChildText('note')).toBe('It stops now.');
    const { code, out } = await running.ended;
    await server.close();
    expect([code, out]).toEqual([0, expect.stringMatching(/"event":"admin command","by":"[0-9a-f]{12}"/)]);
    expect(out).not.toContain('friar@a.example');
  });

  it('ends with 0 in its time although neither a client nor the XMPP server answers any more', async () => {
    using temporary = folder();
    const server = await startXmppServer();
    const outgoing = 'outgoing: { host: 127.0.0.1 }, incoming: { lmtp: 127.0.0.1:0 }';
    const file = temporary.file(
      'c.yaml',
      `${text(temporary.path, server.port, 0).replace(/transports:.*/, '')}
access: { register: [a.example] }
limits: { stop_time: 5s }
transports: { mail.example: { bridge: email, secret: ${server.secret}, domain: chat.example, ${outgoing} } }
`,
    );
    await using running = isthmus(['run', '--config', file]);
    const xmpp = await server.connection('mail.example');
    xmpp.send(
      `<message type='chat' id='m1' from='romeo@a.example/x' to='nurse\\40example.com@mail.example'><body>look</body>
      <html xmlns='http://jabber.org/protocol/xhtml-im'><body xmlns='http://www.w3.org/1999/xhtml'><img src='cid:mask@bob.xmpp.org'/></body></html></message>`,
    );
    for (let asked = false; !asked; ) asked = (await xmpp.next()).getChild('data', 'urn:xmpp:bob') !== undefined;
    xmpp.silence();
    running.child.kill('SIGTERM');
    await running.line(/"msg":"stopping"/);
    // As from a launcher that passes on what the supervisor has told both of them.
    running.child.kill('SIGTERM');
    const { code, out } = await running.ended;
    await server.close();
    const waits = [...out.matchAll(/"for":"([^"]*)","msg":"the stop does not wait any longer"/g)].map(
      ([, what]) => what,
    );
    expect([code, waits]).toEqual([
      0,
      ['what is being accepted', 'what is being told', 'the XMPP server to read all', 'links to close'],
    ]);
  });

  it('says in one line which store it cannot reach, and ends with 1', async () => {
    using temporary = folder();
    const own = `transports: { irc.example.org: { bridge: irc, secret: x, servers: { irc.example.net: {} } } }`;
    // Nobody can listen at port 1 without being root, and nothing does.
    const file = temporary.file('c.yaml', `store: postgres://nobody@127.0.0.1:1/db\n${own}\n`);
    await using running = isthmus(['run', '--config', file]);
    const { code, out } = await running.ended;
    expect([code, JSON.parse(out)]).toEqual([
      1,
      { level: 60, time: expect.any(Number), msg: 'the store is unavailable: connect ECONNREFUSED 127.0.0.1:1' },
    ]);
  });

  it('says which address it cannot have, and ends with 1', async () => {
    using temporary = folder();
    await using taken = await deaf();
    const file = temporary.file('c.yaml', text(temporary.path, taken.port, taken.port));
    await using running = isthmus(['run', '--config', file]);
    const { code, out } = await running.ended;
    expect(code).toBe(1);
    expect(out).toContain(
      `"msg":"cannot listen on 127.0.0.1:${taken.port} (http.listen): another program uses the port"`,
    );
  });
});
