import { html, raw } from 'hono/html';
import { renderDevices } from './page-devices.ts';

/** What the page shows and where it logs in. */
export interface PageFacts {
  readonly websocketUrl: string;
  readonly jid: string;
  readonly password: string;
  readonly nick: string;
  /** The channel's JID behind the gateway, its name on IRC, and the server's address for IRC clients. */
  readonly room: string;
  readonly channel: string;
  readonly ircAddress: string;
  /** The number of the phone on the page, if there is one, and its JID behind the gateway. */
  readonly phone?: { readonly number: string; readonly jid: string };
  /** Whose mailbox is on the page, if there is one, and its JID behind the gateway. */
  readonly mailbox?: { readonly name: string; readonly address: string; readonly jid: string };
  /** Who is in the room on Matrix that is on the page, if there is one, its alias, and its JID behind the gateway. */
  readonly matrix?: { readonly name: string; readonly alias: string; readonly jid: string } | undefined;
}

/** The page: a header that explains, and Converse.js logged in and in the room. */
export function renderPage(facts: PageFacts) {
  const { phone, mailbox, matrix } = facts;
  const hasDevices = phone !== undefined || mailbox !== undefined;
  const beside = matrix ? 'SMS, mail and Matrix' : 'a phone on SMS and a mailbox';
  const contacts = [
    ...(phone ? [{ jid: phone.jid, name: 'A phone', button: 'write' }] : []),
    ...(mailbox ? [{ jid: mailbox.jid, name: mailbox.name, button: 'write-mail' }] : []),
  ];
  const rooms = matrix ? [{ jid: matrix.jid, nick: facts.nick, button: 'join-matrix' }] : [];
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Isthmus demo</title>
<link rel="icon" href="data:image/svg+xml,${encodeURIComponent(icon)}">
<link rel="stylesheet" href="/converse/converse.min.css">
<style>${raw(style)}</style>
${hasDevices && [...styleSheets, ...(matrix ? [matrixSheet] : [])].map((href) => html`<link rel="stylesheet" href="${href}">`)}
</head>
<body${hasDevices && raw(' class="with-devices"')}>
<header>
  <h1>${raw(icon)}Isthmus</h1>
  <p>You are <b>${facts.nick}</b>, and this is an XMPP client. The room below is the channel <b>${facts.channel}</b> of a real
  IRC server, everybody else in it is on IRC. Any IRC client can come in too: <code>${facts.ircAddress}</code>${hasDevices && html`<span class="beside">. On the right are ${beside}.</span>`}</p>
  <ol>${raw(chain(matrix ? 'IRC, SMS, email, Matrix' : 'IRC, SMS, email'))}</ol>
</header>
<main><converse-root></converse-root></main>
${hasDevices && renderDevices(facts)}
<script type="module">
// Converse leaves elements alone that exist: its login screen's footer would load pictures from the Internet.
customElements.define('converse-footer', class extends HTMLElement {});
await import('/converse/converse.min.js');
// Phone and mailbox are contacts, and a button opens the chat with each.
function befriend(api, { jid, name, button }) {
  api.listen.once('rosterContactsFetched', () => api.contacts.add({ jid, name }));
  document.getElementById(button).addEventListener('click', () => api.chats.open(jid, {}, true));
}
// A button opens a room: who is in it already does not join it once more.
function visit(api, { jid, nick, button }, { ENTERED }) {
  const element = document.getElementById(button);
  const outside = element.textContent;
  element.addEventListener('click', () => api.rooms.open(jid, { nick }, true));
  api.listen.on('chatRoomInitialized', (room) => {
    if (room.get('jid') !== jid) return;
    const tell = () => (element.textContent = room.session.get('connection_status') === ENTERED ? 'Go to the room' : outside);
    room.session.on('change:connection_status', tell);
  });
}
// Converse tells of status 100 and 170 whatever its settings say, and here they say nothing to the visitor.
converse.plugins.add('isthmus-demo', {
  dependencies: ['converse-muc'],
  initialize() {
    for (const code of ['100', '170']) this._converse.labels.muc.STATUS_CODE_MESSAGES[code] = '';
    for (const contact of ${raw(inScript(contacts))}) befriend(this._converse.api, contact);
    for (const room of ${raw(inScript(rooms))}) visit(this._converse.api, room, this._converse.constants.ROOMSTATUS);
  },
});
converse.initialize(${raw(inScript(settings(facts)))});
</script>
</body>
</html>`;
}

function settings(facts: PageFacts) {
  return {
    view_mode: 'fullscreen',
    theme: 'nordic',
    dark_theme: 'nordic',
    assets_path: '/converse/',
    i18n: 'en',
    loglevel: 'warn',
    authentication: 'login',
    auto_login: true,
    jid: facts.jid,
    password: facts.password,
    websocket_url: facts.websocketUrl,
    discover_connection_methods: false,
    reuse_scram_keys: false,
    keepalive: false, // each visit is a new session
    persistent_store: 'sessionStorage',
    auto_join_rooms: [{ jid: facts.room, nick: facts.nick, name: facts.channel }],
    roster_groups: false,
    show_self_in_roster: false,
    autocomplete_providers_url: '',
    nickname: facts.nick,
    clear_cache_on_logout: true,
    allow_registration: false,
    allow_url_history_change: false,
    muc_search_service: null, // the default asks a server on the Internet
    embed_3rd_party_media_players: false,
    render_media: false,
    fetch_url_headers: false,
    play_sounds: false,
    show_desktop_notifications: false,
    omemo_default: false,
    whitelisted_plugins: ['isthmus-demo'],
    blacklisted_plugins: ['converse-omemo', 'converse-push', 'converse-register'],
  };
}

/** JSON that can stand in a script element: no `<` that could end it. */
function inScript(value: unknown): string {
  return JSON.stringify(value, null, 1).replaceAll('<', '\\u003c');
}

const styleSheets = ['/devices/devices.css', '/phone/phone.css', '/mailbox/mailbox.css'];
const matrixSheet = '/matrix/matrix.css';

const chain = (networks: string): string =>
  [
    '<li>This page<small>XMPP client</small></li>',
    '<li>Prosody<small>XMPP server</small></li>',
    '<li class="us">Isthmus<small>gateway</small></li>',
    `<li>${networks}<small>networks</small></li>`,
  ].join('<li class="between">⇄</li>');

const icon =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32" width="28" height="28"><rect width="32" height="32" rx="7" fill="#0b5d7a"/><path d="M3 8h7c5 0 5 6 6 6s1-6 6-6h7v16h-7c-5 0-5-6-6-6s-1 6-6 6H3z" fill="#f2c14e"/></svg>';

// The fullscreen client is laid out for the whole window; here it gets what the header leaves of it.
const style = `
:root { --header: 92px; --devices: 0px; }
html, body { height: 100%; margin: 0; overflow: hidden; }
body { font-family: system-ui, sans-serif; }
header { box-sizing: border-box; height: var(--header); overflow: hidden; display: flex; align-items: center; gap: 1.6rem;
  padding: 0 1.2rem; background: #10222b; color: #dfe9ed; font-size: 14px; line-height: 1.5; }
header h1 { display: flex; align-items: center; gap: .6rem; margin: 0; font-size: 21px; color: #fff; }
header p { margin: 0; flex: 1; }
header b { color: #fff; }
header code { color: #f2c14e; background: none; padding: 0; font-size: inherit; }
header ol { display: flex; align-items: center; margin: 0; padding: 0; list-style: none; font-size: 12px; text-align: center; }
header li { border: 1px solid #3f5a66; border-radius: 6px; padding: .25rem .6rem; line-height: 1.3; white-space: nowrap; }
header li small { display: block; color: #9fb4bd; font-size: 11px; }
header li.between { border: 0; padding: .25rem .4rem; color: #9fb4bd; }
header li.us { border-color: #f2c14e; color: #f2c14e; font-weight: 600; }
main { position: relative; margin-right: var(--devices); height: calc(100vh - var(--header)); transform: translateZ(0); }
main converse-root.converse-fullscreen { position: absolute; inset: 0; height: 100%; width: 100%;
  --fullpage-chat-height: calc(100vh - var(--header)) !important;
  --muc-color: #1c6b86 !important; --muc-rgb: 28, 107, 134 !important; }
/* What is new stands among the contacts anyway. */
[data-group='New messages'] { display: none !important; }
@media (max-width: 900px) { header .beside { display: none; } }
@media (max-width: 1150px) { header ol { display: none; } }
@media (max-width: 700px) { :root { --header: 120px; } header { font-size: 12px; } header h1 { display: none; } }
`;
