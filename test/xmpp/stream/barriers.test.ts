import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { xml } from '#src/xmpp/stanza/xml.ts';
import { openReplies } from '#src/xmpp/stream/link.ts';
import { handClock } from '../../hand-clock.ts';
import { DOMAIN, open, serve } from './links.ts';

const OTHER = 'other.example';
const log = pino({ level: 'silent' });
const query = xml`<query xmlns='urn:q'/>`;
/** The fake server answers it for a client. */
const PING = xml`<ping xmlns='urn:xmpp:ping'/>`;

/** Two links of one process to one server, which share what they wait for. */
async function twoLinks() {
  const server = await serve();
  const clock = handClock();
  const shared = { clock, replies: openReplies(clock, log) };
  const here = open(server.port, shared);
  const there = open(server.port, { domain: OTHER, ...shared });
  const [near, far] = await Promise.all([here.online(server), there.online(server)]);
  return { server, clock, here, there, near, far };
}

describe('a message to ourselves', () => {
  it('passes a barrier, and nobody else sees it', async () => {
    const server = await serve();
    const { link, stanzas, online } = open(server.port);
    const far = await online(server);
    await link.barrier();
    expect({ proofs: far.proofs, received: far.received, stanzas }).toEqual({ proofs: 1, received: [], stanzas: [] });
  });

  it('passes where the IQs of components to hosts are dropped, and no link is lost in silence', async () => {
    const server = await serve();
    server.dropIqs = true;
    const { link, clock, online } = open(server.port);
    const far = await online(server);
    for (let i = 0; i < 10; i++) {
      clock.advance(15_000);
      await link.barrier();
    }
    expect(link.epoch).toBe(1);
    expect(far.received).toEqual([]);
  });

  it('may come back on the link of another domain of ours', async () => {
    const { server, clock, here, there, far } = await twoLinks();
    server.reroute = far;
    await here.link.barrier();
    for (let i = 0; i < 10; i++) {
      clock.advance(15_000);
      await Promise.all([here.link.barrier(), there.link.barrier()]);
    }
    expect([here.link.epoch, there.link.epoch]).toEqual([1, 1]);
    expect([...here.stanzas, ...there.stanzas]).toEqual([]);
  });

  it('is sent again where it was lost, as with a link that has just died', async () => {
    const server = await serve();
    const { link, clock, online } = open(server.port);
    const far = await online(server);
    server.answerPings = false;
    const passed = link.barrier();
    await far.unanswered();
    server.answerPings = true;
    clock.advance(5_000);
    await passed;
    expect(far.proofs).toBe(1);
  });

  it('waits for its own answer alone', async () => {
    const server = await serve();
    const { link, clock, stanzas, online } = open(server.port);
    const far = await online(server);
    server.answerPings = false;
    const barrier = link.barrier().then(
      () => 'passed',
      () => 'not passed',
    );
    const ours = await far.unanswered();
    const again = (attrs: object): void => {
      Object.assign(ours.attrs, attrs);
      far.send(ours.toString());
    };
    const { id } = ours.attrs;
    // Romeo and another component know the token; the server vouches for who they are.
    for (const from of ['romeo@a.example/orchard', 'a.example', `romeo@${DOMAIN}`]) again({ from });
    // What is of our own stream, and not the token.
    for (const other of ['', 'guessed']) again({ from: DOMAIN, id: other });
    far.send(`<message from='${DOMAIN}' to='${DOMAIN}' id='${id}'><body>hello</body></message>`);
    server.answerPings = true;
    await link.request({ to: 'a@b/c', payload: PING });
    server.answerPings = false;
    clock.advance(15_000);
    expect(await barrier).toBe('not passed');
    expect(stanzas.map(({ attrs }) => attrs.from)).toEqual([
      'romeo@a.example/orchard',
      'a.example',
      `romeo@${DOMAIN}`,
      DOMAIN,
    ]);
  });

  it("that comes back too late is nobody's either", async () => {
    const server = await serve();
    const { link, clock, stanzas, online } = open(server.port);
    const far = await online(server);
    server.answerPings = false;
    const failed = expect(link.barrier()).rejects.toThrow('in time');
    const late = await far.unanswered();
    clock.advance(15_000);
    await failed;
    far.send(late.toString());
    server.answerPings = true;
    await link.barrier();
    expect(stanzas).toEqual([]);
  });
});

describe('what a link has asked', () => {
  it('is answered on whatever link the answer comes in', async () => {
    const { here, near, far } = await twoLinks();
    const asked = here.link.request({ to: 'a@b/c', payload: query });
    const { id } = (await near.next()).attrs;
    far.send(`<iq type='result' id='${id}' from='a@b/c' to='${DOMAIN}'><yes/></iq>`);
    expect((await asked).getChild('yes')).toBeDefined();
  });

  it('is rejected when that link drops, and no other', async () => {
    const { here, there, near, far } = await twoLinks();
    const [asked, other] = [here.link, there.link].map((link) => link.request({ to: 'a@b/c', payload: query }));
    await near.next();
    const { id } = (await far.next()).attrs;
    const rejected = expect(asked).rejects.toThrow('dropped');
    near.kill();
    await rejected;
    far.send(`<iq type='result' id='${id}' from='a@b/c' to='${OTHER}'/>`);
    expect((await other)?.attrs.type).toBe('result');
  });

  it('of a server that does not answer is not asked again for a while, and the operator is told once', async () => {
    const server = await serve();
    const lines: string[] = [];
    const loud = pino({ level: 'warn' }, { write: (line: string) => lines.push(line) });
    const { link, clock, online } = open(server.port, { log: loud });
    const far = await online(server);
    server.dropIqs = true;
    const ask = (to: string) => link.request({ to, payload: query, timeout: 1_000 });
    for (const to of ['b.example', 'a@c.example']) {
      const unanswered = expect(ask(to)).rejects.toThrow('in time');
      clock.advance(1_000);
      await unanswered;
      await expect(ask(to)).rejects.toThrow('unanswered');
    }
    await expect(ask('other@b.example')).rejects.toThrow('unanswered');
    expect(lines.map((line) => JSON.parse(line).server)).toEqual(['b.example', 'c.example']);
    // A client may answer where its server does not.
    const client = ask('a@b.example/phone');
    far.send(`<iq type='result' id='${(await far.next()).attrs.id}' from='a@b.example/phone' to='${DOMAIN}'/>`);
    await client;
    // After a while it is tried again, and one answer is enough.
    server.dropIqs = false;
    for (let i = 0; i < 50; i++) {
      clock.advance(12_000);
      await link.barrier();
    }
    const again = ask('b.example');
    far.send(`<iq type='error' id='${(await far.next()).attrs.id}' from='b.example' to='${DOMAIN}'/>`);
    expect((await again).attrs.type).toBe('error');
    expect(lines).toHaveLength(2);
  });
});
