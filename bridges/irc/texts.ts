import { catalogue } from '#mappings/texts/catalogue.ts';
import { type Words, wordsIn } from '#src/model/language.ts';

/** What others on IRC are told of whoever leaves because of us. */
export const STOPPING_QUIT = 'The gateway is stopping';
export const IDLE_QUIT = 'idle';

/** A time (ms) as far as it matters to whoever waits. */
const duration = (ms: number): string =>
  ms < 120_000 ? `${Math.ceil(ms / 1000)} s` : `${Math.round(ms / 60_000)} min`;

/** What people are told of IRC, beside what its servers say themselves. */
export const texts = catalogue({
  prompt: {
    en: 'Enter a nick or a channel with its server, such as nick on irc.example.org, #channel@irc.example.org or a link.',
    de: 'Geben Sie einen Nick oder einen Kanal mit seinem Server ein, zum Beispiel nick on irc.example.org, #kanal@irc.example.org oder einen Link.',
  },
  promptLabel: { en: 'Nick or channel', de: 'Nick oder Kanal' },
  notListed: (realm: string) => ({
    en: `This gateway does not connect to ${realm}. Its operator can list it.`,
    de: `Dieses Gateway verbindet nicht mit ${realm}. Sein Betreiber kann den Server eintragen.`,
  }),
  notServed: (realm: string) => ({
    en: `This gateway does not connect to ${realm}.`,
    de: `Dieses Gateway verbindet nicht mit ${realm}.`,
  }),
  notConnected: {
    en: 'You are not connected there. Join a channel first.',
    de: 'Dorthin besteht keine Verbindung. Betreten Sie zuerst einen Kanal.',
  },
  connecting: (server: string, tls: boolean) => ({
    en: `Connecting to ${server} (${tls ? 'encrypted' : 'not encrypted'})`,
    de: `Verbindung zu ${server} wird aufgebaut (${tls ? 'verschlüsselt' : 'unverschlüsselt'})`,
  }),
  connected: (network: string, tls: boolean) => ({
    en: `Connected to ${network} (${tls ? 'encrypted' : 'not encrypted'}).`,
    de: `Mit ${network} verbunden (${tls ? 'verschlüsselt' : 'unverschlüsselt'}).`,
  }),
  waits: (realm: string, ms: number) => ({
    en: `Others connect to ${realm} before you. It is your turn in about ${duration(ms)}.`,
    de: `Andere werden vor Ihnen mit ${realm} verbunden. Sie sind in etwa ${duration(ms)} an der Reihe.`,
  }),
  throttled: (realm: string, ms: number) => ({
    en: `${realm} wants to be left alone for a while. It is tried again for you in about ${duration(ms)}.`,
    de: `${realm} möchte eine Weile in Ruhe gelassen werden. In etwa ${duration(ms)} wird es für Sie noch einmal versucht.`,
  }),
  failed: (why: Words) => ({
    en: `Connection failed: ${wordsIn(why, 'en')}`,
    de: `Verbindung fehlgeschlagen: ${wordsIn(why, 'de')}`,
  }),
  lost: (why: Words) => ({
    en: `Connection lost: ${wordsIn(why, 'en')}`,
    de: `Verbindung abgebrochen: ${wordsIn(why, 'de')}`,
  }),
  broke: { en: 'something broke in the gateway.', de: 'Im Gateway ist ein Fehler aufgetreten.' },
  closed: (host: string) => ({
    en: `${host} closed the connection.`,
    de: `${host} hat die Verbindung geschlossen.`,
  }),
  closedFor: (host: string, reason: string) => ({
    en: `${host} closed the connection: ${reason}`,
    de: `${host} hat die Verbindung geschlossen: ${reason}`,
  }),
  keptOut: (host: string, reason: string) => ({
    en: `${host} lets nobody in from here${reason === '' ? '.' : `: ${reason}`}`,
    de: `${host} lässt von hier niemanden herein${reason === '' ? '.' : `: ${reason}`}`,
  }),
  keptOutStill: (why: Words, ms: number) => ({
    en: `${wordsIn(why, 'en')} (You can try again in about ${duration(ms)}.)`,
    de: `${wordsIn(why, 'de')} (In etwa ${duration(ms)} können Sie es noch einmal versuchen.)`,
  }),
  serverSays: (what: Words, said: string) => ({
    en: `${wordsIn(what, 'en')} The server says: "${said}"`,
    de: `${wordsIn(what, 'de')} Der Server sagt: „${said}“`,
  }),
  silent: { en: 'The server does not answer any more.', de: 'Der Server antwortet nicht mehr.' },
  notAnswered: { en: 'The server has not answered this.', de: 'Der Server hat darauf nicht geantwortet.' },
  slowLogin: {
    en: 'The server did not finish the login in time.',
    de: 'Der Server hat die Anmeldung nicht rechtzeitig abgeschlossen.',
  },
  givenUp: { en: 'The attempt to connect was given up.', de: 'Der Verbindungsversuch wurde aufgegeben.' },
  quit: { en: 'You have quit.', de: 'Sie haben sich abgemeldet.' },
  loggedIn: (account: string) => ({
    en: `You are logged in as ${account}.`,
    de: `Sie sind als ${account} angemeldet.`,
  }),
  idle: {
    en: 'You have said nothing here for so long that this gateway has disconnected you. Join a channel to be back.',
    de: 'Sie haben hier so lange nichts gesagt, dass dieses Gateway Sie abgemeldet hat. Betreten Sie einen Kanal, um wieder da zu sein.',
  },
  notWithout: (why: Words) => ({
    en: `${wordsIn(why, 'en')} You were not connected without it.`,
    de: `${wordsIn(why, 'de')} Ohne Anmeldung wurde nicht verbunden.`,
  }),
  notLoggedInAgain: (why: Words) => ({
    en: `Your account could not be logged in again: ${wordsIn(why, 'en')}`,
    de: `Ihr Konto konnte nicht wieder angemeldet werden: ${wordsIn(why, 'de')}`,
  }),
  loggedOut: { en: 'You are logged out.', de: 'Sie sind abgemeldet.' },
  leftBefore: {
    en: 'You left the channel before this could be sent.',
    de: 'Sie haben den Kanal verlassen, bevor das gesendet werden konnte.',
  },
  upgraded: {
    en: 'The server is to be reached over an encrypted connection.',
    de: 'Der Server will über eine verschlüsselte Verbindung erreicht werden.',
  },
  silentServices: (host: string) => ({
    en: `The login service of ${host} does not answer, and you have an account there.`,
    de: `Der Anmeldedienst von ${host} antwortet nicht, und Sie haben dort ein Konto.`,
  }),
  untrueServices: {
    en: 'The login service could not show that it knows your password.',
    de: 'Der Anmeldedienst konnte nicht zeigen, dass er Ihr Passwort kennt.',
  },
  badCertificate: {
    en: 'The certificate and the private key to log in with are not PEM, or do not belong together.',
    de: 'Das Zertifikat und der private Schlüssel für die Anmeldung sind kein PEM oder gehören nicht zusammen.',
  },
  badAuthorities: {
    en: 'The operator of this gateway has to look after the authorities that it trusts for this server.',
    de: 'Der Betreiber dieses Gateways muss nach den Zertifizierungsstellen sehen, denen es für diesen Server vertraut.',
  },
  noSasl: (host: string) => ({
    en: `${host} offers no login (SASL PLAIN) at the moment, and you have an account there.`,
    de: `${host} bietet im Moment keine Anmeldung an (SASL PLAIN), und Sie haben dort ein Konto.`,
  }),
  notAccepted: (host: string, said: string) => ({
    en: `${host} does not accept your account: ${said}`,
    de: `${host} nimmt Ihr Konto nicht an: ${said}`,
  }),
  notEncrypted: (realm: string) => ({
    en: `The connection to ${realm} is not encrypted, so no password is sent there. The operator of this gateway can change that.`,
    de: `Die Verbindung zu ${realm} ist nicht verschlüsselt, deshalb wird dorthin kein Passwort geschickt. Der Betreiber dieses Gateways kann das ändern.`,
  }),
  noPort: (realm: string) => ({
    en: `No port of ${realm} is set to connect to.`,
    de: `Für ${realm} ist kein Port eingestellt.`,
  }),
  services: { en: 'Account with services', de: 'Konto bei den Diensten' },
  accountWith: (realm: string) => ({ en: `Account with ${realm}`, de: `Konto bei ${realm}` }),
  accountInstructions: (realm: string) => ({
    en: `The account that you have with the services of ${realm}. From the next connection on you are logged in with it, or not connected.`,
    de: `Das Konto, das Sie bei den Diensten von ${realm} haben. Ab der nächsten Verbindung werden Sie damit angemeldet oder gar nicht verbunden.`,
  }),
  account: { en: 'Account', de: 'Konto' },
  password: { en: 'Password', de: 'Passwort' },
  nickToAsk: { en: 'Nick to ask for', de: 'Gewünschter Nick' },
  noAccount: {
    en: 'This cannot be an account or a password.',
    de: 'Das kann kein Konto oder Passwort sein.',
  },
  goesOn: (channel: string) => ({ en: `It goes on in ${channel}.`, de: `Es geht in ${channel} weiter.` }),
  calledThere: (channel: string) => ({
    en: `On this server the channel is called ${channel}.`,
    de: `Auf diesem Server heißt der Kanal ${channel}.`,
  }),
  forced: {
    en: 'The server has put you into this channel.',
    de: 'Der Server hat Sie in diesen Kanal gesetzt.',
  },
  modeChanged: (channel: string, modes: string, by: string) => ({
    en: `Mode ${channel} [${modes}] by ${by}`,
    de: `Modus ${channel} [${modes}] von ${by}`,
  }),
  invited: (nick: string, channel: string) => ({
    en: `${nick} has been invited to ${channel}`,
    de: `${nick} wurde nach ${channel} eingeladen`,
  }),
  invitedBy: (by: string, nick: string, channel: string) => ({
    en: `${by} has invited ${nick} to ${channel}`,
    de: `${by} hat ${nick} nach ${channel} eingeladen`,
  }),
  moderated: { en: 'Only those with a voice may speak (+m)', de: 'Nur wer Rederecht hat, darf sprechen (+m)' },
  membersOnly: { en: 'Only those who were invited may enter (+i)', de: 'Nur wer eingeladen ist, darf herein (+i)' },
  subjectByAll: { en: 'Everybody may change the subject (-t)', de: 'Alle dürfen das Thema ändern (-t)' },
  public: { en: 'The channel is listed (-s)', de: 'Der Kanal steht in der Liste (-s)' },
  keyNeeded: { en: 'A key is needed (+k)', de: 'Ein Schlüssel ist nötig (+k)' },
  key: { en: 'The key; leave it empty to keep it', de: 'Der Schlüssel; leer bleibt er, wie er ist' },
  limit: { en: 'At most so many people (+l)', de: 'Höchstens so viele Personen (+l)' },
  keyMissing: { en: 'The key is missing.', de: 'Der Schlüssel fehlt.' },
  badKey: {
    en: 'A channel key is one word without commas.',
    de: 'Der Schlüssel eines Kanals ist ein Wort ohne Kommas.',
  },
  badLimit: {
    en: 'The limit is a number of people, or empty.',
    de: 'Die Grenze ist eine Anzahl von Personen oder leer.',
  },
  whichServer: {
    en: 'Say on which server: nick on irc.example.org, or #channel@irc.example.org.',
    de: 'Auf welchem Server? Zum Beispiel: nick on irc.example.org oder #kanal@irc.example.org.',
  },
  oneLine: { en: 'This is more than one line.', de: 'Das ist mehr als eine Zeile.' },
  noCommand: {
    en: 'A line to the server begins with a command, such as WHOIS nick.',
    de: 'Eine Zeile an den Server beginnt mit einem Befehl, zum Beispiel WHOIS nick.',
  },
  ours: (command: string) => ({
    en: `The gateway takes care of ${command} by itself.`,
    de: `Um ${command} kümmert sich das Gateway selbst.`,
  }),
  badCharacters: {
    en: 'This holds characters that a line on IRC cannot carry.',
    de: 'Das enthält Zeichen, die eine Zeile im IRC nicht übertragen kann.',
  },
  longTopic: (most: number) => ({
    en: `A subject has at most ${most} bytes there.`,
    de: `Ein Thema hat dort höchstens ${most} Byte.`,
  }),
  longLine: { en: 'The server sent a line that is too long.', de: 'Der Server hat eine zu lange Zeile geschickt.' },
  noName: {
    en: 'This cannot be the name of a channel or of a person on IRC.',
    de: 'Das kann kein Name eines Kanals oder einer Person im IRC sein.',
  },
  noPerson: {
    en: 'This cannot be the name of a person on IRC.',
    de: 'Das kann kein Name einer Person im IRC sein.',
  },
  address: {
    en: 'An address on IRC looks like #channel%irc.example.org, nick%irc.example.org or irc.example.org.',
    de: 'Eine Adresse im IRC sieht so aus: #kanal%irc.example.org, nick%irc.example.org oder irc.example.org.',
  },
});

