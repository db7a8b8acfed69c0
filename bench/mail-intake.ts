// Mails a second that a gateway takes by LMTP, into its journal and on to XMPP, with authentication on:
// node_modules/.bin/node bench/mail-intake.ts [MAILS [CONNECTIONS [PROFILE_DIR]]]
// The gateway is a process of its own; the mail server, the name server and the XMPP server are this one. Each mail is signed (DKIM,
// RSA 2048) by one of ten domains with a policy (DMARC), comes from one of a hundred senders to one of twenty users, and has about 5 KB.
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import DKIM from 'nodemailer/lib/dkim';
import { freePorts } from '#src/process/cli/demo/servers/ports.ts';
import { openXmppLoad } from './load/xmpp-server.ts';
import { cpuSeconds, mainThreadSeconds, percentile, residentMegabytes } from './measure.ts';
import { startProcess } from './target.ts';
import { ROOT } from './targets/isthmus.ts';

const MAILS = Number(process.argv[2] ?? 2000);
const CONNECTIONS = Number(process.argv[3] ?? 8);
const PROFILE = process.argv[4];
/** Mails before the measurement: the compiler is at work on the way of a mail for as long, as it is after each start. */
const WARM = 2000;
const DOMAINS = 10;
const SENDERS = 100;
const RECIPIENTS = 20;
const GATEWAY = 'mail.gw.example';
const USERS = 'users.example';
const CLIENT = '8.8.4.4';

const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const PRIVATE = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
const PUBLIC = publicKey.export({ type: 'spki', format: 'der' }).toString('base64');

/** What the name server knows (RFC 1035): keys, policies, and who may send. */
function recordOf(name: string): string | undefined {
  if (/^s\._domainkey\.d\d\.example$/.test(name)) return `v=DKIM1; k=rsa; p=${PUBLIC}`;
  if (/^_dmarc\.d\d\.example$/.test(name)) return 'v=DMARC1; p=reject';
  return /^d\d\.example$/.test(name) ? `v=spf1 ip4:${CLIENT} -all` : undefined;
}

