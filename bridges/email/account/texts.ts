import { catalogue } from '#mappings/texts/catalogue.ts';
import { type Words, wordsIn } from '#src/model/language.ts';

/** What is told of a login that was given up. */
export const loginEnds = catalogue({
  revoked: { en: 'Your provider has ended the login.', de: 'Ihr Anbieter hat die Anmeldung beendet.' },
  failed: {
    en: 'Your provider could not be told that the login is over: end it on its page.',
    de: 'Ihrem Anbieter war nicht zu sagen, dass die Anmeldung vorbei ist: Beenden Sie sie auf seiner Seite.',
  },
  unknown: {
    en: 'Your provider does not know yet that the login is over: end it on its page.',
    de: 'Ihr Anbieter weiß noch nicht, dass die Anmeldung vorbei ist: Beenden Sie sie auf seiner Seite.',
  },
});

/** What users are told of their own mailboxes. */
export const accountTexts = catalogue({
  title: { en: 'Your own mailbox', de: 'Ihr eigenes Postfach' },
  byPassword: { en: 'Your own mailbox, with a password', de: 'Ihr eigenes Postfach, mit Passwort' },
  byOauth: {
    en: 'Your own mailbox, on your provider’s page and without a password',
    de: 'Ihr eigenes Postfach, auf der Seite Ihres Anbieters und ohne Passwort',
  },
  consent: {
    en: 'Mails go from your own address, and what comes into your mailbox is shown here. This gateway keeps your login, sealed.',
    de: 'E-Mails gehen von Ihrer eigenen Adresse aus, und was in Ihr Postfach kommt, wird hier gezeigt. Dieses Gateway bewahrt Ihre Anmeldung versiegelt auf.',
  },
  servers: {
    en: 'Are these your provider’s servers? They will get your password.',
    de: 'Sind das die Server Ihres Anbieters? Sie bekommen Ihr Passwort.',
  },
  address: { en: 'Mail address', de: 'E-Mail-Adresse' },
  imap: { en: 'Server for incoming mail (IMAP)', de: 'Server für eingehende E-Mails (IMAP)' },
  submission: { en: 'Server for outgoing mail (SMTP)', de: 'Server für ausgehende E-Mails (SMTP)' },
  user: { en: 'User name', de: 'Benutzername' },
  password: {
    en: 'Password (an app password, where your provider wants one)',
    de: 'Passwort (ein App-Passwort, wenn Ihr Anbieter eines verlangt)',
  },
  open: (code: string) =>
    code === ''
      ? { en: 'Open this page and log in there.', de: 'Öffnen Sie diese Seite und melden Sie sich dort an.' }
      : {
          en: `Open this page, log in there and enter this code: ${code}`,
          de: `Öffnen Sie diese Seite, melden Sie sich dort an und geben Sie diesen Code ein: ${code}`,
        },
  waiting: {
    en: 'Waiting until you have logged in there.',
    de: 'Es wird gewartet, bis Sie sich dort angemeldet haben.',
  },
  ourClient: {
    en: 'This gateway is not let in at your provider; those who run it have to see to that.',
    de: 'Dieses Gateway wird bei Ihrem Anbieter nicht eingelassen; das muss sein Betreiber in Ordnung bringen.',
  },
  clientRefused: (client: string, word: string) => ({
    en: `A provider of mailboxes renews no tokens for this gateway (client ${client}): ${word}`,
    de: `Ein Anbieter von Postfächern erneuert für dieses Gateway keine Tokens (Client ${client}): ${word}`,
  }),
  denied: { en: 'Your provider has refused it.', de: 'Ihr Anbieter hat es abgelehnt.' },
  notOffered: {
    en: 'Own mailboxes cannot be linked here.',
    de: 'Eigene Postfächer lassen sich hier nicht einbinden.',
  },
  otherDomain: {
    en: 'Mailboxes of this domain cannot be linked here.',
    de: 'Postfächer dieser Domain lassen sich hier nicht einbinden.',
  },
  noOauth: {
    en: 'For this provider it only works with a password.',
    de: 'Bei diesem Anbieter geht es nur mit einem Passwort.',
  },
  noServer: (text: string) => ({
    en: `“${text}” is no server with a port that mail comes by, such as imap.example.com:993.`,
    de: `„${text}“ ist kein Server mit einem Port für E-Mails, wie etwa imap.example.com:993.`,
  }),
  wrongPassword: (help = '') => ({
    en: `Your mail server refuses the login${help && `: “${help}”`}. Link your mailbox again, with the right password.`,
    de: `Ihr Mailserver weist die Anmeldung zurück${help && `: „${help}“`}. Binden Sie Ihr Postfach mit dem richtigen Passwort neu ein.`,
  }),
  noTls: {
    en: 'Your mail server cannot be spoken to in secret (TLS), or is not who it should be. It got no password.',
    de: 'Mit Ihrem Mailserver ist nicht vertraulich zu sprechen (TLS), oder er ist nicht, wer er sein sollte. Ein Passwort hat er nicht bekommen.',
  },
  goodbye: (words: string) => ({
    en: `Your mail server ends the connection: “${words}”`,
    de: `Ihr Mailserver beendet die Verbindung: „${words}“`,
  }),
  noPasswordLogin: {
    en: 'Your mail server takes no passwords from other programs.',
    de: 'Ihr Mailserver nimmt von anderen Programmen keine Passwörter an.',
  },
  noTokenLogin: {
    en: 'Your mail server takes no login on the page of its provider.',
    de: 'Ihr Mailserver nimmt keine Anmeldung über die Seite des Anbieters an.',
  },
  appPassword: {
    en: 'This provider wants an app password here, which is made in the settings of your account there.',
    de: 'Dieser Anbieter verlangt hier ein App-Passwort, das in den Einstellungen Ihres Kontos dort erzeugt wird.',
  },
  enabledFirst: {
    en: 'With this provider, other programs have to be let in first (IMAP), in the settings of your mailbox there; who logs in there with a second factor needs an app password.',
    de: 'Bei diesem Anbieter müssen andere Programme (IMAP) erst in den Einstellungen Ihres Postfachs erlaubt werden; wer sich dort mit zweitem Faktor anmeldet, braucht ein App-Passwort.',
  },
  noPasswords: {
    en: 'This provider takes no passwords from other programs. Its mailboxes can be linked here only by a login on its page, if the operator of this gateway offers that.',
    de: 'Dieser Anbieter nimmt von anderen Programmen keine Passwörter an. Seine Postfächer lassen sich hier nur mit einer Anmeldung auf seiner Seite einbinden, wenn der Betreiber dieses Gateways das anbietet.',
  },

  ended: {
    en: 'Your provider has ended the login. Link your mailbox again.',
    de: 'Ihr Anbieter hat die Anmeldung beendet. Binden Sie Ihr Postfach neu ein.',
  },
  told: (address: string, why: string) => ({
    en: `Your mailbox ${address} cannot be read: ${why} The command is “realm-register”.`,
    de: `Ihr Postfach ${address} kann nicht gelesen werden: ${why} Der Befehl heißt „realm-register“.`,
  }),
  unlinked: (address: string, login: Words) => ({
    en: `Your mailbox ${address} is not linked any more: its login and how far it was read are removed here. What was said stays, and your mails go from the gateway again. ${wordsIn(login, 'en')}`.trim(),
    de: `Ihr Postfach ${address} ist nicht mehr eingebunden: Die Anmeldung und wie weit es gelesen war, sind hier gelöscht. Was gesagt wurde, bleibt, und Ihre E-Mails gehen wieder vom Gateway aus. ${wordsIn(login, 'de')}`.trim(),
  }),
  refusedSender: {
    en: 'Your mail server does not take this mail from you.',
    de: 'Ihr Mailserver nimmt diese E-Mail von Ihnen nicht an.',
  },
  noFolder: (name: string) => ({
    en: `Your mailbox has no folder “${name}”, which your settings name.`,
    de: `Ihr Postfach hat keinen Ordner „${name}“, den Ihre Einstellungen nennen.`,
  }),
  notTaken: (from: string, subject: string) => ({
    en: `A mail from ${from} is too large or cannot be read here: “${subject}”. It is in your mailbox.`,
    de: `Eine E-Mail von ${from} ist zu groß oder hier nicht lesbar: „${subject}“. Sie liegt in Ihrem Postfach.`,
  }),
  moreNotTaken: {
    en: 'More mails are too large or cannot be read here. They are in your mailbox.',
    de: 'Weitere E-Mails sind zu groß oder hier nicht lesbar. Sie liegen in Ihrem Postfach.',
  },
  // Settings.
  folders: {
    en: 'Own mailbox: the folders that are read, with commas between them',
    de: 'Eigenes Postfach: Die Ordner, die gelesen werden, durch Kommas getrennt',
  },
  senders: {
    en: 'Own mailbox: only mails of these addresses or domains, with commas between them. Empty: of everybody',
    de: 'Eigenes Postfach: Nur E-Mails dieser Adressen oder Domains, durch Kommas getrennt. Leer: von allen',
  },
  seen: {
    en: 'Own mailbox: mark as read what was shown here',
    de: 'Eigenes Postfach: Als gelesen markieren, was hier gezeigt wurde',
  },
  move: {
    en: 'Own mailbox: move what was shown here into this folder. Empty: nowhere',
    de: 'Eigenes Postfach: In diesen Ordner verschieben, was hier gezeigt wurde. Leer: nirgendwohin',
  },
  elsewhere: {
    en: 'Own mailbox: show what I write in other mail programs',
    de: 'Eigenes Postfach: Zeigen, was ich in anderen Mailprogrammen schreibe',
  },
  copy: {
    en: 'Own mailbox: keep a copy of what I send in the folder for sent mail',
    de: 'Eigenes Postfach: Eine Kopie dessen, was ich sende, im Ordner für Gesendetes ablegen',
  },
});