/** What people can set is called so. */
export const settingTexts = catalogue({
  address: { en: 'Address', de: 'Adresse' },
  ports: { en: 'Ports without TLS, where there are none with it', de: 'Ports ohne TLS, wenn es keine mit TLS gibt' },
  tlsPorts: { en: 'TLS ports', de: 'Ports mit TLS' },
  verify: { en: 'Verify the certificate', de: 'Zertifikat prüfen' },
  fingerprint: {
    en: 'SHA-256 fingerprint of the certificate to trust',
    de: 'SHA-256-Fingerabdruck des Zertifikats, dem vertraut wird',
  },
  saslUsername: { en: 'SASL account; your nick where empty', de: 'SASL-Konto; Ihr Nick, wenn leer' },
  saslPassword: { en: 'SASL password', de: 'SASL-Passwort' },
  saslCertificate: {
    en: 'Certificate to log in with (PEM, SASL EXTERNAL)',
    de: 'Zertifikat für die Anmeldung (PEM, SASL EXTERNAL)',
  },
  saslKey: { en: 'Its private key (PEM)', de: 'Sein privater Schlüssel (PEM)' },
  nick: { en: 'Nick, whichever a channel is joined with', de: 'Nick, mit welchem auch immer ein Kanal betreten wird' },
  pass: { en: 'Server password', de: 'Passwort des Servers' },
  commands: { en: 'IRC commands after connecting', de: 'IRC-Befehle nach dem Verbinden' },
  username: { en: 'User name', de: 'Benutzername' },
  realname: { en: 'Real name', de: 'Echter Name' },
  throttle: {
    en: 'Lines that may go at once; after that one a second',
    de: 'Zeilen, die auf einmal gehen dürfen; danach eine je Sekunde',
  },
  historyLength: {
    en: 'How many earlier messages you are shown when you join a channel',
    de: 'Wie viele frühere Nachrichten Sie beim Betreten eines Kanals sehen',
  },
  encodingIn: {
    en: 'Character set of lines that are not UTF-8',
    de: 'Zeichensatz von Zeilen, die nicht UTF-8 sind',
  },
  encodingOut: { en: 'Character set of what is sent', de: 'Zeichensatz von dem, was gesendet wird' },
});