async function openNames() {
  const socket = createSocket('udp4');
  let asked = 0;
  socket.on('message', (query, { port, address }) => {
    asked += 1;
    const labels: string[] = [];
    let at = 12;
    for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
      labels.push(query.toString('latin1', at + 1, at + 1 + length));
      at += 1 + length;
    }
    const text = query.readUInt16BE(at + 1) === 16 ? recordOf(labels.join('.').toLowerCase()) : undefined;
    const head = Buffer.alloc(12);
    query.copy(head, 0, 0, 2);
    head.writeUInt16BE(0x8580 | (text === undefined ? 3 : 0), 2);
    head.writeUInt16BE(1, 4);
    head.writeUInt16BE(text === undefined ? 0 : 1, 6);
    const strings =
      text?.match(/.{1,255}/g)?.map((one) => Buffer.concat([Buffer.from([one.length]), Buffer.from(one)])) ?? [];
    const data = Buffer.concat(strings);
    const record = Buffer.from([0xc0, 12, 0, 16, 0, 1, 0, 0, 1, 44, data.length >> 8, data.length & 255]);
    socket.send(
      Buffer.concat([head, query.subarray(12, at + 5), ...(text === undefined ? [] : [record, data])]),
      port,
      address,
    );
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return { port: socket.address().port, asked: () => asked, close: () => socket.close() };
}

const WORDS = 'But soft what light through yonder window breaks it is the east and Juliet is the sun '.split(' ');
const line = (n: number): string =>
  Array.from({ length: 11 }, (_, at) => WORDS[(n * 7 + at * 3) % WORDS.length]).join(' ');

/** A mail as people send them: both kinds of text, and what it answers below. */
async function mailOf(n: number): Promise<{ from: string; to: string; bytes: Buffer }> {
  const domain = `d${n % DOMAINS}.example`;
  const from = `sender${n % SENDERS}@${domain}`;
  const to = `u${n % RECIPIENTS}=${USERS}@${GATEWAY}`;
  const text = Array.from({ length: 24 }, (_, at) => line(n + at)).join('\r\n');
  const quoted = Array.from({ length: 8 }, (_, at) => `> ${line(n + at + 40)}`).join('\r\n');
  const raw = [
    `From: Sender ${n % SENDERS} <${from}>`,
    `To: <${to}>`,
    `Subject: Re: ${line(n % SENDERS)}`,
    `Date: ${new Date().toUTCString()}`,
    `Message-ID: <${n}.${randomBytes(8).toString('hex')}@${domain}>`,
    'MIME-Version: 1.0',
    'Content-Type: multipart/alternative; boundary="b"',
    '',
    '--b',
    'Content-Type: text/plain; charset=utf-8',
    '',
    text,
    '',
    'On Mon, 30 Nov 2026 at 10:00, Alice <alice@mail.gw.example> wrote:',
    quoted,
    '--b',
    'Content-Type: text/html; charset=utf-8',
    '',
    `<html><body><p>${text}</p></body></html>`,
    '--b--',
    '',
  ].join('\r\n');
  const signer = new DKIM({ domainName: domain, keySelector: 's', privateKey: PRIVATE });
  const chunks: Buffer[] = [];
  for await (const chunk of signer.sign(raw)) chunks.push(chunk as Buffer);
  return { from, to, bytes: Buffer.concat(chunks) };
}

/** A connection of the mail server: one mail after the other, each acknowledged. */
async function openLmtp(port: number) {
  const socket = connect(port, '127.0.0.1');
  let heard = '';
  let wake = (): void => undefined;
  socket.setEncoding('latin1').on('data', (text: string) => {
    heard += text;
    wake();
  });
  const answer = async (): Promise<string> => {
    for (;;) {
      const end = /^\d{3} .*\r\n/m.exec(heard);
      if (end) {
        heard = heard.slice(end.index + end[0].length);
        return end[0];
      }
      await new Promise<void>((resolve) => (wake = resolve));
    }
  };
  /** RFC 2920: as many answers as commands, in one go. */
  const say = async (text: string, answers = 1): Promise<string> => {
    socket.write(text);
    let last = '';
    for (let at = 0; at < answers; at++) last = await answer();
    return last;
  };
  await answer();
  await say('LHLO mx.gw.example\r\n');
  return {
    async send({ from, to, bytes }: Awaited<ReturnType<typeof mailOf>>): Promise<void> {
      await say(`XFORWARD ADDR=${CLIENT} NAME=mx.d0.example HELO=mx.d0.example\r\n`);
      const go = await say(`MAIL FROM:<${from}>\r\nRCPT TO:<${to}>\r\nDATA\r\n`, 3);
      if (!go.startsWith('354')) throw new Error(go);
      socket.write(bytes);
      const done = await say('\r\n.\r\n');
      if (!done.startsWith('250')) throw new Error(done);
    },
    close: () => socket.destroy(),
  };
}

const folder = join(ROOT, '.cache');
mkdirSync(folder, { recursive: true });
const dir = mkdtempSync(join(folder, 'bench-mail-'));
const names = await openNames();
const xmpp = await openXmppLoad();
const [lmtp = 0] = await freePorts(1);
let shown = 0;
let verified = 0;
xmpp.receive = (stanza) => {
  if (!stanza.startsWith('<message') || !stanza.includes('<body>')) return;
  shown += 1;
  if (!stanza.includes('not verified')) verified += 1;
};
const settings = {
  xmpp: { host: '127.0.0.1', port: xmpp.port, domains: [USERS] },
  store: `sqlite:${join(dir, 'store.db')}`,
  key: { file: join(dir, 'isthmus.key') },
  access: { register: [USERS] },
  limits: { messages: 'off' },
  transports: {
    [GATEWAY]: {
      bridge: 'email',
      secret: 'secret',
      domain: GATEWAY,
      outgoing: { host: '127.0.0.1', port: 9, tls: 'off' },
      incoming: { lmtp: `127.0.0.1:${lmtp}` },
      dns: `127.0.0.1:${names.port}`,
    },
  },
};
const file = join(dir, 'config.yaml');
writeFileSync(file, JSON.stringify(settings));
const profile = PROFILE === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${PROFILE}`];
const gateway = startProcess(process.execPath, [...profile, join(ROOT, 'src/main.ts'), 'run', '--config', file], {
  NODE_ENV: 'production',
  NODE_EXTRA_CA_CERTS: undefined,
});
try {
  await xmpp.online;
  const mails = await Promise.all(Array.from({ length: WARM + MAILS }, (_, n) => mailOf(n)));
  const lines = await Promise.all(Array.from({ length: CONNECTIONS }, () => openLmtp(lmtp)));
  const times: number[] = [];
  let next = 0;
  const sendTo = async (end: number): Promise<void> => {
    await Promise.all(
      lines.map(async (one) => {
        while (next < end) {
          const mail = mails[next++];
          const began = performance.now();
          if (mail) await one.send(mail);
          times.push(performance.now() - began);
        }
      }),
    );
  };
  await sendTo(WARM);
  times.splice(0);
  const cpu = cpuSeconds(gateway.pid);
  const main = mainThreadSeconds(gateway.pid);
  const own = process.cpuUsage();
  const asked = names.asked();
  const began = performance.now();
  await sendTo(WARM + MAILS);
  const seconds = (performance.now() - began) / 1000;
  const spent = cpuSeconds(gateway.pid) - cpu;
  const mainSpent = mainThreadSeconds(gateway.pid) - main;
  const { user, system } = process.cpuUsage(own);
  const each = (sum: number): string => ((sum / MAILS) * 1000).toFixed(2);
  const sorted = times.sort((a, b) => a - b);
  for (const one of lines) one.close();
  const size = mails.reduce((sum, { bytes }) => sum + bytes.length, 0) / mails.length;
  process.stdout.write(
    `${MAILS} mails of ${(size / 1000).toFixed(1)} KB on ${CONNECTIONS} connections: ${(MAILS / seconds).toFixed(0)} a second, ` +
      `${each(spent)} ms of CPU each (main thread ${each(mainSpent)}; these servers ${each((user + system) / 1e6)}), so ` +
      `${(2000 / Number(each(spent))).toFixed(0)} a second on two cores at most; ` +
      `answered after ${percentile(sorted, 0.5).toFixed(0)} ms (p50), ${percentile(sorted, 0.99).toFixed(0)} ms (p99); ` +
      `${((names.asked() - asked) / MAILS).toFixed(1)} questions to DNS each; ${residentMegabytes(gateway.pid).toFixed(0)} MB\n`,
  );
  process.stdout.write(`${shown} messages were shown on XMPP, ${verified} of them of a verified sender\n`);
} finally {
  await gateway.stop();
  names.close();
  await xmpp.close();
  rmSync(dir, { recursive: true, force: true });
}
