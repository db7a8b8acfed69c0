import { catalogue } from '#mappings/texts/catalogue.ts';

/** What users are told of Matrix. */
export const texts = catalogue({
  address: {
    en: 'An address here looks like alice:example.org or #room:example.org, with the colon written as \\3a.',
    de: 'Eine Adresse hier sieht aus wie alice:example.org oder #raum:example.org, mit \\3a für den Doppelpunkt.',
  },
  botHelp: (example: string) => ({
    en: `I lead to people on XMPP. Write me an address, such as alice@example.org, and I tell you whom to invite: ${example}`,
    de: `Hier geht es zu Menschen auf XMPP. Auf eine Adresse wie alice@example.org hin steht hier, wen Sie einladen: ${example}`,
  }),
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
  ended: {
    en: 'Your homeserver has ended this login. Log in anew.',
    de: 'Ihr Homeserver hat diese Anmeldung beendet. Melden Sie sich neu an.',
  },
  notRegistered: {
    en: 'The homeserver does not know this gateway: register what matrix-registration writes, and restart it.',
    de: 'Der Homeserver kennt dieses Gateway nicht: Tragen Sie ein, was matrix-registration schreibt, und starten Sie ihn neu.',
  },
  prompt: {
    en: 'Enter the address of a person or room on Matrix, such as @alice:example.org.',
    de: 'Geben Sie die Adresse einer Person oder eines Raumes auf Matrix ein, etwa @alice:example.org.',
  },
  promptLabel: { en: 'Matrix address', de: 'Matrix-Adresse' },
});
