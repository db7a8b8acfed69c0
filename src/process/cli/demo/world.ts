import { registration } from '#bridges/matrix/appservice/registration.ts';
import { config as matrixConfig } from '#bridges/matrix/config.ts';
import { startBots } from './bots.ts';
import type { MatrixSettings, RunGateway } from './gateway.ts';
import { type DemoMailbox, openMailbox } from './mail/mailbox.ts';
import { type DemoMailServer, SERVER_NAME, startMailServer } from './mail/server.ts';
import { aliasOf, type DemoMatrixRoom, matrixRoomJid, openMatrixRoom } from './matrix-room.ts';
import { servePage } from './page.ts';
import { phoneOf } from './phone.ts';
import { startInspircd } from './servers/inspircd.ts';
import { startEmptyNameServer } from './servers/names.ts';
import { freePortFrom, freePorts } from './servers/ports.ts';
import { startProsody } from './servers/prosody.ts';
import { HOMESERVER, hasSynapse, startSynapse } from './servers/synapse.ts';
import type { Steps } from './steps.ts';

const host = 'localhost';
const password = 'demo';
const domain = 'irc.localhost';
const smsDomain = 'sms.localhost';
const mailDomain = 'mail.localhost';
const matrixDomain = 'matrix.localhost';
/** The domain of the users' mail addresses: one that is kept for examples, as that of the mailbox on the page. */
const addressDomain = 'chat.example';
const ircServer = 'irc.demo';

export const channel = '#isthmus';
export const nick = 'Alice';
/** Numbers that are kept for fiction: ours, and that of the phone on the page. */
const ourNumber = '+12015550100';
export const phoneNumber = '+12015550123';
export const mailboxOwner = { name: 'Bob', address: 'bob@example.com' };
export const matrixOwner = { name: 'Nora', user: 'nora', room: 'harbour', topic: 'Who comes in today' };

/** Everything that the demo starts; disposing of it ends all in reverse order. */
export interface World extends AsyncDisposable {
  readonly url: string;
  readonly ircPort: number;
  readonly xmppPort: number;
  /** The channel's JID behind the gateway. */
  readonly room: string;
  /** A second account, for a client of the visitor's own. */
  readonly guest: { readonly jid: string; readonly password: string };
  /** Whether there is a room on Matrix: where there is a Synapse. */
  readonly hasMatrix: boolean;
}