/** What can be typed in a channel. */
export const commandTexts = catalogue({
  nick: { en: 'Nick', de: 'Nick' },
  text: { en: 'Text', de: 'Text' },
  reason: { en: 'Reason', de: 'Grund' },
  modes: { en: 'Modes', de: 'Modi' },
  subject: { en: 'Subject', de: 'Thema' },
  mode: { en: 'Change the modes of the channel', de: 'Die Modi des Kanals ändern' },
  topic: { en: 'Show or change the subject', de: 'Das Thema zeigen oder ändern' },
  kick: { en: 'Put somebody out', de: 'Jemanden hinauswerfen' },
  ban: { en: 'Ban somebody', de: 'Jemanden verbannen' },
  unban: { en: 'Lift a ban', de: 'Einen Bann aufheben' },
  op: { en: 'Make somebody an operator', de: 'Jemanden zum Operator machen' },
  deop: { en: 'Make somebody an operator no longer', de: 'Jemandem den Operator nehmen' },
  voice: { en: 'Give somebody a voice', de: 'Jemandem Rederecht geben' },
  devoice: { en: "Take somebody's voice", de: 'Jemandem das Rederecht nehmen' },
  invite: { en: 'Invite somebody', de: 'Jemanden einladen' },
  lists: { en: 'Lists of the channel', de: 'Listen des Kanals' },
  listsHow: {
    en: 'A mask (nick!user@host) in each line. What you add or remove is asked of the server; what it refuses is told from its address.',
    de: 'Eine Maske (nick!user@host) in jeder Zeile. Was Sie hinzufügen oder entfernen, wird vom Server verlangt; was er ablehnt, sagt seine Adresse.',
  },
  bans: { en: 'Banned', de: 'Verbannt' },
  quiets: { en: 'May not speak', de: 'Dürfen nicht sprechen' },
  exceptions: { en: 'No ban keeps them out', de: 'Kein Bann hält sie fern' },
  invites: { en: 'Let in where only the invited are', de: 'Eingelassen, wo nur Eingeladene es sind' },
  noLists: { en: 'This channel has no lists.', de: 'Dieser Kanal hat keine Listen.' },
  listsChanged: (count: number) => ({
    en: count === 0 ? 'Nothing was changed.' : `${count} ${count === 1 ? 'change was' : 'changes were'} asked for.`,
    de:
      count === 0
        ? 'Nichts wurde geändert.'
        : `${count} ${count === 1 ? 'Änderung wurde' : 'Änderungen wurden'} verlangt.`,
  }),
  changeNick: { en: 'Change your nick', de: 'Den eigenen Nick ändern' },
  part: { en: 'Leave the channel', de: 'Den Kanal verlassen' },
  message: { en: 'Write to somebody', de: 'Jemandem schreiben' },
  notice: { en: 'Send a notice', de: 'Eine Notiz senden' },
  whois: { en: 'Ask who somebody is', de: 'Fragen, wer jemand ist' },
  away: { en: 'Be away, or back', de: 'Abwesend sein, oder wieder da' },
  quit: { en: 'Leave the server', de: 'Den Server verlassen' },
  raw: { en: 'Send a line of IRC', de: 'Eine Zeile IRC senden' },
});

