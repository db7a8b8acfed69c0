import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { type Xml, xml } from '#src/xmpp/stanza/xml.ts';
import { createWriter, type Refusal, type Writer, type WriterLimits, writerLimits } from '#src/xmpp/stream/writer.ts';

const DOMAIN = 'gw.example';
const HEAD = { from: DOMAIN, to: 'a@b' };
const END = '<!-- end -->';

/** Both ends of a real connection. */
async function sockets(): Promise<{ near: Socket; far: Socket }> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const near = connect((server.address() as AddressInfo).port, '127.0.0.1');
  const [[far]] = (await Promise.all([once(server, 'connection'), once(near, 'connect')])) as [[Socket], unknown];
  server.close();
  for (const socket of [near, far]) open.push(socket.on('error', () => socket.destroy()));
  return { near, far };
}

const open: Socket[] = [];
afterEach(() => {
  for (const socket of open.splice(0)) socket.destroy();
});

/** What a writer sends, up to a mark that is sent behind it. */
async function sent(write: (writer: Writer) => void): Promise<string> {
  const { near, far } = await sockets();
  const writer = createWriter({ domain: DOMAIN });
  writer.attach(near);
  write(writer);
  writer.finish();
  near.write(END);
  return until(far, END);
}

async function until(far: Socket, mark: string): Promise<string> {
  let text = '';
  far.setEncoding('utf8');
  for await (const piece of far.iterator({ destroyOnReturn: false })) {
    text += piece;
    if (text.endsWith(mark)) break;
  }
  return text.slice(0, -mark.length);
}

function refusing(limits: WriterLimits = writerLimits) {
  const refusals: Refusal[] = [];
  const pressure: boolean[] = [];
  const writer = createWriter({
    domain: DOMAIN,
    limits,
    onRefused: (reason) => refusals.push(reason),
    onPressure: (on) => pressure.push(on),
  });
  return { writer, refusals, pressure };
}

describe('the writer', () => {
  it('builds the start tag itself, and escapes all of it', async () => {
    const text = await sent((writer) => {
      const head = { from: `#a%b@${DOMAIN}/n'<`, to: `c@d/"&\u0001`, type: 'groupchat', id: "'\n", lang: 'en' };
      writer.stanza('message', head, xml`<body>${'</body></message><message>'}</body>`, xml`<x/>`);
      writer.stanza('presence', HEAD);
    });
    expect(text).toBe(
      `<message from='#a%b@gw.example/n&apos;&lt;' to='c@d/&quot;&amp;\ufffd' type='groupchat' id='&apos;&#10;' xml:lang='en'>` +
        `<body>&lt;/body&gt;&lt;/message&gt;&lt;message&gt;</body><x/></message><presence from='gw.example' to='a@b'/>`,
    );
  });

  it('changes only the recipient of what goes to many', async () => {
    let taken = 0;
    const text = await sent((writer) => {
      taken = writer.fanOut(
        'message',
        { from: `r@${DOMAIN}/n`, type: 'groupchat' },
        ['a@b/c', '', "d@e/'"],
        xml`<body>é</body>`,
      );
    });
    const one = (to: string): string =>
      `<message from='r@gw.example/n' to='${to}' type='groupchat'><body>é</body></message>`;
    expect(text).toBe(one('a@b/c') + one('d@e/&apos;'));
    expect(taken).toBe(2);
  });

  it.each([DOMAIN, `${DOMAIN}/r`, `l@${DOMAIN}`, `#a%b@${DOMAIN}/x/y@z`, `l@${DOMAIN}/a b`])('speaks as %s', (from) => {
    const { writer, refusals } = refusing();
    expect(writer.stanza('message', { from, to: 'a@b' })).toBe(true);
    expect(writer.fanOut('message', { from }, ['a@b'])).toBe(1);
    expect(refusals).toEqual([]);
  });

  it.each([
    '',
    'other.example',
    `x.${DOMAIN}`,
    `a@x.${DOMAIN}`,
    'gw.example.evil',
    `a@b@${DOMAIN}`,
    `@${DOMAIN}`,
    `evil/@${DOMAIN}`,
    `${DOMAIN}/`,
    `a@${DOMAIN}/`,
    `a b@${DOMAIN}`,
    `a\0@${DOMAIN}`,
    `a'@${DOMAIN}`,
    'GW.example',
    `${'l'.repeat(1024)}@${DOMAIN}`,
    `${'é'.repeat(512)}@${DOMAIN}`,
    `a@${DOMAIN}/${'r'.repeat(1024)}`,
  ])('never speaks as %j', (from) => {
    const { writer, refusals } = refusing();
    expect(writer.stanza('message', { from, to: 'a@b' })).toBe(false);
    expect(writer.fanOut('presence', { from }, ['a@b', 'c@d'])).toBe(0);
    expect(refusals).toEqual(['foreign-from', 'foreign-from']);
    expect(writer.waiting).toBe(0);
  });

  it('writes nothing without recipient', () => {
    const { writer, refusals } = refusing();
    expect(writer.stanza('iq', { ...HEAD, to: '' })).toBe(false);
    expect(refusals).toEqual(['no-recipient']);
  });

  it('counts bytes, and allows more of them for an iq', () => {
    const { writer, refusals } = refusing();
    const body = (bytes: number): Xml => xml`<body>${'é'.repeat(bytes / 2)}</body>`;
    expect(writer.stanza('message', HEAD, body(65_000))).toBe(true);
    expect(writer.stanza('message', HEAD, body(66_000))).toBe(false);
    expect(writer.fanOut('message', HEAD, ['a@b'], body(66_000))).toBe(0);
    expect(writer.stanza('presence', HEAD, body(66_000))).toBe(false);
    expect(writer.stanza('iq', HEAD, body(66_000))).toBe(true);
    expect(writer.stanza('iq', HEAD, body(263_000))).toBe(false);
    expect(refusals).toEqual(Array(4).fill('too-large'));
  });

  it('keeps in order what is written while there is no socket', async () => {
    const { near, far } = await sockets();
    const writer = createWriter({ domain: DOMAIN });
    for (let i = 0; i < 50_000; i++) writer.stanza('message', { ...HEAD, id: `${i}` });
    writer.attach(near);
    writer.stanza('message', { ...HEAD, id: 'last' });
    const text = await until(far, "id='last'/>");
    const ids = [...text.matchAll(/ id='(\d+)'/g)].map(([, id]) => Number(id));
    expect(ids).toEqual(Array.from({ length: 50_000 }, (_, i) => i));
  });

  it('goes on with the next socket', async () => {
    const writer = createWriter({ domain: DOMAIN });
    const first = await sockets();
    writer.attach(first.near);
    writer.detach();
    writer.stanza('message', { ...HEAD, id: '1' });
    const second = await sockets();
    writer.attach(second.near);
    expect(await until(second.far, '/>')).toContain("id='1'");
    first.near.end(END);
    expect(await until(first.far, END)).toBe('');
  });
});

