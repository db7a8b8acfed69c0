import { catalogue } from '#mappings/texts/catalogue.ts';

/** What users are told of accounts of their own. */
export const accountTexts = catalogue({
  byPassword: { en: 'With a password', de: 'Mit Passwort' },
  byToken: { en: 'With an access token', de: 'Mit einem Zugangstoken' },
  bySso: { en: 'In the browser (single sign-on)', de: 'Im Browser (Single Sign-on)' },
  byOauth: { en: 'With another device (OAuth)', de: 'Mit einem anderen Gerät (OAuth)' },
  title: { en: 'Your own account on Matrix', de: 'Ihr eigenes Konto auf Matrix' },
  consent: {
    en: 'This is for who has an account there: people and rooms on Matrix are reached without it, too. Encrypted messages are decrypted at this gateway and kept by your XMPP server.',
    de: 'Das ist für alle, die dort ein Konto haben: Menschen und Räume auf Matrix sind auch ohne zu erreichen. Verschlüsselte Nachrichten werden in diesem Gateway entschlüsselt und von Ihrem XMPP-Server aufbewahrt.',
  },
  user: { en: 'Matrix address, such as @alice:example.org', de: 'Matrix-Adresse, etwa @alice:example.org' },
  server: { en: 'Homeserver, such as example.org', de: 'Homeserver, etwa example.org' },
  password: { en: 'Password', de: 'Passwort' },
  token: { en: 'Access token', de: 'Zugangstoken' },
  otherKeys: {
    en: 'The client that has made this token has encryption keys of its own, which would not be valid any more. Log in another way, or without encryption.',
    de: 'Das Programm, von dem dieses Token ist, hat eigene Schlüssel, die dann nicht mehr gelten würden. Melden Sie sich auf einem anderen Weg an, oder ohne Verschlüsselung.',
  },
  encryption: { en: 'Read and write encrypted messages', de: 'Verschlüsselte Nachrichten lesen und schreiben' },
  otherServer: {
    en: 'Accounts of that homeserver cannot be linked here.',
    de: 'Konten dieses Homeservers lassen sich hier nicht verbinden.',
  },
  wrongPassword: {
    en: 'The homeserver does not know this user with this password.',
    de: 'Der Homeserver kennt diesen Benutzer mit diesem Passwort nicht.',
  },
  noSuchWay: {
    en: 'This homeserver does not let people in this way. The command "register" has others.',
    de: 'Auf diesem Weg lässt dieser Homeserver niemanden herein. Der Befehl „register“ kennt andere.',
  },
  ssoOpen: {
    en: 'Open this address in a browser, and log in there.',
    de: 'Öffnen Sie diese Adresse in einem Browser und melden Sie sich dort an.',
  },
  oauthOpen: (code: string, isAsked: boolean) => ({
    en: `Open this address in a browser and log in there. ${isAsked ? 'Enter this code' : 'It shows you this code'}: ${code}`,
    de: `Öffnen Sie diese Adresse in einem Browser und melden Sie sich dort an. ${isAsked ? 'Geben Sie diesen Code ein' : 'Dort steht dieser Code'}: ${code}`,
  }),
  ssoDone: {
    en: 'You can close this window and go back to your chat.',
    de: 'Sie können dieses Fenster schließen und zu Ihrem Chat zurückkehren.',
  },
  ssoOver: { en: 'This login is over. Begin it anew.', de: 'Diese Anmeldung ist vorbei. Beginnen Sie von vorn.' },
  noAddress: {
    en: 'This gateway has no public address to which a browser could come back.',
    de: 'Dieses Gateway hat keine öffentliche Adresse, zu der ein Browser zurückkehren könnte.',
  },
  waiting: { en: 'The login is waited for.', de: 'Die Anmeldung wird abgewartet.' },
  denied: { en: 'The login was refused there.', de: 'Die Anmeldung wurde dort abgelehnt.' },
  read: { en: 'Who learns how far you have read', de: 'Wer erfährt, wie weit Sie gelesen haben' },
  readPrivate: { en: 'only your own account', de: 'nur Ihr eigenes Konto' },
  readPublic: { en: 'everybody', de: 'alle' },
  readOff: { en: 'nobody', de: 'niemand' },
  profile: {
    en: 'Name and picture of your own account on Matrix',
    de: 'Name und Bild Ihres eigenen Kontos auf Matrix',
  },
  profileKeep: { en: 'stay as they are there', de: 'bleiben, wie sie dort sind' },
  profileFollow: { en: 'are those that you have on XMPP', de: 'sind die, die Sie auf XMPP haben' },
  verify: { en: 'Verify this device by emoji', de: 'Dieses Gerät mit Emojis bestätigen' },
  recover: {
    en: 'Verify this device and read old messages with a recovery key',
    de: 'Mit dem Wiederherstellungsschlüssel bestätigen und alte Nachrichten lesen',
  },
  notReached: (since: string) => ({
    en: `Your homeserver does not answer since ${since} UTC. What you write is kept and sent when it does again.`,
    de: `Ihr Homeserver antwortet seit ${since} UTC nicht. Was Sie schreiben, wird aufbewahrt und geschickt, sobald er es wieder tut.`,
  }),
  reachedAgain: { en: 'Your homeserver answers again.', de: 'Ihr Homeserver antwortet wieder.' },
  verifyAsked: {
    en: 'Another device of yours asks to verify this one. Write "verify" here to compare emoji.',
    de: 'Ein anderes Ihrer Geräte möchte dieses bestätigen. Schreiben Sie hier „verify“, um Emojis zu vergleichen.',
  },
  accept: {
    en: 'Accept the request on another device of yours, if it asks.',
    de: 'Nehmen Sie die Anfrage auf einem Ihrer anderen Geräte an, falls es fragt.',
  },
  compare: {
    en: 'Are these on your other device, in the same order?',
    de: 'Stehen diese auf Ihrem anderen Gerät, in derselben Reihenfolge?',
  },
  same: { en: 'They are the same', de: 'Sie stimmen überein' },
  confirming: { en: 'The other device is waited for.', de: 'Auf das andere Gerät wird gewartet.' },
  verified: {
    en: 'Your devices trust this one now.',
    de: 'Ihre Geräte vertrauen diesem jetzt.',
  },
  notVerified: {
    en: 'It was not verified: somebody gave up, or the emoji were not the same.',
    de: 'Es wurde nicht bestätigt: Jemand hat aufgegeben, oder die Emojis waren nicht dieselben.',
  },
  nobodyToAsk: {
    en: 'Your account has no other device that could verify this one. Set up secure backup in another client first.',
    de: 'Ihr Konto hat kein anderes Gerät, das dieses bestätigen könnte. Richten Sie erst in einem anderen Client die Schlüsselsicherung ein.',
  },
  unencrypted: {
    en: 'This login is without encryption. Log in anew to have it.',
    de: 'Diese Anmeldung ist ohne Verschlüsselung. Melden Sie sich dafür neu an.',
  },
  recoveryKey: { en: 'Recovery key', de: 'Wiederherstellungsschlüssel' },
  noRecoveryKey: { en: 'This is no recovery key.', de: 'Das ist kein Wiederherstellungsschlüssel.' },
  wrongRecoveryKey: {
    en: 'This is not the recovery key of your account.',
    de: 'Das ist nicht der Wiederherstellungsschlüssel Ihres Kontos.',
  },
  nothingKept: {
    en: 'Your account keeps nothing under a recovery key.',
    de: 'Ihr Konto bewahrt nichts unter einem Wiederherstellungsschlüssel auf.',
  },
  recovering: { en: 'Your keys are fetched.', de: 'Ihre Schlüssel werden geholt.' },
});

/** What was found under a recovery key. */
export const recovered = (keys: number, verified: boolean) => ({
  en: `${keys} keys of earlier messages were read. ${verified ? 'Your devices trust this one now.' : 'This device is not verified.'}`,
  de: `${keys} Schlüssel früherer Nachrichten wurden gelesen. ${verified ? 'Ihre Geräte vertrauen diesem jetzt.' : 'Dieses Gerät ist nicht bestätigt.'}`,
});
