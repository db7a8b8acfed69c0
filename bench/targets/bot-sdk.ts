// A bridge of a page, as the documentation of matrix-bot-sdk and @xmpp/component shows them: what their ways of sending and
// hearing cost. It translates text alone, keeps nothing, and takes everybody who joins a room for the only one there.
// node bench/targets/bot-sdk.ts '{"xmppPort":…,"domain":…,"secret":…,"url":…,"server":…,"port":…,"asToken":…,"hsToken":…}'
import { component } from '@xmpp/component';
import { Element } from 'ltx';
import { Appservice, LogLevel, LogService } from 'matrix-bot-sdk';

const {
  xmppPort,
  domain = '',
  secret = '',
  url,
  server,
  port,
  asToken,
  hsToken,
} = JSON.parse(process.argv[2] ?? '{}') as Record<string, string>;

// A line of log for each event would be most of what is measured.
LogService.setLevel(LogLevel.WARN);
const appservice = new Appservice({
  port: Number(port),
  bindAddress: '127.0.0.1',
  homeserverName: server ?? '',
  homeserverUrl: url ?? '',
  registration: {
    as_token: asToken ?? '',
    hs_token: hsToken ?? '',
    sender_localpart: '_xmpp_bot',
    namespaces: { users: [{ exclusive: true, regex: '@_xmpp_.*' }], rooms: [], aliases: [] },
  },
});
const xmpp = component({ service: `xmpp://127.0.0.1:${xmppPort}`, domain, password: secret });
/** Who is in a room: JIDs by its id, and its address by its id. */
const seats = new Map<string, string>();
const rooms = new Map<string, string>();
/** The last thing said in a room: without this, what is said overtakes each other. */
const last = new Map<string, Promise<void>>();

function message(attrs: Record<string, string>, child: string, text = ''): Element {
  const [one, inner] = [new Element('message', { ...attrs, type: 'groupchat' }), new Element(child)];
  inner.children.push(text);
  one.children.push(inner);
  return one;
}
const intentOf = (jid: string) => appservice.getIntent(`_xmpp_${jid.split('/')[0]?.replace('@', '=40')}`);

async function heard(stanza: {
  name: string;
  attrs: Record<string, string>;
  getChildText(name: string): string | null;
}) {
  const { from = '', to = '' } = stanza.attrs;
  const [bare = ''] = to.split('/');
  const alias = bare.slice(0, bare.indexOf('@')).replace('\\3a', ':');
  if (stanza.name === 'presence') {
    const id = await intentOf(from).joinRoom(alias);
    seats.set(id, from);
    rooms.set(alias, id);
    await xmpp.send(message({ from: bare, to: from }, 'subject'));
    return;
  }
  const body = stanza.getChildText('body');
  const id = rooms.get(alias);
  if (body === null || id === undefined) return;
  const said = (last.get(id) ?? Promise.resolve()).then(async () => {
    await intentOf(from).sendText(id, body);
    await xmpp.send(message({ from: `${bare}/me`, to: from, id: stanza.attrs.id ?? '' }, 'body', body));
  });
  last.set(id, said);
  await said;
}

appservice.on('room.message', async (id: string, event: { sender: string; content: { body?: string } }) => {
  const to = seats.get(id);
  if (to === undefined || event.sender.startsWith('@_xmpp_')) return;
  const from = [...rooms].find(([, one]) => one === id)?.[0].replace(':', '\\3a');
  await xmpp.send(message({ from: `${from}@${domain}/${event.sender}`, to }, 'body', event.content.body));
});
xmpp.on('stanza', (stanza: Parameters<typeof heard>[0]) => void heard(stanza));
xmpp.on('error', (error: unknown) => console.error(error));
await appservice.begin();
await xmpp.start();
