import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { xml } from '#src/xmpp/stanza/xml.ts';
import { startXmppServer } from '../../fakes/xmpp-server.ts';
import { closing, DOMAIN, open, serve } from './links.ts';

describe('refusals', () => {
  it.each([
    ['conflict', 'another component'],
    ['not-authorized', 'secret'],
  ])('%s is told to the operator, and tried again after 30 s', async (condition, text) => {
    const server = await serve();
    server.refuse(condition);
    const { clock, next, link } = open(server.port);
    const { reason } = await next('waiting');
    expect(reason).toMatchObject({ code: condition, lasting: true });
    expect(reason?.text).toContain(text);
    server.refuse(undefined);
    clock.advance(29_999);
    expect(link.state()).toBe('waiting');
    clock.advance(1);
    expect((await server.connection()).domain).toBe(DOMAIN);
  });

  it('a wrong secret is refused by the handshake', async () => {
    const server = await serve({ secret: 'other' });
    const { next } = open(server.port);
    expect((await next('waiting')).reason?.code).toBe('not-authorized');
    expect(await server.refused()).toBe(DOMAIN);
  });

  it('nobody listening is tried again', async () => {
    const server = await startXmppServer();
    await server.close();
    const { next, clock } = open(server.port);
    expect((await next('waiting')).reason?.code).toBe('closed');
    const again = next('connecting');
    clock.advance(1_000);
    await again;
    await next('waiting');
  });

  it('a port that is none ends nothing', async () => {
    const { next } = open(70_000);
    expect((await next('waiting')).reason?.code).toBe('closed');
  });

  it('a server that accepts and says nothing is given up', async () => {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    closing.push(async () => void server.close());
    const { next, clock } = open((server.address() as AddressInfo).port);
    await next('handshaking');
    const given = next('waiting');
    clock.advance(15_000);
    expect((await given).reason?.code).toBe('no-answer');
  });
});

describe('a broken link', () => {
  it('comes back, and what was written meanwhile arrives in order', async () => {
    const server = await serve();
    const { link, clock, next, online } = open(server.port);
    const first = await online(server);
    const lost = next('waiting');
    first.kill();
    await lost;
    for (let i = 0; i < 100; i++) link.stanza('message', { from: DOMAIN, to: 'a@b', id: `${i}` });
    clock.advance(1_000);
    const second = await server.connection();
    for (let i = 0; i < 100; i++) expect((await second.next()).attrs.id).toBe(`${i}`);
    expect(link.epoch).toBe(2);
  });

  it.each(['system-shutdown', 'invalid-from'])('comes back after the stream error %s', async (condition) => {
    const server = await serve();
    const { clock, next, online } = open(server.port);
    const first = await online(server);
    const lost = next('waiting');
    first.fail(condition);
    expect((await lost).reason?.code).toBe(condition);
    clock.advance(1_000);
    await server.connection();
  });

  it('answers the end of the stream with its own', async () => {
    const server = await serve();
    const { clock, next, online } = open(server.port);
    const first = await online(server);
    const lost = next('waiting');
    first.end();
    await lost;
    expect(await first.closed).toBe(true);
    clock.advance(1_000);
    await server.connection();
  });

  it.each([
    '<message><body>a\x03b</body></message>',
    '<!DOCTYPE x>',
    '<p:x/>',
    '</message>',
    Buffer.from([0xc0, 0xbc]),
    "<stream:stream xmlns:stream='http://etherx.jabber.org/streams' xmlns='jabber:component:accept' id='s2'>",
  ])('is closed by %j, and opened again', async (bad) => {
    const server = await serve();
    const { clock, next, stanzas, online } = open(server.port);
    const first = await online(server);
    const lost = next('waiting');
    first.send("<message id='before'/>");
    first.send(bad);
    first.send("<message id='after'/>");
    await lost;
    expect(stanzas.map(({ attrs }) => attrs.id)).toEqual(['before']);
    await first.closed;
    clock.advance(1_000);
    await server.connection();
  });

  it('is noticed when it is half-open, within 45 s', async () => {
    const server = await serve();
    server.answerPings = false;
    const { link, clock, next } = open(server.port);
    await next('online');
    const lost = next('waiting');
    clock.advance(44_000);
    expect((await lost).reason?.code).toBe('no-answer');
    await expect(link.barrier()).rejects.toThrow();
  });

  it('is not one as long as the pings are answered', async () => {
    const server = await serve();
    const { link, clock, told, online } = open(server.port);
    await online(server);
    for (let i = 0; i < 20; i++) {
      await link.barrier();
      clock.advance(15_000);
    }
    await link.barrier();
    expect(told.at(-1)?.phase).toBe('online');
    expect(link.epoch).toBe(1);
  });

  it('rejects barriers and requests', async () => {
    const server = await serve();
    server.answerPings = false;
    const { link, online } = open(server.port);
    const far = await online(server);
    const results = Promise.allSettled([link.barrier(), link.request({ to: 'a@b', payload: xml`<query/>` })]);
    await far.next();
    far.kill();
    expect((await results).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    await expect(link.request({ to: 'a@b', payload: xml`<query/>` })).rejects.toThrow('not online');
  });
});