describe('a peer that does not read', () => {
  const limits: WriterLimits = { ...writerLimits, high: 8 * 1024 * 1024, cap: 16 * 1024 * 1024 };
  const large = xml`<body>${'x'.repeat(60_000)}</body>`;

  it('makes pressure, then refusals, and both end when it reads again', async () => {
    const { near, far } = await sockets();
    const { writer, refusals, pressure } = refusing(limits);
    far.pause();
    writer.attach(near);
    let taken = 0;
    while (refusals.length < 3) {
      if (writer.stanza('message', HEAD, large)) taken++;
      if (taken % 16 === 0) await new Promise(setImmediate);
    }
    expect(pressure).toEqual([true]);
    expect(refusals).toEqual(['full', 'full', 'full']);
    expect(writer.waiting).toBeLessThanOrEqual(limits.cap);
    expect(near.writableLength).toBeLessThanOrEqual(2 * 1024 * 1024);
    const all = until(far, "id='last'/>");
    far.resume();
    while (!writer.stanza('message', { ...HEAD, id: 'last' })) await once(near, 'drain');
    expect((await all).split('<message ').length - 1).toBe(taken + 1);
    expect(pressure).toEqual([true, false]);
  });

  it('is heard of when it reads again', async () => {
    const { near, far } = await sockets();
    far.pause();
    let progress: () => void = () => {};
    const alive = new Promise<void>((resolve) => {
      progress = resolve;
    });
    const writer = createWriter({ domain: DOMAIN, onProgress: () => progress() });
    writer.attach(near);
    while (near.writableLength === 0) {
      writer.stanza('message', HEAD, large);
      await new Promise(setImmediate);
    }
    far.resume();
    await alive;
  });

  it('makes pressure without a socket too', () => {
    const { writer, refusals, pressure } = refusing(limits);
    while (writer.stanza('message', HEAD, large));
    expect(pressure).toEqual([true]);
    expect(refusals).toEqual(['full']);
  });
});
