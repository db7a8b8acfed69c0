import { type Words, wordsIn } from '#src/model/language.ts';
import { catalogue } from './catalogue.ts';

/** The chat with the gateway, and the steps of commands and logins. */
export const dialogueTexts = catalogue({
  commands: { en: 'Commands', de: 'Befehle' },
  leave: { en: 'Send cancel to leave it.', de: 'Mit cancel wird das abgebrochen.' },
  back: {
    en: 'Send back to answer anew what was asked before.',
    de: 'Mit back lässt sich die vorige Frage neu beantworten.',
  },
  nothingToCancel: { en: 'There is nothing to cancel.', de: 'Es gibt nichts abzubrechen.' },
  cancelled: { en: 'It is cancelled.', de: 'Das ist abgebrochen.' },
  seeHelp: { en: 'Send help for what is understood here.', de: 'Mit help erfahren Sie, was hier verstanden wird.' },
  ownAccount: {
    en: 'This is for an account of your own on the network. Link it first, with register.',
    de: 'Das ist für ein eigenes Konto im Netz gedacht. Verbinden Sie es zuerst, mit register.',
  },
  noSuchCommand: { en: 'There is no such command here.', de: 'Diesen Befehl gibt es hier nicht.' },
  over: { en: 'This dialogue is over. Begin it anew.', de: 'Dieser Dialog ist vorbei. Beginnen Sie von vorn.' },
  busy: {
    en: 'The answer before this is still being worked on.',
    de: 'Die vorige Antwort wird noch bearbeitet.',
  },
  tooManyOpen: {
    en: 'Finish or cancel first what you have begun.',
    de: 'Beenden Sie zuerst, was Sie begonnen haben, oder brechen Sie es ab.',
  },
  noWayBack: { en: 'There is no way back from here.', de: 'Von hier geht es nicht zurück.' },
  otherStep: {
    en: 'These were answers to another step. This one is next.',
    de: 'Das waren Antworten zu einem anderen Schritt. Dieser ist jetzt an der Reihe.',
  },
  notTyped: (word: string) => ({
    en: `There is no command ${word} here, and nobody has seen it. To say it, put a space before it.`,
    de: `Den Befehl ${word} gibt es hier nicht, und niemand hat ihn gesehen. Um das zu sagen, setzen Sie ein Leerzeichen davor.`,
  }),
  formMissing: { en: 'The form is missing.', de: 'Das Formular fehlt.' },
  nodeMissing: { en: 'Say which command: its node is missing.', de: 'Welcher Befehl? Sein Knoten (node) fehlt.' },
  occupants: {
    en: 'People in rooms have no commands. The room itself has.',
    de: 'Für Personen in Räumen gibt es keine Befehle. Der Raum selbst hat welche.',
  },
  sayWhom: (node: string) => ({
    en: `Say whom it is about: ${node} ADDRESS`,
    de: `Um wen geht es? ${node} ADRESSE`,
  }),
  notForServers: { en: 'This command is not for servers.', de: 'Dieser Befehl ist nicht für Server.' },
  notForRooms: { en: 'This command is not for rooms.', de: 'Dieser Befehl ist nicht für Räume.' },
  notForPeople: { en: 'This command is not for people.', de: 'Dieser Befehl ist nicht für Personen.' },
  wrong: (what: string, why: Words) => ({
    en: `${what}: ${wordsIn(why, 'en')}`,
    de: `${what}: ${wordsIn(why, 'de')}`,
  }),
  helpIntroduction: ({ domain, network }: { domain: string; network: string }) => ({
    en: `This is ${domain}, the gateway to ${network}. It understands:`,
    de: `Das ist ${domain}, das Gateway zu ${network}. Es versteht:`,
  }),
  helpAddress: {
    en: 'An address as people have it: what it is here (in a command: in quotes, if it has spaces)',
    de: 'Eine Adresse, wie man sie kennt: wie sie hier heißt (in einem Befehl in Anführungszeichen, wenn sie Leerzeichen hat)',
  },
  address: { en: 'ADDRESS', de: 'ADRESSE' },
  text: { en: 'TEXT', de: 'TEXT' },
  users: { en: 'USERS', de: 'NUTZER' },
  helpCancel: { en: 'cancel: Leaves what was begun', de: 'cancel: Bricht ab, was begonnen wurde' },
  helpHelp: { en: 'help: This list', de: 'help: Diese Liste' },
  enterAddress: (network: string) => ({
    en: `Enter the address of a person or room as ${network} knows it.`,
    de: `Geben Sie die Adresse einer Person oder eines Raums ein, wie ${network} sie kennt.`,
  }),
  addressLabel: { en: 'Address', de: 'Adresse' },
  isHere: (id: string, uri: string) => ({ en: `${id} is here: ${uri}`, de: `${id} ist hier: ${uri}` }),
  toAdd: (uri: string) => ({ en: `To add to your contacts: ${uri}`, de: `Zu den Kontakten hinzufügen: ${uri}` }),
  notNetworks: {
    en: 'The networks of this gateway do not write to each other.',
    de: 'Die Netze dieses Gateways schreiben einander nicht.',
  },
});

