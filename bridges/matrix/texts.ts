import { catalogue } from '#mappings/texts/catalogue.ts';

/** What users are told of Matrix. */
export const texts = catalogue({
  address: {
    en: 'An address here looks like alice:example.org or #room:example.org, with the colon written as \\3a.',
    de: 'Eine Adresse hier sieht aus wie alice:example.org oder #raum:example.org, mit \\3a für den Doppelpunkt.',
  },
  typedAddress: {
    en: 'An address on Matrix looks like @alice:example.org or #room:example.org.',
    de: 'Eine Adresse auf Matrix sieht aus wie @alice:example.org oder #raum:example.org.',
  },
  fileRefused: {
    en: 'The homeserver takes no file of this size.',
    de: 'Der Homeserver nimmt keine Datei dieser Größe.',
  },
  fileUntold: (most: string) => ({
    en: `Where this file is kept does not say how large it is: such files cross up to ${most}.`,
    de: `Wo diese Datei liegt, wird ihre Größe nicht genannt: Solche Dateien kommen bis ${most} durch.`,
  }),
  botHelp: (example: string, contact = '') => ({
    en: `I lead to people on XMPP. Write me an address, such as alice@example.org, and I tell you whom to invite: ${example}. Write "link" for how to use your own account from XMPP. In a room, "!isthmus help" says what I do there.${contact === '' ? '' : ` Who runs me: ${contact}`}`,
    de: `Hier geht es zu Menschen auf XMPP. Auf eine Adresse wie alice@example.org hin steht hier, wen Sie einladen: ${example}. „link“ sagt, wie sich ein eigenes Konto von XMPP aus nutzen lässt. In einem Raum sagt „!isthmus help“, was dort geht.${contact === '' ? '' : ` Betrieben von: ${contact}`}`,
  }),
  botLink: (domain: string) => ({
    en: `To use your own Matrix account from XMPP, register at ${domain} with your XMPP client: it asks for your address and how to log in. I never ask for a password here.`,
    de: `Um ein eigenes Matrix-Konto von XMPP aus zu nutzen, registrieren Sie sich mit Ihrem XMPP-Programm bei ${domain}: Dort wird nach der Adresse und der Anmeldung gefragt. Hier fragt niemand nach einem Passwort.`,
  }),
  botRoomHelp: (contact = '') => ({
    en: `"!isthmus who" says who is here from XMPP. Moderators who may invite decide with "!isthmus allow" and "!isthmus deny" whether people of XMPP may come in; a ban shuts out one of them, and removing me all.${contact === '' ? '' : ` Who runs me: ${contact}`}`,
    de: `„!isthmus who“ sagt, wer von XMPP hier ist. Wer hier moderiert und einladen darf, entscheidet mit „!isthmus allow“ und „!isthmus deny“, ob Menschen von XMPP hereindürfen; eine Sperre schließt eine Person aus, und mich zu entfernen alle.${contact === '' ? '' : ` Betrieben von: ${contact}`}`,
  }),
  botWho: (who: string) => ({
    en: who === '' ? 'Nobody is here from XMPP.' : `From XMPP: ${who}`,
    de: who === '' ? 'Von XMPP ist niemand hier.' : `Von XMPP: ${who}`,
  }),
  botNoSay: {
    en: 'Only moderators who may invite decide that.',
    de: 'Darüber entscheidet nur, wer hier moderiert und einladen darf.',
  },
  botAllowed: {
    en: 'People of XMPP may come in. "!isthmus deny" takes that back.',
    de: 'Menschen von XMPP dürfen hereinkommen. „!isthmus deny“ nimmt das zurück.',
  },
  botDenied: {
    en: 'Nobody of XMPP comes in. Invite me to change that.',
    de: 'Von XMPP kommt niemand herein. Laden Sie mich ein, um das zu ändern.',
  },
  question: (who: string) => ({
    en: `${who} would like to come into this room from XMPP. Moderators who may invite: react to this with 👍 or write "!isthmus allow" to let people of XMPP in, or with 👎 or "!isthmus deny" to refuse.`,
    de: `${who} möchte von XMPP aus in diesen Raum. Wer hier moderiert und einladen darf: 👍 auf diese Nachricht oder „!isthmus allow“ lässt Menschen von XMPP herein, 👎 oder „!isthmus deny“ lehnt ab.`,
  }),
  asked: {
    en: 'The moderators of this room have been asked whether people of XMPP may come in. You are invited as soon as they agree.',
    de: 'Die Moderation dieses Raumes ist gefragt, ob Menschen von XMPP hereindürfen. Sobald sie zustimmt, kommt eine Einladung.',
  },
  mayCome: {
    en: 'The moderators let people of XMPP into this room.',
    de: 'Die Moderation lässt Menschen von XMPP in diesen Raum.',
  },
  refused: {
    en: 'The moderators of this room want nobody of XMPP there.',
    de: 'Die Moderation dieses Raumes möchte niemanden von XMPP dort haben.',
  },
  botFound: (address: string, user: string) => ({
    en: `${address} is ${user} here. Start a chat without encryption with them, or invite them into a room.`,
    de: `${address} ist hier ${user}. Beginnen Sie mit ihnen einen unverschlüsselten Chat, oder laden Sie sie in einen Raum ein.`,
  }),
  encrypted: {
    en: 'This room is encrypted, and what is said there cannot be read or sent from here.',
    de: 'Dieser Raum ist verschlüsselt. Was dort gesagt wird, ist von hier nicht zu lesen, und es geht nichts hin.',
  },
  undecryptable: {
    en: '[An encrypted message, which cannot be read here.]',
    de: '[Eine verschlüsselte Nachricht, die hier nicht zu lesen ist.]',
  },
  forced: {
    en: 'The homeserver has put you into this room.',
    de: 'Der Homeserver hat Sie in diesen Raum gesetzt.',
  },
  otherServer: {
    en: 'Rooms of that server are not open to this gateway.',
    de: 'Räume dieses Servers stehen diesem Gateway nicht offen.',
  },
  otherBridge: {
    en: 'This is somebody on XMPP, by another bridge: write to them on XMPP.',
    de: 'Das ist jemand auf XMPP, über ein anderes Gateway: Schreiben Sie ihnen auf XMPP.',
  },
  ownUser: (bare: string) => ({
    en: `This is ${bare} on XMPP, as people on Matrix see them: write to them on XMPP.`,
    de: `Das ist ${bare} auf XMPP, wie Menschen auf Matrix die Person sehen: Schreiben Sie ihr auf XMPP.`,
  }),
  alreadyRoom: (room: string) => ({
    en: `This room is a room of XMPP already: join ${room}`,
    de: `Dieser Raum ist schon ein Raum auf XMPP: betreten Sie ${room}`,
  }),
  shutOut: (reason: string) => ({
    en: `The rules of this gateway shut this out${reason === '' ? '.' : `: ${reason}`}`,
    de: `Die Regeln dieses Gateways schließen das aus${reason === '' ? '.' : `: ${reason}`}`,
  }),
  noPolicies: (list: string) => ({
    en: `The policy list ${list} cannot be read: the gateway's own user may not enter its room.`,
    de: `Die Sperrliste ${list} ist nicht zu lesen: Der Benutzer des Gateways darf nicht in ihren Raum.`,
  }),
  declined: {
    en: 'This gateway cannot read encrypted rooms. Please start a chat without encryption.',
    de: 'Dieses Gateway kann verschlüsselte Räume nicht lesen. Bitte einen unverschlüsselten Chat beginnen.',
  },
  manyDirects: {
    en: 'You have enough rooms for us two: write to me in one of them.',
    de: 'Sie haben genug Räume für uns zwei: Schreiben Sie mir in einem davon.',
  },
  undelivered: {
    en: 'This message could not be delivered to me.',
    de: 'Diese Nachricht konnte mir nicht zugestellt werden.',
  },
  ended: {
    en: 'Your homeserver has ended this login. Log in anew.',
    de: 'Ihr Homeserver hat diese Anmeldung beendet. Melden Sie sich neu an.',
  },
  endedSoftly: {
    en: 'Your homeserver wants you to log in again. Do so in the same way as before: your rooms and keys stay.',
    de: 'Ihr Homeserver möchte, dass Sie sich noch einmal anmelden. Tun Sie das auf dieselbe Weise wie zuvor: Ihre Räume und Schlüssel bleiben.',
  },
  notReached: (since: string) => ({
    en: `The Matrix homeserver does not answer since ${since} UTC. What you write is kept and sent when it does again.`,
    de: `Der Matrix-Homeserver antwortet seit ${since} UTC nicht. Was Sie schreiben, wird aufbewahrt und geschickt, sobald er es wieder tut.`,
  }),
  reachedAgain: { en: 'The Matrix homeserver answers again.', de: 'Der Matrix-Homeserver antwortet wieder.' },
  notRegistered: {
    en: 'The homeserver does not know the as_token of this gateway: register what matrix-registration writes (Synapse has its file in app_service_config_files), and restart it.',
    de: 'Der Homeserver kennt das as_token dieses Gateways nicht: Tragen Sie ein, was matrix-registration schreibt (bei Synapse als Datei in app_service_config_files), und starten Sie ihn neu.',
  },
  noHomeserver: (url: string) => ({
    en: `No Matrix homeserver answers at ${url}: homeserver.url has to lead to its client-server API.`,
    de: `Unter ${url} antwortet kein Matrix-Homeserver: homeserver.url muss zu seiner Client-Server-API führen.`,
  }),
  unreached: (why: string) => ({
    en: `The homeserver does not reach this gateway at the url of its registration (${why}): http.public_url, or appservice.url, has to lead here from there. Then register what matrix-registration writes, and restart it.`,
    de: `Der Homeserver erreicht dieses Gateway nicht unter der url seiner Registrierung (${why}): http.public_url, oder appservice.url, muss von dort hierher führen. Tragen Sie dann ein, was matrix-registration schreibt, und starten Sie ihn neu.`,
  }),
  elsewhere: (status: number | undefined) => ({
    en: `At the url of its registration the homeserver finds something else than this gateway (M_BAD_STATUS, ${status ?? 'no status'}): look at http.public_url, or appservice.url, and at the proxy before it. Then register what matrix-registration writes, and restart it.`,
    de: `Unter der url seiner Registrierung findet der Homeserver etwas anderes als dieses Gateway (M_BAD_STATUS, ${status ?? 'kein Status'}): Sehen Sie nach http.public_url, oder appservice.url, und dem Proxy davor. Tragen Sie dann ein, was matrix-registration schreibt, und starten Sie ihn neu.`,
  }),
  otherToken: {
    en: 'The homeserver shows this gateway another token than its hs_token: register what matrix-registration writes, and restart it.',
    de: 'Der Homeserver zeigt diesem Gateway ein anderes Token als sein hs_token: Tragen Sie ein, was matrix-registration schreibt, und starten Sie ihn neu.',
  },
  otherId: (id: string) => ({
    en: `The homeserver knows this gateway under another id than "${id}", as from before a change of its domain: register what matrix-registration writes in place of that, and restart it.`,
    de: `Der Homeserver kennt dieses Gateway unter einer anderen id als „${id}“, etwa von vor einem Wechsel der Domain: Tragen Sie statt dessen ein, was matrix-registration schreibt, und starten Sie ihn neu.`,
  }),
  otherName: (found: string, ours: string) => ({
    en: `The homeserver calls this gateway ${found}, the config ${ours}: set homeserver.name and appservice.bot as it has them, and register what matrix-registration writes.`,
    de: `Der Homeserver nennt dieses Gateway ${found}, die Konfiguration ${ours}: Setzen Sie homeserver.name und appservice.bot so, wie er sie hat, und tragen Sie ein, was matrix-registration schreibt.`,
  }),
  unregistered: {
    en: 'The homeserver does not know this gateway any more. Its operator has been told.',
    de: 'Der Homeserver kennt dieses Gateway nicht mehr. Der Betreiber ist benachrichtigt.',
  },
  prompt: {
    en: 'Enter the address of a person or room on Matrix, such as @alice:example.org.',
    de: 'Geben Sie die Adresse einer Person oder eines Raumes auf Matrix ein, etwa @alice:example.org.',
  },
  promptLabel: { en: 'Matrix address', de: 'Matrix-Adresse' },
});