/** Starts the servers, the bots, the gateway and the page, and tells of each step. Throws when one does not start. */
export async function startWorld(steps: Steps, runGateway: RunGateway, pagePort: number): Promise<World> {
  await using stack = new AsyncDisposableStack();
  const secret = crypto.randomUUID();
  const wanted = await freePortFrom(6667);

  const prosody = await steps.step(
    'Prosody, an XMPP server',
    async () =>
      stack.use(
        await startProsody({
          host,
          http: true,
          users: { alice: password, bob: password },
          domains: { [domain]: secret, [smsDomain]: secret, [mailDomain]: secret, [matrixDomain]: secret },
        }),
      ),
    ({ ports }) => `127.0.0.1:${ports.c2s}`,
  );
  const inspircd = await steps.step(
    'InspIRCd, an IRC server',
    async () =>
      stack.use(await startInspircd({ serverName: ircServer, network: 'IsthmusDemo', motd, ports: { plain: wanted } })),
    ({ ports }) => `127.0.0.1:${ports.plain}`,
  );
  const ircPort = inspircd.ports.plain;
  await steps.step(
    `three bots in ${channel}`,
    async () => stack.use(await startBots(ircPort, channel)),
    () => 'on the IRC server',
  );
  const [lmtpPort = 0, webPort = 0] = await freePorts(2);
  const { mailbox, mailServer, dnsPort } = await steps.step(
    'a mail server with one mailbox',
    async () => startMail(stack, lmtpPort),
    (mail) => `127.0.0.1:${mail.mailServer.port}`,
  );
  const matrix = hasSynapse()
    ? await steps.step(
        'Synapse, with a room on Matrix',
        async () => startMatrix(stack, webPort),
        ({ settings }) => settings.url,
      )
    : undefined;
  const { phones } = await steps.step(
    'Isthmus, the gateway',
    async () =>
      stack.use(
        await runGateway({
          ...{ domain, smsDomain, secret },
          componentPort: prosody.ports.component,
          ircServer,
          ircPort,
          users: host,
          ourNumber,
          owner: `alice@${host}`,
          mail: {
            ...{ transport: mailDomain, domain: addressDomain, server: SERVER_NAME },
            ...{ smtpPort: mailServer.port, lmtpPort, dnsPort, webPort },
          },
          matrix: matrix?.settings,
        }),
      ),
    () => [domain, smsDomain, mailDomain, ...(matrix ? [matrixDomain] : [])].join(', '),
  );
  const room = `${channel}%${ircServer}@${domain}`;
  const page = await steps.step(
    'a page with a chat client',
    async () =>
      stack.use(
        await servePage(
          pagePort,
          {
            websocketUrl: `ws://127.0.0.1:${prosody.ports.http}/xmpp-websocket`,
            jid: `alice@${host}`,
            password,
            nick,
            room,
            channel,
            ircAddress: `127.0.0.1:${ircPort}`,
            phone: { number: phoneNumber, jid: `${phoneNumber}@${smsDomain}` },
            mailbox: { ...mailboxOwner, jid: `${mailboxOwner.address.replace('@', '\\40')}@${mailDomain}` },
            matrix: matrix && {
              ...{ name: matrixOwner.name, alias: aliasOf(matrixOwner.room) },
              jid: matrixRoomJid(matrixOwner.room, matrixDomain),
            },
          },
          {
            phone: phoneOf(phones, { number: phoneNumber, their: ourNumber }),
            mail: { mailbox, server: mailServer },
            matrix: matrix?.room,
          },
        ),
      ),
    ({ url }) => url,
  );
  const end = stack.move();
  return {
    url: page.url,
    ircPort,
    xmppPort: prosody.ports.c2s,
    room,
    guest: { jid: `bob@${host}`, password },
    hasMatrix: matrix !== undefined,
    [Symbol.asyncDispose]: () => end.disposeAsync(),
  };
}

interface DemoMailWorld {
  readonly mailbox: DemoMailbox;
  readonly mailServer: DemoMailServer;
  readonly dnsPort: number;
}

/** A mailbox, the server that it is at, and a name server for the gateway, which asks about senders. */
async function startMail(stack: AsyncDisposableStack, lmtpPort: number): Promise<DemoMailWorld> {
  const mailbox = openMailbox(mailboxOwner);
  const names = stack.use(await startEmptyNameServer());
  const mailServer = stack.use(
    await startMailServer(new Map([[mailboxOwner.address, (mail) => mailbox.take(mail)]]), lmtpPort),
  );
  return { mailbox, mailServer, dnsPort: names.port };
}

interface DemoMatrixWorld {
  readonly room: DemoMatrixRoom;
  readonly settings: MatrixSettings;
}

/** A homeserver that knows the gateway at a port of this machine, and somebody there with a room. */
async function startMatrix(stack: AsyncDisposableStack, webPort: number): Promise<DemoMatrixWorld> {
  const [asToken, hsToken] = [crypto.randomUUID(), crypto.randomUUID()];
  const named = (url: string) => ({
    homeserver: { url, name: HOMESERVER },
    appservice: { as_token: asToken, hs_token: hsToken },
  });
  const where = { domain: matrixDomain, url: `http://127.0.0.1:${webPort}` };
  const written = registration(matrixConfig.parse(named('http://127.0.0.1')), where);
  const synapse = stack.use(await startSynapse({ services: [written] }));
  const room = stack.use(await openMatrixRoom(synapse, matrixOwner));
  return { room, settings: { transport: matrixDomain, url: synapse.url, name: HOMESERVER, asToken, hsToken } };
}

const motd = ['The IRC server of the Isthmus demo.', `Come into ${channel}: there you meet Alice, who uses XMPP.`];