/** Commands of the gateway and of a server. */
export const serverCommandTexts = catalogue({
  ping: { en: 'Ping the gateway', de: 'Das Gateway anpingen' },
  hello: { en: 'Be greeted', de: 'Begrüßt werden' },
  helloInstructions: { en: 'Fill in how you are called.', de: 'Tragen Sie ein, wie Sie heißen.' },
  name: { en: 'Your name', de: 'Ihr Name' },
  greeting: (name: string) => ({ en: `Hello ${name}!`, de: `Hallo ${name}!` }),
  disconnectServers: { en: 'Disconnect from IRC servers', de: 'Verbindungen zu IRC-Servern trennen' },
  whose: { en: 'Whose connections?', de: 'Wessen Verbindungen?' },
  jid: { en: 'JID', de: 'Adresse' },
  whichServers: { en: 'From which servers?', de: 'Von welchen Servern?' },
  servers: { en: 'Servers', de: 'Server' },
  quitMessage: { en: 'What others are told', de: 'Was andere lesen' },
  quitDefault: { en: 'Disconnected on request', de: 'Auf Wunsch getrennt' },
  notConnected: (jid: string) => ({
    en: `${jid} is not connected to any IRC server.`,
    de: `${jid} ist mit keinem IRC-Server verbunden.`,
  }),
  disconnected: (jid: string, count: number) => ({
    en: `${jid} was disconnected from ${count} IRC ${count === 1 ? 'server' : 'servers'}.`,
    de: `${jid} wurde von ${count} IRC-${count === 1 ? 'Server' : 'Servern'} getrennt.`,
  }),
  disconnectUser: { en: 'Disconnect users', de: 'Benutzer trennen' },
  whichUsers: {
    en: 'Choose whose connections end, and what others are told.',
    de: 'Wählen Sie, wessen Verbindungen enden, und was andere lesen.',
  },
  users: { en: 'Users', de: 'Benutzer' },
  nobody: { en: 'No user is connected.', de: 'Kein Benutzer ist verbunden.' },
  usersDisconnected: (count: number) =>
    count === 1
      ? { en: '1 user has been disconnected.', de: '1 Benutzer wurde getrennt.' }
      : { en: `${count} users have been disconnected.`, de: `${count} Benutzer wurden getrennt.` },
  byOperator: { en: 'Disconnected by the operator', de: 'Vom Betreiber getrennt' },
  reload: { en: 'Read the configuration anew', de: 'Die Konfiguration neu lesen' },
  noReload: {
    en: 'The configuration is read when the gateway starts. Restart it: rooms and clients stay as they are.',
    de: 'Die Konfiguration wird beim Start gelesen. Starten Sie das Gateway neu: Räume und Clients bleiben, wie sie sind.',
  },
  info: { en: 'Your connection to this server', de: 'Ihre Verbindung zu diesem Server' },
  notThere: (realm: string) => ({
    en: `You are not connected to the IRC server ${realm}.`,
    de: `Sie sind mit dem IRC-Server ${realm} nicht verbunden.`,
  }),
  connectedTo: (server: string, tls: boolean, since: string, seconds: number) => ({
    en: `Connected to IRC server ${server}${tls ? ' (using TLS)' : ''} since ${since} (${seconds} seconds ago).`,
    de: `Mit dem IRC-Server ${server} verbunden${tls ? ' (mit TLS)' : ''} seit ${since} (vor ${seconds} Sekunden).`,
  }),
  from: (channel: string, count: number, resources: string) => ({
    en: `${channel} from ${count} ${count === 1 ? 'resource' : 'resources'}: ${resources}`,
    de: `${channel} von ${count} ${count === 1 ? 'Ressource' : 'Ressourcen'}: ${resources}`,
  }),
});