/** Registering, with a form or step by step. */
export const registerTexts = catalogue({
  title: { en: 'Register with this gateway', de: 'Bei diesem Gateway registrieren' },
  titleOwn: {
    en: 'Use an account of your own there (nobody needs one to write)',
    de: 'Ein eigenes Konto dort benutzen (zum Schreiben ist keines nötig)',
  },
  done: { en: 'You are registered.', de: 'Die Registrierung ist abgeschlossen.' },
  login: { en: 'Login method', de: 'Anmeldeverfahren' },
  asks: (network: Words) => ({
    en: `Give what ${wordsIn(network, 'en')} asks of you. What you leave blank later stays as it was.`,
    de: `Geben Sie an, was ${wordsIn(network, 'de')} verlangt. Was später leer bleibt, bleibt, wie es war.`,
  }),
  asksNothing: (network: Words) => ({
    en: `Registering with ${wordsIn(network, 'en')} needs nothing more. You can set these as you like.`,
    de: `Für die Registrierung bei ${wordsIn(network, 'de')} ist nichts weiter nötig. Das hier können Sie nach Belieben einstellen.`,
  }),
  leave: { en: 'Unregister from this gateway', de: 'Von diesem Gateway abmelden' },
  forget: { en: 'Forget the account here', de: 'Das Konto hier vergessen' },
  sure: { en: 'Are you sure?', de: 'Wirklich?' },
  notDone: { en: 'Nothing was done.', de: 'Es wurde nichts getan.' },
  leaving: {
    en: 'You leave all rooms, your contacts leave your roster, and what is kept of you here is removed.',
    de: 'Sie verlassen alle Räume, Ihre Kontakte verschwinden aus der Kontaktliste, und was hier von Ihnen aufgehoben ist, wird gelöscht.',
  },
  left: { en: 'You are not registered any more.', de: 'Sie sind nicht mehr registriert.' },
  forgetting: {
    en: 'What you log in with there is forgotten.',
    de: 'Die Zugangsdaten für diesen Server werden vergessen.',
  },
  forgotten: { en: 'It is forgotten.', de: 'Sie sind vergessen.' },
  asleep: {
    en: 'You are not registered here any more. Register again to be back.',
    de: 'Hier besteht keine Registrierung mehr. Eine neue hilft.',
  },
  hasLeft: {
    en: 'You have taken this gateway out of your contacts: you are logged out, and in a week all that is kept of you here is removed. To keep it, register again before that, with the same login.',
    de: 'Sie haben dieses Gateway aus Ihrer Kontaktliste genommen: Sie sind abgemeldet, und in einer Woche wird gelöscht, was hier von Ihnen aufgehoben ist. Um es zu behalten, registrieren Sie sich vorher noch einmal, mit denselben Zugangsdaten.',
  },
  unregistered: {
    en: 'You have unregistered from this gateway.',
    de: 'Sie haben sich von diesem Gateway abgemeldet.',
  },
});

