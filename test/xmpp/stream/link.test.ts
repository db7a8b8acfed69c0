import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { xml } from '#src/xmpp/stanza/xml.ts';
import { closing, DOMAIN, open, serve } from './links.ts';

const body = (text: string) => xml`<body>${text}</body>`;

describe('a link', () => {
  it('comes online, and stanzas go both ways', async () => {
    const server = await serve();
    const { link, stanzas, told, online } = open(server.port);
    const far = await online(server);
    link.stanza('message', { from: `a@${DOMAIN}`, to: 'b@c' }, body('<😀>'));
    expect((await far.next()).getChildText('body')).toBe('<😀>');
    far.send(`<message from='b@c' to='a@${DOMAIN}'><body>back</body></message>`);
    await link.barrier();
    expect(stanzas.map((stanza) => stanza.getChildText('body'))).toEqual(['back']);
    expect(stanzas[0]?.getNS()).toBe('jabber:component:accept');
    expect(told.map(({ phase }) => phase)).toEqual(['connecting', 'handshaking', 'online']);
    expect(link.epoch).toBe(1);
  });

  it('loses nothing that comes right behind the handshake', async () => {
    const server = createServer((socket) => {
      socket.on('error', () => socket.destroy());
      socket.on('data', (data) => {
        if (!data.includes('<handshake')) {
          socket.write(
            `<stream:stream xmlns:stream='http://etherx.jabber.org/streams' xmlns='jabber:component:accept' id='1'>`,
          );
        } else socket.end(`<handshake/><message id='1'/><message id='2'/></stream:stream>`);
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    closing.push(async () => void server.close());
    const { stanzas, next } = open((server.address() as AddressInfo).port);
    await next('waiting');
    expect(stanzas.map(({ attrs }) => attrs.id)).toEqual(['1', '2']);
  });

  it('knows secrets of any characters', async () => {
    const server = await serve({ secret: 'gehëim 🔑' });
    open(server.port, { secret: 'gehëim 🔑' });
    expect((await server.connection()).domain).toBe(DOMAIN);
  });

  it('stands beside links of other domains', async () => {
    const server = await serve();
    const [one, two] = [open(server.port), open(server.port, { domain: 'other.example' })];
    const [first, second] = await Promise.all([one.online(server), two.online(server)]);
    one.link.stanza('presence', { from: DOMAIN, to: 'a@b', id: '1' });
    two.link.stanza('presence', { from: 'other.example', to: 'a@b', id: '2' });
    expect([(await first.next()).attrs.id, (await second.next()).attrs.id]).toEqual(['1', '2']);
    const lost = one.next('waiting');
    first.kill();
    await lost;
    await two.link.barrier();
  });

  it('survives what its owner throws', async () => {
    const server = await serve();
    const seen: string[] = [];
    const { link, online } = open(server.port, {
      onStanza(stanza) {
        seen.push(stanza.attrs.id ?? '');
        throw new Error('a bug');
      },
    });
    const far = await online(server);
    far.send("<message id='1'/><message id='2'/>");
    await link.barrier();
    expect(seen).toEqual(['1', '2']);
  });
});

describe('what comes in', () => {
  it('over a limit is reported by its start tag', async () => {
    const server = await serve();
    const headers: string[] = [];
    const { link, stanzas, online } = open(server.port, { onOversize: (header) => headers.push(header.toString()) });
    const far = await online(server);
    far.send(`<iq from='a@b' to='${DOMAIN}' id='7' type='set'><x>${'y'.repeat(300_000)}</x></iq><message id='8'/>`);
    await link.barrier();
    expect(headers).toEqual([`<iq from="a@b" to="${DOMAIN}" id="7" type="set"/>`]);
    expect(stanzas.map(({ attrs }) => attrs.id)).toEqual(['8']);
  });

  it('as an answer must match id, from and to', async () => {
    const server = await serve();
    const { link, stanzas, online } = open(server.port);
    const far = await online(server);
    const request = link.request({
      to: 'a@b/c',
      from: `x@${DOMAIN}`,
      type: 'set',
      payload: xml`<query xmlns='urn:q'/>`,
    });
    const { attrs, name } = await far.next();
    expect({ name, ...attrs }).toMatchObject({ name: 'iq', from: `x@${DOMAIN}`, to: 'a@b/c', type: 'set' });
    const answer = (from: string, to: string, text: string): string =>
      `<iq type='result' id='${attrs.id}' from='${from}' to='${to}'><query>${text}</query></iq>`;
    far.send(answer('evil@b/c', `x@${DOMAIN}`, 'forged') + answer('a@b/c', `y@${DOMAIN}`, 'forged'));
    far.send(answer('a@b/c', `x@${DOMAIN}`, 'right') + answer('a@b/c', `x@${DOMAIN}`, 'late'));
    expect((await request).getChildText('query')).toBe('right');
    await link.barrier();
    expect(stanzas).toEqual([]);
  });

  it('as an error is an answer too, and as a request is for somebody else', async () => {
    const server = await serve();
    const { link, stanzas, clock, online } = open(server.port);
    const far = await online(server);
    const request = link.request({ to: 'a@b', payload: xml`<query/>` });
    const { id } = (await far.next()).attrs;
    far.send(`<iq type='get' id='${id}' from='a@b' to='${DOMAIN}'><query/></iq>`);
    far.send(`<iq type='error' id='${id}' from='a@b' to='${DOMAIN}'/>`);
    expect((await request).attrs.type).toBe('error');
    expect(stanzas).toHaveLength(1);
    const unanswered = link.request({ to: 'a@b', payload: xml`<query/>`, timeout: 1_000 });
    clock.advance(1_000);
    await expect(unanswered).rejects.toThrow('in time');
  });
});

describe('closing', () => {
  it('flushes, ends the stream and reads to its end', async () => {
    const server = await serve();
    const { link, told, online } = open(server.port);
    const far = await online(server);
    for (let i = 0; i < 1_000; i++)
      link.stanza('message', { from: DOMAIN, to: 'a@b', id: `${i}` }, body('x'.repeat(1_000)));
    await link.flush();
    await link.close();
    expect(await far.closed).toBe(true);
    expect(far.received.map(({ attrs }) => Number(attrs.id))).toEqual(Array.from({ length: 1_000 }, (_, i) => i));
    expect(told.slice(-2).map(({ phase }) => phase)).toEqual(['closing', 'offline']);
    await link.close();
  });

  it('does not wait for ever', async () => {
    const server = await serve();
    server.answerPings = false;
    const { link, clock, next, online } = open(server.port);
    const far = await online(server);
    const closing = next('closing');
    far.pause();
    const flushed = link.flush();
    clock.advance(3_000);
    await flushed;
    const closed = link.close();
    await closing;
    clock.advance(3_000);
    await closed;
    expect(link.state()).toBe('offline');
  });

  it('works in any other phase, and twice', async () => {
    const server = await serve();
    server.refuse('conflict');
    const { link } = open(server.port);
    await Promise.all([link.close(), link.close()]);
    const second = open(server.port);
    await second.next('waiting');
    await second.link.close();
    expect([link.state(), second.link.state()]).toEqual(['offline', 'offline']);
  });
});
