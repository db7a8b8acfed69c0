import { type Words, wordsIn } from '#src/model/language.ts';
import { catalogue } from './catalogue.ts';

/** The commands of those who run the gateway, by their names in XEP-0133. */
export const ADMINISTRATION = catalogue({
  announce: { en: 'Tell something to all users who are online', de: 'Allen, die online sind, etwas mitteilen' },
  'end-user-session': { en: 'End the sessions of users', de: 'Sitzungen beenden' },
  'delete-user': { en: 'Remove users with all that is theirs', de: 'Benutzer mit allem entfernen, was ihnen gehört' },
  'get-registered-users-num': { en: 'How many users have registered', de: 'Wie viele registriert sind' },
  'get-registered-users-list': { en: 'Who has registered', de: 'Wer registriert ist' },
  'get-online-users-num': { en: 'How many users are online', de: 'Wie viele online sind' },
  'get-online-users-list': { en: 'Who is online', de: 'Wer online ist' },
  shutdown: { en: 'Stop the gateway', de: 'Das Gateway beenden' },
});

/** What these commands ask and tell. */
export const administrationTexts = catalogue({
  announcement: { en: 'What they are told', de: 'Was ihnen mitgeteilt wird' },
  announcing: { en: 'Announcement', de: 'Durchsage' },
  addresses: { en: 'Their addresses', de: 'Ihre Adressen' },
  ending: { en: 'End sessions', de: 'Sitzungen beenden' },
  removing: { en: 'Remove users', de: 'Benutzer entfernen' },
  forGood: {
    en: 'Their registration, settings and archives go for good.',
    de: 'Ihre Registrierung, Einstellungen und Archive werden endgültig gelöscht.',
  },
  howMany: { en: 'How many at most', de: 'Wie viele höchstens' },
  all: (most: number) => ({ en: `all (${most} at most)`, de: `alle (höchstens ${most})` }),
  when: { en: 'When', de: 'Wann' },
  atOnce: { en: 'at once', de: 'sofort' },
  inSeconds: (seconds: string) => ({ en: `in ${seconds} s`, de: `in ${seconds} Sekunden` }),
  stopping: { en: 'Stop the gateway', de: 'Das Gateway beenden' },
  owed: (ready: number, flight: number, taken: number) => ({
    en: `${ready} messages wait in the queue, ${flight} are on their way and ${taken} are not confirmed yet. They are kept, and go on after the next start.`,
    de: `Nachrichten in der Warteschlange: ${ready}, unterwegs: ${flight}, noch nicht bestätigt: ${taken}. Sie werden aufgehoben und gehen nach dem nächsten Start weiter.`,
  }),
  registered: { en: 'Registered users', de: 'Registrierte Benutzer' },
  online: { en: 'Online users', de: 'Benutzer online' },
  counted: (label: Words, count: Words) => ({
    en: `${wordsIn(label, 'en')}: ${wordsIn(count, 'en')}`,
    de: `${wordsIn(label, 'de')}: ${wordsIn(count, 'de')}`,
  }),
  someOf: (most: number, all: number) => ({ en: `${most} of ${all}`, de: `${most} von ${all}` }),
  toldTo: (users: number) => ({
    en: `It was told to ${users === 1 ? '1 user' : `${users} users`}.`,
    de: `Das wurde ${users === 1 ? 'einer Person' : `${users} Personen`} mitgeteilt.`,
  }),
  disconnected: (users: number) => ({
    en: `${users === 1 ? '1 user' : `${users} users`} disconnected.`,
    de: `${users === 1 ? 'Eine Sitzung' : `${users} Sitzungen`} beendet.`,
  }),
  removed: (users: number) => ({
    en: `${users === 1 ? '1 user' : `${users} users`} removed.`,
    de: `${users} Benutzer entfernt.`,
  }),
  unknown: (who: string) => ({ en: `Not known here: ${who}`, de: `Hier nicht bekannt: ${who}` }),
  removeYourself: {
    en: 'Unregister yourself to remove yourself.',
    de: 'Um sich selbst zu entfernen, melden Sie sich ab.',
  },
  ended: {
    en: 'Those who run the gateway have ended your session.',
    de: 'Die Betreiber des Gateways haben Ihre Sitzung beendet.',
  },
  stopsNow: { en: 'It stops now.', de: 'Es wird jetzt beendet.' },
  stopsIn: (seconds: string) => ({ en: `It stops in ${seconds} s.`, de: `Es wird in ${seconds} Sekunden beendet.` }),
});

/** What is told unasked: to those who run the gateway, and to users of what they may spend. */
export const alarmTexts = catalogue({
  parked: (row: number) => ({
    en: `A message was given up because the gateway ended while it was being sent, and again when it was tried alone. Its sender has the error. On the machine of the gateway, "isthmus queue show ${row}" tells more.`,
    de: `Eine Nachricht wurde aufgegeben, weil das Gateway beim Versand endete, und beim Versuch mit ihr allein noch einmal. Ihr Absender hat den Fehler. Auf dem Rechner des Gateways sagt „isthmus queue show ${row}“ mehr dazu.`,
  }),
  allNearing: (spent: number, limit: number, budget: string, transport: string, until: string) => ({
    en: `${spent} of the ${limit} ${budget} that all users of ${transport} may spend are spent. When all are, messages are refused until ${until}.`,
    de: `Alle Benutzer von ${transport} zusammen haben ${spent} von ${limit} verbraucht (${budget}). Danach werden Nachrichten bis ${until} abgelehnt.`,
  }),
  yoursNearing: (spent: number, limit: number, budget: string, until: string) => ({
    en: `${spent} of the ${limit} ${budget} that you may spend are spent. When all are, your messages are refused until ${until}.`,
    de: `Sie haben ${spent} von ${limit} verbraucht (${budget}). Danach werden Ihre Nachrichten bis ${until} abgelehnt.`,
  }),
});