/** `block`, `unblock`, `last` and `preview`. */
export const commandTexts = catalogue({
  block: { en: 'Hear nothing of this contact any more', de: 'Von diesem Kontakt nichts mehr hören' },
  unblock: { en: 'Hear this contact again', de: 'Von diesem Kontakt wieder hören' },
  blocked: { en: 'You will not hear of them any more.', de: 'Von diesem Kontakt kommt nichts mehr an.' },
  unblocked: { en: 'You will hear of them again.', de: 'Von diesem Kontakt kommt wieder alles an.' },
  last: {
    en: 'What became of your last message, step by step',
    de: 'Was aus Ihrer letzten Nachricht wurde, Schritt für Schritt',
  },
  lastNone: {
    en: 'There is no message of yours on record. Only what is kept until it has arrived is traced.',
    de: 'Von Ihnen ist keine Nachricht verzeichnet. Verfolgt wird nur, was bis zur Ankunft aufgehoben wird.',
  },
  lastTo: (name: Words, day: string) => ({
    en: `Your message to ${wordsIn(name, 'en')}, ${day} (UTC):`,
    de: `Ihre Nachricht an ${wordsIn(name, 'de')}, ${day} (UTC):`,
  }),
  lostFrom: (name: Words, day: string) => ({
    en: `A message to you from ${wordsIn(name, 'en')}, ${day} (UTC):`,
    de: `Eine Nachricht an Sie von ${wordsIn(name, 'de')}, ${day} (UTC):`,
  }),
  lost: {
    en: 'It has not reached you, and is not tried any more.',
    de: 'Sie hat Sie nicht erreicht und wird nicht mehr versucht.',
  },
  lastPart: (number: number) => ({ en: `Part ${number}:`, de: `Teil ${number}:` }),
  theNetwork: { en: 'the network', de: 'das Netz' },
  delivered: {
    en: 'It has arrived, as far as the network tells.',
    de: 'Sie ist angekommen, soweit das Netz es mitteilt.',
  },
  bounced: { en: 'It failed, and you were told.', de: 'Sie ist gescheitert, das wurde Ihnen mitgeteilt.' },
  parked: { en: 'It was given up, and you were told.', de: 'Sie wurde aufgegeben, das wurde Ihnen mitgeteilt.' },
  expired: {
    en: 'It could not be delivered in time, and you were told.',
    de: 'Sie konnte nicht rechtzeitig zugestellt werden, das wurde Ihnen mitgeteilt.',
  },
  purged: { en: 'It was removed with your registration.', de: 'Sie wurde mit Ihrer Registrierung entfernt.' },
  taken: {
    en: 'The network has it; that it has arrived is not confirmed yet.',
    de: 'Das Netz hat sie; die Ankunft ist noch nicht bestätigt.',
  },
  flight: { en: 'It is on its way.', de: 'Sie ist unterwegs.' },
  waiting: { en: 'It waits to be sent.', de: 'Sie wartet auf den Versand.' },
  preview: { en: 'What the other side would get of a text', de: 'Was die andere Seite von einem Text bekäme' },
  previewTitle: { en: 'Preview', de: 'Vorschau' },
  nothingIsSent: { en: 'Nothing is sent.', de: 'Es wird nichts verschickt.' },
  text: { en: 'The text', de: 'Der Text' },
  nothingSent: { en: 'Nothing was sent.', de: 'Es wurde nichts verschickt.' },
  nothingArrives: { en: 'Nothing of this would arrive.', de: 'Davon käme nichts an.' },
  refused: (why: Words) => ({
    en: `This would be refused: ${wordsIn(why, 'en')}`,
    de: `Das würde abgelehnt: ${wordsIn(why, 'de')}`,
  }),
  getsThis: (size: Words) => ({
    en: `They would get this, ${wordsIn(size, 'en')}:`,
    de: `Das käme an, ${wordsIn(size, 'de')}:`,
  }),
  getsSeveral: (count: number) => ({
    en: `They would get ${count} messages:`,
    de: `Es kämen ${count} Nachrichten an:`,
  }),
  bytes: (size: number, most: number) => ({ en: `${size} of ${most} bytes`, de: `${size} von ${most} Byte` }),
  escaped: (size: number, most: number) => ({ en: `${size} of ${most} bytes`, de: `${size} von ${most} Byte` }),
  characters: (size: number, most: number) => ({
    en: `${size} of ${most} characters`,
    de: `${size} von ${most} Zeichen`,
  }),
  segments: (size: number, most: number) => ({
    en: `${size} of ${most} segments`,
    de: `${size} von ${most} Segmenten`,
  }),
  from: (senders: string) => ({ en: `From ${senders}.`, de: `Von ${senders}.` }),
  cost: (charges: string) => ({ en: `Cost, at most: ${charges}.`, de: `Kosten, höchstens: ${charges}.` }),
});
