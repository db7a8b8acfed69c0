import { joined, type Text, type Words, wordsIn } from '#src/model/language.ts';
import { catalogue } from './catalogue.ts';

/** What is said of rooms, to those who are in them and to those who are not. */
export const roomTexts = catalogue({
  noSuchNick: { en: 'Nobody in the room has this nickname.', de: 'Im Raum hat niemand diesen Spitznamen.' },
  nameByNick: {
    en: 'Name people by their nickname or by their address at this gateway.',
    de: 'Personen werden mit ihrem Spitznamen oder ihrer Adresse bei diesem Gateway angegeben.',
  },
  tooManySeats: {
    en: 'Too many of your clients are in this room.',
    de: 'In diesem Raum sind schon zu viele Ihrer Programme.',
  },
  othersStay: (count: number) => ({
    en: count === 1 ? '1 other client of yours is still here.' : `${count} other clients of yours are still here.`,
    de: count === 1 ? '1 anderes Ihrer Programme ist noch hier.' : `${count} andere Ihrer Programme sind noch hier.`,
  }),
  noRoomAddress: { en: 'This is not the address of a room.', de: 'Das ist nicht die Adresse eines Raums.' },
  nickMissing: {
    en: 'A nickname is missing: join as room@service/nickname.',
    de: 'Es fehlt ein Spitzname: Betreten Sie den Raum als raum@dienst/spitzname.',
  },
  inviteNetwork: {
    en: 'Only people of the network that the room is on can be invited.',
    de: 'Eingeladen werden können nur Personen aus dem Netz, zu dem der Raum gehört.',
  },
  inviteOne: { en: 'Invite one person at a time.', de: 'Bitte immer nur eine Person auf einmal einladen.' },
  inviteOwnRooms: {
    en: 'People of this network can only be invited to its own rooms.',
    de: 'Personen dieses Netzes können nur in dessen eigene Räume eingeladen werden.',
  },
  noDestroy: {
    en: 'This room cannot be destroyed from here. It ends when all have left.',
    de: 'Dieser Raum lässt sich von hier aus nicht auflösen. Er endet, wenn alle gegangen sind.',
  },
  registered: { en: 'You are a member of this room.', de: 'Sie sind Mitglied dieses Raums.' },
  joinToRegister: {
    en: 'One becomes a member of this room by joining it.',
    de: 'Mitglied dieses Raums wird man, indem man ihn betritt.',
  },
  noRegistration: {
    en: 'Nobody registers with this room: join it.',
    de: 'Bei diesem Raum meldet man sich nicht an: Man betritt ihn.',
  },
  maySpeak: { en: 'You may speak here already.', de: 'Sie dürfen hier schon sprechen.' },
  nobodyGivesVoice: {
    en: 'Nobody who gives a voice is here from XMPP. Ask somebody who keeps order there.',
    de: 'Über XMPP ist niemand hier, der das Wort erteilt. Fragen Sie dort jemanden, der für Ordnung sorgt.',
  },
  voiceAsked: (count: number) => ({
    en: count === 1 ? 'One moderator was asked to let you speak.' : `${count} moderators were asked to let you speak.`,
    de:
      count === 1
        ? 'Ein Moderator wurde gefragt, ob Sie sprechen dürfen.'
        : `${count} Moderatoren wurden gefragt, ob Sie sprechen dürfen.`,
  }),
  voice: { en: 'Somebody would like to speak', de: 'Jemand möchte sprechen' },
  voiceRole: { en: 'Role', de: 'Rolle' },
  voiceNick: { en: 'Nickname', de: 'Spitzname' },
  voiceAllow: { en: 'Let them speak?', de: 'Das Wort erteilen?' },
  goOnHere: {
    en: 'The room to go on in has to be one of this network.',
    de: 'Der Raum, in dem es weitergeht, muss zu diesem Netz gehören.',
  },
  closed: { en: 'This room was closed.', de: 'Dieser Raum wurde geschlossen.' },
  otherForm: { en: 'This is another form.', de: 'Das ist ein anderes Formular.' },
  fields: (most: number) => ({
    en: `A form has at most ${most} fields.`,
    de: `Ein Formular hat höchstens ${most} Felder.`,
  }),
  noPicture: { en: 'The picture is not there as base64.', de: 'Das Bild liegt nicht als Base64 vor.' },
  noImage: { en: 'The picture of a room has to be an image.', de: 'Das Bild eines Raums muss eine Bilddatei sein.' },
  avatarHash: { en: 'Avatar hash', de: 'Prüfsumme des Bildes' },
  onlyRooms: {
    en: 'Only a room itself takes messages of type groupchat.',
    de: 'Nachrichten vom Typ groupchat nimmt nur ein Raum selbst an.',
  },
  groupchat: {
    en: 'A message to a room has to be of type groupchat.',
    de: 'Eine Nachricht an einen Raum muss vom Typ groupchat sein.',
  },
  joinIt: {
    en: 'A room is joined, not added as a contact.',
    de: 'Einen Raum betritt man, man fügt ihn nicht als Kontakt hinzu.',
  },
  notSent: (said: string, why: Words) => ({
    en: `Not sent: "${said}" (${wordsIn(why, 'en')})`,
    de: `Nicht gesendet: „${said}“ (${wordsIn(why, 'de')})`,
  }),
  occupants: { en: 'Number of occupants', de: 'Anzahl der Anwesenden' },
  member: { en: 'You are a member of this room.', de: 'Sie sind Mitglied dieses Raums.' },
  unread: (unread: number) => ({
    en: `You are a member of this room, and have not read ${unread === 1 ? 'what was said last' : `${unread} messages`} there.`,
    de: `Sie sind Mitglied dieses Raums und haben dort ${unread === 1 ? 'die letzte Nachricht' : `${unread} Nachrichten`} noch nicht gelesen.`,
  }),
  called: (who: string, text: string) => ({
    en: `${who} has called you there: ${text}`,
    de: `${who} hat Sie dort gerufen: ${text}`,
  }),
  stopping: { en: 'The gateway is stopping.', de: 'Das Gateway wird gerade beendet.' },
  linked: {
    en: 'You are on this network by yourself now. Join again to be in the room so.',
    de: 'Sie sind in diesem Netz jetzt mit Ihrem eigenen Konto. Betreten Sie den Raum noch einmal, um so darin zu sein.',
  },
  unlinked: {
    en: 'You are not on this network by yourself any more. Join again to be in the room all the same.',
    de: 'Sie sind in diesem Netz nicht mehr mit Ihrem eigenen Konto. Betreten Sie den Raum noch einmal, um trotzdem darin zu sein.',
  },
  description: { en: 'Description', de: 'Beschreibung' },
  subject: { en: 'Current subject', de: 'Aktuelles Thema' },
  subjectByAll: {
    en: 'Whether participants may change the subject',
    de: 'Ob Teilnehmer das Thema ändern dürfen',
  },
  unseen: (network: Words, what: Text) => ({
    en: `${wordsIn(network, 'en')} does not see ${what.en}: only those who are here from XMPP do.`,
    de: `${wordsIn(network, 'de')} sieht keine ${what.de}: nur wer über XMPP hier ist.`,
  }),
});

const AND: Text = { en: ' and ', de: ' und ' };

/** Several things in a sentence. */
export const enumerated = (all: readonly Words[]): Text =>
  all.length < 2 ? joined(all) : joined([joined(all.slice(0, -1), ', '), AND, ...all.slice(-1)], '');

/** What a network may not see of what is said in a room. */
export const UNSEEN = catalogue({
  edit: { en: 'corrections', de: 'Korrekturen' },
  retract: { en: 'retractions', de: 'zurückgenommenen Nachrichten' },
  reaction: { en: 'reactions', de: 'Reaktionen' },
  reply: { en: 'what is replied to', de: 'Bezüge von Antworten' },
  file: { en: 'files', de: 'Dateien' },
  mention: { en: 'mentions', de: 'Erwähnungen' },
  spoiler: { en: 'spoiler warnings', de: 'Spoiler-Warnungen' },
});
